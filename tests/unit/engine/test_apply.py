"""What an apply does with a plan: order, failures, lost races, and how it ends."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from threading import Barrier

import pytest

from controller.cli.commands.apply import exit_of
from controller.cli.exit import Exit
from controller.engine.apply import Outcome, apply
from controller.engine.events import Event, StepDone, StepFailed, StepNotTried, StepProgressed, StepStarted
from controller.engine.plan import Options, make_plan
from controller.kinds.silo import NewAccount
from controller.model.errors import LockHeld, PlanBlocked, PlanStale
from controller.model.ownership import ASSETS, INDEX_KEY, LOCK_KEY, bundle_key
from controller.resolve.lake import Lake
from tests.fakes.aws import FakeAws, Recorder
from tests.fakes.blueprints import catalogue
from tests.fakes.lakes import SALES, finance, flow, lake, plant, sales, small


def run(aws: FakeAws, wanted: Lake, *allowed: str, commit: str = "c0ffee") -> Outcome:
    options = Options(allowed=frozenset(allowed), commit=commit)
    return apply(make_plan(wanted, catalogue(), aws.ports, options), aws.ports, Recorder())


def test_assets_come_before_the_bundle_that_names_them_and_the_index_after_it() -> None:
    aws = FakeAws(lake(sales(), flows=[flow()]))
    run(aws, lake(sales(), flows=[flow()]))
    puts = [write.split("/", 1)[1] for write in aws.writes if write.startswith("put eu-west-1/")]
    kinds = [key.split("/")[0] + "/" + key.split("/")[-1] if "state" in key else key.split("/")[0] for key in puts]
    assert kinds == ["state/lock.json", "assets", "assets", "assets", "releases", "state/index.json"]


class TestAssets:
    """What lies under a digest is compared with it before a bundle names it."""

    def upload(self, aws: FakeAws) -> tuple[str, bytes]:
        run(aws, lake(sales()))
        key = next(key for key in aws.home.objects() if key.startswith(ASSETS))
        content = aws.home.objects()[key]
        aws.home.remove(bundle_key(SALES))
        return key, content

    def test_one_that_was_written_over_by_hand_is_put_right(self) -> None:
        aws = FakeAws(lake(sales()))
        key, content = self.upload(aws)
        aws.home.write(key, b"something else")
        assert run(aws, lake(sales()), "destroy=silo/sales/bundle").complete
        assert aws.home.objects()[key] == content

    def test_one_that_cannot_be_read_keeps_its_bundle_back(self) -> None:
        aws = FakeAws(lake(sales()))
        key, _ = self.upload(aws)
        aws.home.unreadable[key] = "AccessDenied"
        ((address, why),) = run(aws, lake(sales()), "destroy=silo/sales/bundle").failed
        assert (address, "AccessDenied" in why) == ("silo/sales/bundle", True)
        assert bundle_key(SALES) not in aws.home.objects()

    def test_one_that_silos_share_is_written_once(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("controller.engine.apply.AT_ONCE", 1)
        twins = lake(
            sales(), sales(name="twin", account="200000000002"), flows=[flow(), flow(name="returns", silo="twin")]
        )
        aws = FakeAws(twins)
        assert run(aws, twins).complete
        puts = [write for write in aws.writes if ASSETS in write]
        assert len(puts) == len(set(puts)) == 5  # storage and flow of each, and the script of both


def test_a_second_apply_writes_nothing() -> None:
    aws = FakeAws(small())
    run(aws, small())
    aws.writes.clear()
    outcome = run(aws, small())
    assert (aws.writes, outcome.done, outcome.complete) == ([], (), True)


def test_the_index_proves_what_was_published() -> None:
    aws = FakeAws(small())
    run(aws, small())
    entry = json.loads(aws.home.objects()[INDEX_KEY])["silos"]["sales"]
    head = aws.home.get(bundle_key(SALES))
    assert (entry["etag"], entry["version"]) == (head.value.etag, head.value.version)
    assert (entry["account"], entry["region"], entry["commit"]) == (SALES, "eu-west-1", "c0ffee")
    assert entry["published"] == "2026-01-31T12:00:00+00:00"


def test_events_tell_each_step_from_its_start_to_its_end() -> None:
    aws = FakeAws(small())
    heard = Recorder()
    outcome = apply(make_plan(small(), catalogue(), aws.ports, Options()), aws.ports, heard)
    started = [event.address for event in heard.events if isinstance(event, StepStarted)]
    ended = [event.address for event in heard.events if isinstance(event, StepDone)]
    assert sorted(started) == sorted(ended) == sorted(outcome.done)
    said = [event.message for event in heard.events if isinstance(event, StepProgressed)]
    assert said.count("CREATE_IN_PROGRESS") == 2


def test_a_guard_stops_it_before_the_first_write_and_says_how_to_lift_it() -> None:
    aws = FakeAws(small())
    run(aws, small())
    aws.writes.clear()
    with pytest.raises(PlanBlocked) as stopped:
        run(aws, lake(sales(), finance(), plant()))
    assert stopped.value.hint == "--allow destroy=silo/sales/flow/orders/Positions"
    assert aws.writes == []


def test_accounts_are_created_side_by_side() -> None:
    second = plant(name="second", account=NewAccount("acme-second", "aws+second@acme.example"))
    wanted = lake(plant(), second)
    aws = FakeAws(wanted)
    aws.organizations.creating = Barrier(2, timeout=10).wait  # breaks where one waits for the other
    assert run(aws, wanted).complete
    assert {one.name for one in aws.organizations.members.values()} == {"acme-plant", "acme-second"}


class TestFailures:
    """What failed is told with its reason, what hangs on it is not tried, all else is done."""

    def test_a_master_stack_that_fails_stops_only_what_needs_it(self) -> None:
        aws = FakeAws(small())
        aws.stacks.fails["eu-central-1"] = ("CodeBucket", "the name is taken")
        outcome = run(aws, small())
        ((failed, why),) = outcome.failed
        assert (failed, "CodeBucket: the name is taken" in why) == ("master/stack/eu-central-1", True)
        assert dict(outcome.not_tried)["baseline/template"] == "master/stack/eu-central-1"
        assert exit_of(outcome) is Exit.PARTLY

    def test_a_first_master_stack_that_failed_is_made_anew_by_the_next_run(self) -> None:
        aws = FakeAws(small())
        aws.stacks.fails["eu-west-1"] = ("CodeBucket", "the name is taken")
        assert not run(aws, small()).complete
        outcome = run(aws, small())
        assert outcome.complete
        assert "delete stack eu-west-1" in aws.writes

    def test_an_account_that_cannot_be_created_leaves_the_other_silos_alone(self) -> None:
        aws = FakeAws(small())
        aws.organizations.refused["create account"] = "ConstraintViolationException: too many accounts"
        outcome = run(aws, small())
        assert [address for address, _ in outcome.failed] == ["account/plant"]
        assert dict(outcome.not_tried) == {
            "account/plant/unit": "account/plant",
            "silo/plant/bundle": "account/plant",
        }
        assert {"silo/finance/bundle", "silo/sales/bundle"} <= set(outcome.done)
        assert set(json.loads(aws.home.objects()[INDEX_KEY])["silos"]) == {"finance", "sales"}

    def test_a_creation_that_answered_nothing_is_found_by_the_next_run(self) -> None:
        aws = FakeAws(small())
        aws.organizations.creation_dies = True
        assert [address for address, _ in run(aws, small()).failed] == ["account/plant"]
        aws.organizations.creation_dies = False
        assert run(aws, small()).complete
        assert [account.name for account in aws.organizations.members.values()].count("acme-plant") == 1

    def test_a_set_made_by_a_run_that_died_is_targeted_by_the_next(self) -> None:
        aws = FakeAws(small())
        aws.stack_sets.dies_after_create = True
        assert not run(aws, small()).complete
        aws.stack_sets.dies_after_create = False
        assert run(aws, small()).complete
        assert aws.writes.count("create stack set") == 1

    def test_a_baseline_that_fails_in_one_account_is_told_and_tried_again(self) -> None:
        aws = FakeAws(small())
        aws.stack_sets.fails[SALES] = "the role exists already"
        outcome = run(aws, small())
        ((failed, why),) = outcome.failed
        assert (failed, "the role exists already" in why) == ("baseline/units", True)
        assert {f"silo/{name}/bundle" for name in ("finance", "plant", "sales")} <= set(outcome.done)
        aws.stack_sets.fails.clear()
        assert run(aws, small()).complete

    def test_a_step_that_is_not_tried_is_told_with_the_one_that_failed(self) -> None:
        aws = FakeAws(small())
        aws.organizations.refused["create unit"] = "AccessDenied"
        heard = Recorder()
        apply(make_plan(small(), catalogue(), aws.ports, Options()), aws.ports, heard)
        unit = "unit/Lake/Silos/Operations"
        assert [event.address for event in heard.events if isinstance(event, StepFailed)] == [unit]
        assert next(e.because for e in heard.events if isinstance(e, StepNotTried)) == unit


class OnFirst(Recorder):
    """Does something when the first step begins."""

    def __init__(self, act: Callable[[], object]) -> None:
        super().__init__()
        self.act = act

    def send(self, event: Event) -> None:
        if not self.events:
            self.act()
        super().send(event)


class TestStale:
    """A plan that somebody agreed to is carried out only while AWS is as that plan found it."""

    @pytest.mark.parametrize(
        ("meanwhile", "what"),
        [
            (lake(sales(), finance(), plant(), flows=[flow(schedule="rate(3 hours)")]), "the index and"),
            (replace(small(), organization=replace(small().organization, tags={"Team": "b"})), "the master's stacks"),
        ],
        ids=["another release", "another master stack"],
    )
    def test_a_plan_from_before_somebody_elses_apply_is_refused(self, meanwhile: Lake, what: str) -> None:
        aws = FakeAws(small())
        run(aws, small())
        wanted = lake(sales(), finance(), plant(), flows=[flow(schedule="rate(2 hours)")])
        prepared = make_plan(wanted, catalogue(), aws.ports, Options())
        assert run(aws, meanwhile).complete
        aws.writes.clear()
        with pytest.raises(PlanStale, match=what):
            apply(prepared, aws.ports, Recorder())
        assert {write.rpartition("/")[2] for write in aws.writes} == {"lock.json"}
        assert LOCK_KEY not in aws.home.objects()
        assert run(aws, wanted).complete

    def test_what_aws_does_by_itself_makes_no_plan_stale(self) -> None:
        aws = FakeAws(small())
        run(aws, small())
        wanted = lake(sales(), finance(), plant(), flows=[flow(schedule="rate(2 hours)")])
        prepared = make_plan(wanted, catalogue(), aws.ports, Options())
        found = aws.stack_sets.set
        assert found is not None
        running = {place: replace(one, detail="RUNNING") for place, one in found.instances.items()}
        aws.stack_sets.set = replace(found, instances=running)
        assert apply(prepared, aws.ports, Recorder()).complete


class TestLostRaces:
    def test_a_bundle_that_somebody_published_since_is_not_written_over(self) -> None:
        aws = FakeAws(small())
        run(aws, small())
        wanted = lake(sales(), finance(encryption="s3"), plant(), flows=[flow(schedule="rate(2 hours)")])
        leave = "destroy=silo/finance/storage/Inventory"
        aws.home.races[bundle_key(SALES)] = lambda: aws.home.write(bundle_key(SALES), b"theirs")
        outcome = run(aws, wanted, leave)
        ((failed, why),) = outcome.failed
        assert (failed, "somebody else published it" in why) == ("silo/sales/bundle", True)
        assert outcome.done == ("silo/finance/bundle",)
        assert aws.home.objects()[bundle_key(SALES)] == b"theirs"
        assert exit_of(outcome) is Exit.PARTLY

    def test_an_index_written_meanwhile_keeps_the_other_runs_entries(self) -> None:
        aws = FakeAws(small())
        run(aws, small())
        other = json.loads(aws.home.objects()[INDEX_KEY])
        other["silos"]["elsewhere"] = other["silos"]["finance"]
        aws.home.races[INDEX_KEY] = lambda: aws.home.write(INDEX_KEY, json.dumps(other).encode())
        run(aws, lake(sales(), finance(), plant(), flows=[flow(schedule="rate(2 hours)")]))
        found = json.loads(aws.home.objects()[INDEX_KEY])["silos"]
        assert "elsewhere" in found
        assert found["sales"]["inputs"] != other["silos"]["sales"]["inputs"]

    def test_an_index_that_cannot_be_written_is_told_and_corrected_by_the_next_run(self) -> None:
        aws = FakeAws(small())
        run(aws, small())
        wanted = lake(sales(), finance(), plant(), flows=[flow(schedule="rate(2 hours)")])
        prepared = make_plan(wanted, catalogue(), aws.ports, Options())
        good = aws.home.objects()[INDEX_KEY]
        outcome = apply(prepared, aws.ports, OnFirst(lambda: aws.home.write(INDEX_KEY, b"{")))
        assert outcome.done == ("silo/sales/bundle",)
        assert [address for address, _ in outcome.failed] == ["index"]
        assert LOCK_KEY not in aws.home.objects()

        aws.home.write(INDEX_KEY, good)
        assert run(aws, wanted).complete
        assert make_plan(wanted, catalogue(), aws.ports, Options()).steps == ()

    def test_a_lake_that_somebody_else_applies_is_left_alone(self) -> None:
        aws = FakeAws(small())
        run(aws, small())
        lock = {"expires": "2026-01-31T13:00:00+00:00", "owner": {"user": "eve", "host": "desk"}}
        aws.home.write(LOCK_KEY, json.dumps(lock).encode())
        aws.writes.clear()
        with pytest.raises(LockHeld, match="eve@desk"):
            run(aws, lake(sales(), finance(), plant(), flows=[flow(schedule="rate(2 hours)")]))
        assert aws.writes == ["put eu-west-1/state/lock.json"]

    def test_a_lock_lost_on_the_way_stops_before_the_next_step(self) -> None:
        aws = FakeAws(small())
        run(aws, small())
        old = aws.stacks.stacks["eu-west-1"]
        aws.stacks.stacks["eu-west-1"] = replace(old, parameters={})
        aws.stacks.made = lambda region: aws.home.write(LOCK_KEY, b"taken over")
        aws.writes.clear()
        outcome = run(aws, lake(sales(), finance(), plant(), flows=[flow(schedule="rate(2 hours)")]))
        assert outcome.done == ("master/stack",)
        assert "taken by somebody else" in dict(outcome.failed)["apply"]
        assert ("silo/sales/bundle", "apply") in outcome.not_tried
        assert exit_of(outcome) is Exit.PARTLY
        assert [write for write in aws.writes if "releases" in write] == []


class TestExit:
    @pytest.mark.parametrize(
        ("outcome", "status"),
        [
            (Outcome((), (), (), ()), Exit.OK),
            (Outcome(("a",), (), (), ()), Exit.OK),
            (Outcome(("a",), (("b", "why"),), (), ()), Exit.PARTLY),
            (Outcome(("a",), (), (("b", "c"),), (("c", "why"),)), Exit.PARTLY),
            (Outcome((), (("b", "why"),), (), ()), Exit.ERROR),
            (Outcome((), (("wave/canary", "why"),), (), ()), Exit.PARTLY),
            (Outcome((), (), (), (("b", "why"),)), Exit.BLOCKED),
        ],
    )
    def test_it_says_whether_all_some_or_nothing_was_done(self, outcome: Outcome, status: Exit) -> None:
        assert exit_of(outcome) is status


def test_what_it_makes_carries_the_mark_by_which_it_knows_it_again() -> None:
    aws = FakeAws(small())
    run(aws, small())
    ours = {"lake:managed-by": "siloctl", "lake:organization": "acme"}
    assert aws.stack_sets.set is not None
    made = [*aws.stacks.stacks.values(), aws.stack_sets.set]
    assert [ours.items() <= one.tags.items() for one in made] == [True] * 3
