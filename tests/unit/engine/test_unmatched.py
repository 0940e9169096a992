"""Default silos: of an account that no manifest names, from its coming to its going."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from controller.diff.change import Verb
from controller.diff.drift import DriftClass, DriftReport
from controller.engine.apply import apply
from controller.engine.drift import find_drift
from controller.engine.plan import Options, Prepared, make_plan
from controller.engine.status import statuses
from controller.engine.unmatched import completed
from controller.kinds.organization import Guards
from controller.kinds.silo import NewAccount, Silo
from controller.load.files import ManifestFile
from controller.load.manifests import load
from controller.model.health import Health, SiloStatus, Sync
from controller.model.index import Index, parse
from controller.model.ownership import INDEX_KEY, bundle_key
from controller.plan.step import Record
from controller.render.silo import inputs
from controller.resolve.lake import Lake
from controller.resolve.specs import collect
from controller.resolve.unmatched import declaration
from tests.fakes.aws import FakeAws, Recorder
from tests.fakes.blueprints import STORAGE, catalogue
from tests.fakes.lakes import FINANCE, PLANT, SALES, finance, lake, plant, sales
from tests.fakes.silos import FakeSilos
from tests.fakes.users import FakeUsers
from tests.fakes.vendings import FakeVendings

LAB, LAB2, UNIT = "200000000009", "200000000010", "Lake/Silos/Research"
KEPT = STORAGE.replace(
    "    Type: AWS::DynamoDB::Table\n", "    Type: AWS::DynamoDB::Table\n    UpdateReplacePolicy: Retain\n"
)


def giving(*silos: Silo, **changed: object) -> Lake:
    return lake(*(silos or (sales(),)), unmatched_accounts="default-silo", **changed)


def plan(aws: FakeAws, wanted: Lake, *allowed: str, **blueprints: str) -> Prepared:
    return make_plan(wanted, catalogue(**blueprints), aws.ports, Options(allowed=frozenset(allowed)))


def applied(aws: FakeAws, wanted: Lake, **blueprints: str) -> Prepared:
    prepared = plan(aws, wanted, **blueprints)
    outcome = apply(prepared, aws.ports, Recorder())
    assert outcome.complete
    return prepared


def with_lab(wanted: Lake, **account: str) -> FakeAws:
    aws = FakeAws(wanted)
    aws.organizations.add_account(LAB, UNIT, **{"name": "Research Lab", **account})
    return aws


def given(wanted: Lake, **account: str) -> FakeAws:
    """All applied, the lab's default silo too."""
    aws = with_lab(wanted, **account)
    applied(aws, wanted)
    return aws


def verbs(prepared: Prepared) -> Mapping[str, Verb]:
    return {change.address: change.verb for change in prepared.plan.changes}


def index(aws: FakeAws) -> Index:
    stored = aws.home.objects()[INDEX_KEY]
    return parse(stored, "")


def quiet(prepared: Prepared) -> bool:
    plan = prepared.plan
    return (plan.changes, plan.guards, plan.notes, prepared.steps) == ((), (), (), ())


def names(wanted: Lake, aws: FakeAws) -> dict[str, str]:
    """The default silos, by account."""
    return {one.account.id: name for name, one in completed(wanted, aws.ports).defaults.residents.items()}


def test_an_account_without_a_manifest_gets_a_silo_and_the_plan_says_which() -> None:
    aws = with_lab(giving())
    prepared = plan(aws, giving())
    assert verbs(prepared)["silo/research-lab/storage/RawBucket"] is Verb.CREATE
    assert prepared.plan.notes == (
        f"account {LAB} (Research Lab) in {UNIT} has no manifest: it gets a default silo research-lab; "
        "siloctl silo declare research-lab prints the manifest that declares it",
    )
    silo = prepared.lake.silos["research-lab"]
    assert (silo.region, silo.owners, silo.organizational_unit) == ("eu-west-1", ("data@acme.example",), UNIT)
    assert not [step for step in prepared.steps if step.address.startswith("account/")]


def test_what_it_has_says_the_organizations_line() -> None:
    aws = with_lab(giving())
    change = next(one for one in plan(aws, giving()).plan.changes if one.address.endswith("lab/storage/RawBucket"))
    assert change.source is not None and change.source.path == "organizations/acme.yaml"


def test_after_an_apply_there_is_nothing_more_to_do() -> None:
    aws = given(giving())
    assert quiet(plan(aws, giving()))
    assert [(name, entry.default) for name, entry in index(aws).silos.items()] == [
        ("research-lab", True),
        ("sales", False),
    ]


def test_by_report_nobody_asks_and_nothing_is_given() -> None:
    wanted = lake(sales())
    aws = given(wanted)
    assert "residents" not in aws.organizations.reads
    assert set(index(aws).silos) == {"sales"}


def test_a_quiet_plan_looks_into_the_units_once_and_at_no_account() -> None:
    aws = given(giving())
    aws.organizations.reads.clear()
    plan(aws, giving())
    assert sorted(aws.organizations.reads) == ["residents", "tree"]


@pytest.mark.parametrize("state", ["SUSPENDED", "PENDING_CLOSURE", "CLOSED", "PENDING_ACTIVATION"])
def test_an_account_that_is_not_active_gets_none(state: str) -> None:
    aws = with_lab(giving(), state=state)
    assert names(giving(), aws) == {}


def test_the_master_and_accounts_of_other_units_get_none() -> None:
    wanted = giving()
    aws = FakeAws(wanted)
    aws.organizations.add_account(wanted.organization.master_account, "Lake/Silos")
    aws.organizations.add_account(LAB, "Lake/Analytics")
    aws.organizations.add_account(LAB2, "Sandbox")
    assert names(wanted, aws) == {}


def test_an_account_that_a_manifest_creates_is_known_by_its_address() -> None:
    wanted = giving(plant())
    aws = with_lab(wanted, name="another", email=PLANT.email.upper())
    assert names(wanted, aws) == {}


def test_a_silo_that_lost_its_manifest_stays_blocked_and_gets_no_default() -> None:
    both = giving(sales(), finance())
    aws = FakeAws(both)
    applied(aws, both)
    prepared = plan(aws, giving(sales()))
    assert verbs(prepared) == {"silo/finance/bundle": Verb.BLOCKED}


def test_a_silo_that_was_retired_and_forgotten_does_not_come_back_as_a_default() -> None:
    both = giving(sales(), finance(lifecycle="retired"))
    aws = FakeAws(both)
    applied(aws, both)
    applied(aws, giving(sales()))
    prepared = plan(aws, giving(sales()))
    (note,) = prepared.plan.notes
    assert "gets no default silo: it has what was published for silo/finance" in note
    assert not prepared.plan.changes


def test_two_of_one_name_are_called_by_their_ids() -> None:
    aws = with_lab(giving())
    aws.organizations.add_account(LAB2, UNIT, "research lab")
    assert names(giving(), aws) == {LAB: f"account-{LAB}", LAB2: f"account-{LAB2}"}


def test_the_first_of_one_name_keeps_it() -> None:
    aws = given(giving())
    aws.organizations.add_account(LAB2, UNIT, "research lab")
    assert names(giving(), aws) == {LAB: "research-lab", LAB2: f"account-{LAB2}"}


def test_a_renamed_account_keeps_its_silos_name() -> None:
    aws = given(giving())
    aws.organizations.members[LAB] = replace(aws.organizations.members[LAB], name="Genetics")
    assert quiet(plan(aws, giving()))


@pytest.mark.parametrize(
    ("name", "called"),
    [
        ("Forschung & Entwicklung", "forschung-entwicklung"),
        ("Größe", "groe"),
        ("研究所", f"account-{LAB}"),
        ("2024 trials", f"account-{LAB}"),
        ("x", f"account-{LAB}"),
        ("sales", f"account-{LAB}"),
        ("--{{resolve:secretsmanager:x}}", "resolve-secretsmanager-x"),
        ("a name that is much longer than any silo's", "a-name-that-is-much-long"),
        ("\x1b[31mred\n", f"account-{LAB}"),
    ],
)
def test_a_name_is_of_the_accounts_name_or_its_id(name: str, called: str) -> None:
    assert names(giving(), with_lab(giving(), name=name)) == {LAB: called}


@pytest.mark.parametrize(("length", "called"), [(18, f"account-{LAB}"), (26, f"a{LAB}"), (27, None)])
def test_a_name_fits_the_longest_bucket(length: int, called: str | None) -> None:
    wanted = giving(name="o" * length)
    aws = with_lab(wanted, name="研究所")
    assert names(wanted, aws) == ({LAB: called} if called else {})
    refused = completed(wanted, aws.ports).defaults.refused
    assert ("no name is left" in refused.get(LAB, "")) is (called is None)


def test_a_unit_that_no_manifest_can_name_is_told() -> None:
    wanted = giving()
    aws = FakeAws(wanted)
    unit = aws.organizations.add_unit("Lake/Silos/x")
    aws.organizations.units["Lake/Silos/R/D"] = replace(unit, path="Lake/Silos/R/D")
    del aws.organizations.units["Lake/Silos/x"]
    aws.organizations.add_account(LAB, "Lake/Silos/R/D")
    prepared = plan(aws, wanted)
    assert f"account {LAB} has no manifest, and gets no default silo: no manifest can name its unit" in str(
        prepared.plan.notes
    )
    assert not [step for step in prepared.steps if "R" in step.address.split("/")]


def test_without_an_address_for_failures_its_own_one_is_the_owner() -> None:
    wanted = giving(notification_emails=())
    assert completed(wanted, with_lab(wanted).ports).silos["research-lab"].owners == (f"{LAB}@lake.example",)
    aws = with_lab(wanted, email='"odd one"@lake.example')
    assert "nobody would answer" in completed(wanted, aws.ports).defaults.refused[LAB]


def declared(aws: FakeAws, wanted: Lake, **changed: object) -> Silo:
    """The silo as its own manifest would have it."""
    made = completed(wanted, aws.ports).silos["research-lab"]
    return replace(made, **changed)


def test_a_manifest_of_its_name_takes_it_over_without_a_change() -> None:
    aws = given(giving())
    wanted = giving(sales(), declared(aws, giving()))
    prepared = plan(aws, wanted)
    assert (prepared.plan.changes, prepared.plan.guards) == ((), ())
    assert [type(step) for step in prepared.steps] == [Record]
    applied(aws, wanted)
    assert not index(aws).silos["research-lab"].default
    assert quiet(plan(aws, wanted))


@pytest.mark.parametrize("account", [LAB, NewAccount("Research Lab", f"{LAB}@lake.example")])
def test_a_manifest_of_another_name_takes_it_over_and_nothing_is_lost(account: str | NewAccount) -> None:
    wanted = giving()
    aws = with_lab(wanted)
    applied(aws, wanted, storage=KEPT)
    other = giving(sales(), declared(aws, wanted, name="genetics", account=account))
    prepared = plan(aws, other, storage=KEPT)
    assert [guard.code for guard in prepared.plan.guards] == ["leaves-behind"]
    assert not prepared.plan.blocked
    assert verbs(prepared)["silo/genetics/storage/RawBucket"] is Verb.REPLACE
    assert not any(change.destroys_data for change in prepared.plan.changes)
    assert apply(prepared, aws.ports, Recorder()).complete
    assert {name: entry.account for name, entry in index(aws).silos.items()} == {"sales": SALES, "genetics": LAB}
    assert quiet(plan(aws, other, storage=KEPT))


def test_what_aws_would_not_keep_still_asks_for_leave() -> None:
    aws = given(giving())
    prepared = plan(aws, giving(sales(), declared(aws, giving(), name="genetics")))
    assert [guard.code for guard in prepared.plan.guards if guard.blocks] == ["destroys-data"]
    (lost,) = (change.address for change in prepared.plan.changes if change.destroys_data)
    assert lost == "silo/genetics/storage/Inventory"


def test_a_manifest_of_another_account_may_have_the_name() -> None:
    wanted = giving()
    aws = with_lab(wanted)
    applied(aws, wanted, storage=KEPT)
    aws.organizations.add_account(LAB2, UNIT)
    other = giving(sales(), declared(aws, wanted, account=LAB2))
    applied(aws, other, storage=KEPT)
    assert {name: (one.account, one.default) for name, one in index(aws).silos.items()} == {
        "sales": (SALES, False),
        "research-lab": (LAB2, False),
        f"account-{LAB}": (LAB, True),
    }
    assert quiet(plan(aws, other, storage=KEPT))


def test_an_account_that_moves_inside_the_units_is_followed_and_not_moved_back() -> None:
    aws = given(giving())
    there = aws.organizations.add_unit("Lake/Silos/Genetics").id
    aws.organizations.members[LAB] = replace(aws.organizations.members[LAB], parent=there)
    prepared = plan(aws, giving())
    assert prepared.plan.changes == ()
    assert [type(step) for step in prepared.steps] == [Record]
    assert prepared.lake.silos["research-lab"].organizational_unit == "Lake/Silos/Genetics"
    applied(aws, giving())
    assert quiet(plan(aws, giving()))


def test_a_name_that_another_account_still_has_in_the_index_is_not_taken() -> None:
    aws = given(giving())
    aws.organizations.members[LAB] = replace(aws.organizations.members[LAB], parent="r-root")
    aws.organizations.add_account(LAB2, UNIT, "Research Lab")
    assert names(giving(), aws) == {LAB2: f"account-{LAB2}"}


def test_the_name_of_a_silo_that_lost_its_manifest_is_not_taken() -> None:
    both = giving(sales(), finance())
    aws = FakeAws(both)
    applied(aws, both)
    aws.organizations.add_account(LAB, UNIT, "Finance")
    assert names(giving(sales()), aws) == {LAB: f"account-{LAB}"}


def test_a_manifest_that_creates_an_account_may_have_the_name_of_one_that_departs() -> None:
    aws = given(giving())
    new = declared(aws, giving(), account=NewAccount("another", "another@acme.example"))
    prepared = plan(aws, lake(sales(), new))
    assert verbs(prepared)["account/research-lab"] is Verb.CREATE
    assert apply(prepared, aws.ports, Recorder()).complete
    assert index(aws).silos["research-lab"].account not in ("", LAB)


def test_an_account_that_was_seen_is_not_looked_up_again() -> None:
    aws = with_lab(giving())
    plan(aws, giving())
    assert f"account {LAB}" not in aws.organizations.reads


def test_without_the_index_nobody_knows_which_default_silos_there_are() -> None:
    aws = given(giving())
    aws.home.unreadable[INDEX_KEY] = "AccessDenied"
    seen = completed(giving(), aws.ports)
    assert "the index could not be read" in seen.defaults.unread and list(seen.silos) == ["sales"]
    assert set(verbs(plan(aws, giving())).values()) == {Verb.BLOCKED}


def test_it_lives_in_the_home_region_though_no_other_silo_does() -> None:
    wanted = giving(finance())
    aws = given(wanted)
    assert quiet(plan(aws, wanted))
    assert index(aws).silos["research-lab"].region == "eu-west-1"


def gone(aws: FakeAws, wanted: Lake) -> str:
    """Why it is given up: in one apply, and without anything in its account or bucket being touched."""
    prepared = plan(aws, wanted)
    (change,) = prepared.plan.changes
    assert (change.address, change.verb, change.retained) == ("silo/research-lab/bundle", Verb.DELETE, True)
    assert prepared.plan.guards == ()
    before = aws.home.objects()[bundle_key(LAB)]
    applied(aws, wanted)
    assert aws.home.objects()[bundle_key(LAB)] == before
    assert set(index(aws).silos) == {"sales"}
    return change.reason


def test_an_account_that_left_is_forgotten_and_may_come_back() -> None:
    aws = given(giving())
    there = aws.organizations.members[LAB]
    aws.organizations.members[LAB] = replace(there, parent="r-root", name="Renamed")
    assert f"account {LAB} left the silo units" in gone(aws, giving())
    assert quiet(plan(aws, giving()))
    aws.organizations.members[LAB] = replace(there, name="Renamed")
    prepared = plan(aws, giving())
    assert prepared.plan.changes == () and "research-lab" in prepared.lake.silos
    applied(aws, giving())
    assert quiet(plan(aws, giving()))


def test_a_suspended_account_is_forgotten() -> None:
    aws = given(giving())
    aws.organizations.members[LAB] = replace(aws.organizations.members[LAB], state="SUSPENDED")
    assert "is SUSPENDED" in gone(aws, giving())


def test_back_to_report_forgets_all_of_them() -> None:
    aws = given(giving())
    assert "spec.enrolment.unmatchedAccounts is report" in gone(aws, lake(sales()))
    assert quiet(plan(aws, lake(sales())))


@pytest.mark.parametrize("read", ["residents", "tree"])
def test_nothing_departs_because_a_listing_failed(read: str) -> None:
    aws = given(giving())
    aws.organizations.unreadable[read] = "AccessDenied"
    prepared = plan(aws, giving())
    assert set(verbs(prepared).values()) == {Verb.BLOCKED}
    assert "organization/accounts" in verbs(prepared)
    assert not any(step.address.startswith(("silo/", "index/")) for step in prepared.steps)


def test_an_unreadable_bundle_of_an_unknown_account_is_not_taken_for_none() -> None:
    aws = with_lab(giving())
    applied(aws, lake(sales()))
    aws.home.unreadable[bundle_key(LAB)] = "AccessDenied"
    prepared = plan(aws, giving())
    assert "AccessDenied" in next(c.reason for c in prepared.plan.changes if c.address == "organization/accounts")


def test_a_lost_index_is_made_again_with_the_names_that_were_published() -> None:
    aws = given(giving())
    before = index(aws)
    aws.home.delete(INDEX_KEY, aws.home.get(INDEX_KEY).value.etag)  # type: ignore[union-attr]
    aws.organizations.members[LAB] = replace(aws.organizations.members[LAB], name="Genetics")
    prepared = plan(aws, giving())
    assert prepared.plan.changes == ()
    applied(aws, giving())
    assert index(aws).silos["research-lab"].inputs == before.silos["research-lab"].inputs
    assert index(aws).silos["research-lab"].default


def test_the_guard_counts_those_that_come_and_those_that_go() -> None:
    strict = giving(guards=Guards(0, True))
    aws = given(giving(guards=Guards(5, True)))
    assert quiet(plan(aws, giving(guards=Guards(5, True))))
    aws.organizations.add_account(LAB2, UNIT, "Genetics")
    assert "too-many-silos" in [guard.code for guard in plan(aws, strict).plan.guards]
    del aws.organizations.members[LAB], aws.organizations.members[LAB2]
    assert "too-many-silos" in [guard.code for guard in plan(aws, strict).plan.guards]


def state(aws: FakeAws, wanted: Lake) -> dict[str, SiloStatus]:
    found = statuses(completed(wanted, aws.ports), catalogue(), aws.ports, FakeSilos())
    return {one.silo: one for one in found}


def test_a_default_silo_has_a_status_as_any_other_and_says_what_it_is() -> None:
    aws = given(giving())
    found = state(aws, giving())
    assert list(found) == ["research-lab", "sales"]
    assert found["research-lab"].remarks == (
        f"a default silo: no manifest names account {LAB}; siloctl silo declare research-lab prints one",
    )
    assert found["sales"].remarks == ()


def test_one_that_is_given_up_is_told_until_an_apply_forgets_it() -> None:
    aws = given(giving())
    found = state(aws, lake(sales()))["research-lab"]
    assert "unmatchedAccounts is report, and its account goes on running" in found.sync_reason
    assert found.parts[0].advice == "siloctl apply, which forgets it"


def test_where_the_units_cannot_be_read_a_default_silo_is_unknown_and_not_gone() -> None:
    aws = given(giving())
    aws.organizations.unreadable["residents"] = "AccessDenied"
    found = state(aws, giving())["research-lab"]
    assert (found.sync, found.parts[0].health) == (Sync.UNKNOWN, Health.UNKNOWN)
    assert "AccessDenied" in found.sync_reason


def test_one_that_a_manifest_took_is_not_told_twice() -> None:
    aws = given(giving())
    assert list(state(aws, giving(sales(), declared(aws, giving(), name="genetics")))) == ["genetics", "sales"]


def drift(aws: FakeAws, wanted: Lake) -> DriftReport:
    seen = completed(wanted, aws.ports)
    return find_drift(seen, aws.ports, FakeSilos(), FakeUsers(account=LAB), FakeVendings())


def unmanaged(report: DriftReport) -> dict[str, str]:
    return {one.address: one.accept for one in report.findings if one.kind is DriftClass.UNMANAGED_ACCOUNT}


def test_an_account_with_a_default_silo_is_no_drift() -> None:
    aws = given(giving())
    report = drift(aws, giving())
    assert unmanaged(report) == {} and report.unreadable == {}


def test_by_report_its_account_is_drift_with_the_command_that_declares_it() -> None:
    aws = given(giving())
    found = unmanaged(drift(aws, lake(sales())))
    assert list(found) == [f"account/{LAB}"]
    assert found[f"account/{LAB}"].endswith(f": siloctl silo declare {LAB} prints one")


def test_where_the_units_cannot_be_read_nobody_is_called_unmanaged() -> None:
    aws = given(giving())
    aws.organizations.unreadable["residents"] = "AccessDenied"
    report = drift(aws, giving())
    assert unmanaged(report) == {} and report.unreadable == {"organization/accounts": "AccessDenied"}


def test_a_retired_account_without_a_manifest_is_still_reported() -> None:
    both = giving(sales(), finance(region="eu-west-1", lifecycle="retired"))
    aws = FakeAws(both)
    applied(aws, both)
    applied(aws, giving(sales()))
    assert list(unmanaged(drift(aws, giving(sales())))) == [f"account/{FINANCE}"]


def test_the_printed_manifest_is_the_default_silo() -> None:
    aws = given(giving())
    seen = completed(giving(), aws.ports)
    loaded = load([ManifestFile("lab.yaml", declaration(seen.silos["research-lab"]))])
    assert loaded.problems == ()
    (silo,) = collect(loaded.manifests, frozenset()).silos.values()
    wanted = giving(sales(), silo)
    assert inputs(wanted, "research-lab", catalogue()) == inputs(seen, "research-lab", catalogue())
