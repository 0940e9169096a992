"""What holds for any lake and any trouble: apply then plan is empty, and what is blocked is never acted on."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from controller.diff.change import Verb
from controller.engine.apply import apply
from controller.engine.plan import Options, make_plan
from controller.kinds.silo import NewAccount, Silo
from controller.model.errors import ControllerError
from controller.model.ownership import bundle_key
from controller.resolve.lake import Lake
from tests.conftest import silo
from tests.fakes.aws import FakeAws, Recorder
from tests.fakes.blueprints import catalogue
from tests.fakes.lakes import flow, lake

CATALOGUE = catalogue()
OPTIONS = Options()


@st.composite
def lakes(draw: st.DrawFn) -> Lake:
    names = draw(st.lists(st.sampled_from(["a", "b", "c", "d"]), unique=True, min_size=1, max_size=4))
    silos = [_silo(draw, name) for name in sorted(names)]
    flows = [flow(f"flow-{one.name}", one.name) for one in silos if draw(st.booleans())]
    return lake(*silos, flows=flows)


def _silo(draw: st.DrawFn, name: str) -> Silo:
    region = draw(st.sampled_from(["eu-west-1", "eu-central-1"]))
    unit = draw(st.sampled_from(["Lake/Silos", "Lake/Silos/North", "Lake/Silos/North/Deep", "Lake/Silos/South"]))
    number = f"20000000000{'abcd'.index(name)}"
    account = draw(st.sampled_from([number, NewAccount(f"account-{name}", f"aws+{name}@lake.example")]))
    return silo(name, account, unit, region)


troubles = st.lists(
    st.sampled_from(
        ["tree", "accounts", "master", "other master", "baseline", "listing", "index", "create account", "move account"]
    ),
    unique=True,
    max_size=3,
)


def trouble(aws: FakeAws, names: list[str]) -> None:
    for name in names:
        match name:
            case "tree" | "accounts":
                aws.organizations.unreadable[name] = "AccessDenied"
            case "master":
                aws.stacks.unreadable["eu-west-1"] = "AccessDenied"
            case "other master":
                aws.stacks.fails["eu-central-1"] = ("CodeBucket", "the name is taken")
            case "baseline":
                aws.stack_sets.unreadable = "AccessDenied"
            case "listing":
                aws.buckets["eu-central-1"].unreadable["list"] = "AccessDenied"
            case "index":
                aws.home.unreadable["state/index.json"] = "AccessDenied"
            case _:
                aws.organizations.refused[name] = "AccessDenied"


def calm(aws: FakeAws) -> None:
    aws.organizations.unreadable.clear()
    aws.organizations.refused.clear()
    aws.stacks.unreadable.clear()
    aws.stacks.fails.clear()
    aws.stack_sets.unreadable = ""
    for bucket in aws.buckets.values():
        bucket.unreadable.clear()


@given(lakes())
@settings(max_examples=40, deadline=None)
def test_a_plan_after_an_apply_is_empty(wanted: Lake) -> None:
    aws = FakeAws(wanted)
    assert apply(make_plan(wanted, CATALOGUE, aws.ports, OPTIONS), aws.ports, Recorder()).complete
    second = make_plan(wanted, CATALOGUE, aws.ports, OPTIONS)
    assert (second.plan.changes, second.plan.notes, second.steps) == ((), (), ())


@given(lakes(), troubles)
@settings(max_examples=60, deadline=None)
def test_after_any_trouble_a_run_in_calm_ends_where_an_undisturbed_one_ends(wanted: Lake, names: list[str]) -> None:
    undisturbed = FakeAws(wanted)
    apply(make_plan(wanted, CATALOGUE, undisturbed.ports, OPTIONS), undisturbed.ports, Recorder())

    aws = FakeAws(wanted)
    trouble(aws, names)
    try:
        apply(make_plan(wanted, CATALOGUE, aws.ports, OPTIONS), aws.ports, Recorder())
    except ControllerError:
        assert names, "nothing was in its way"
    calm(aws)
    assert apply(make_plan(wanted, CATALOGUE, aws.ports, OPTIONS), aws.ports, Recorder()).complete
    assert kept(aws) == kept(undisturbed)


def kept(aws: FakeAws) -> object:
    """The end state by names: ids of units and accounts depend on the order in which they were made."""
    state = aws.end_state()
    accounts = {one.id: one.name for one in aws.organizations.members.values()}
    objects = {key: content for key, content in state["objects"].items() if "/releases/" not in key}
    bundles = {
        name: bucket.objects()[bundle_key(account)]
        for bucket in aws.buckets.values()
        for account, name in accounts.items()
        if bundle_key(account) in bucket.objects()
    }
    enrolled = aws.stack_sets.set
    assert enrolled is not None
    return (
        state["units"],
        state["accounts"],
        objects,
        bundles,
        {(accounts[one], region) for one, region in enrolled.instances},
    )


@given(lakes(), troubles)
@settings(max_examples=60, deadline=None)
def test_what_is_blocked_is_never_acted_on(wanted: Lake, names: list[str]) -> None:
    aws = FakeAws(wanted)
    trouble(aws, names)
    prepared = make_plan(wanted, CATALOGUE, aws.ports, OPTIONS)
    blocked = {change.address for change in prepared.plan.changes if change.verb is Verb.BLOCKED}
    heard = Recorder()
    try:
        outcome = apply(prepared, aws.ports, heard)
    except ControllerError:
        return
    assert not blocked & {event.address for event in heard.events}
    assert not blocked & set(outcome.done)
    planned = {step.address for step in prepared.steps}
    told = {*outcome.done, *(a for a, _ in outcome.failed), *(a for a, _ in outcome.not_tried)}
    assert planned <= told
