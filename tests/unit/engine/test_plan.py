"""What a plan says of a lake and of the AWS that it finds."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from controller.diff.change import Verb
from controller.engine.apply import apply
from controller.engine.plan import Options, Prepared, make_plan
from controller.model.errors import ControllerError
from controller.model.ownership import INDEX_KEY, bundle_key
from controller.model.world import Stack
from controller.plan.step import Publish, Record, WriteStack
from controller.resolve.lake import Lake
from tests.fakes.aws import FakeAws, Recorder
from tests.fakes.blueprints import STORAGE, catalogue
from tests.fakes.lakes import FINANCE, SALES, allowing, columns, finance, flow, lake, plant, sales, small

HERE = (SALES, "eu-west-1")
RAW = STORAGE.replace('bucket_prefix | sub ~ "-raw-', 'bucket_prefix | sub ~ "-landing-')


def plan(aws: FakeAws, wanted: Lake, *allowed: str, full: bool = False, **blueprints: str) -> Prepared:
    return make_plan(wanted, catalogue(**blueprints), aws.ports, Options(full=full, allowed=frozenset(allowed)))


def applied(wanted: Lake) -> FakeAws:
    aws = FakeAws(wanted)
    outcome = apply(plan(aws, wanted), aws.ports, Recorder())
    assert outcome.complete
    aws.writes.clear()
    for bucket in aws.buckets.values():
        bucket.reads.clear()
    aws.organizations.reads.clear()
    return aws


def verbs(prepared: Prepared) -> dict[str, Verb]:
    return {change.address: change.verb for change in prepared.plan.changes}


def reason(prepared: Prepared, address: str) -> str:
    return next(change.reason for change in prepared.plan.changes if change.address == address)


def test_a_first_plan_creates_units_accounts_masters_baseline_and_every_resource_in_that_order() -> None:
    wanted = small()
    found = list(verbs(plan(FakeAws(wanted), wanted)))

    assert found[:7] == [
        "unit/Lake/Silos/Operations",
        "account/plant",
        "master/stack/CodeBucket",
        "master/stack/eu-central-1/CodeBucket",
        "baseline/template",
        "baseline/unit/Lake/Analytics",
        "baseline/unit/Lake/Silos",
    ]
    assert "silo/sales/flow/orders/Schedule" in found
    assert all(address.startswith("silo/") for address in found[7:])


def test_a_plan_writes_nothing() -> None:
    aws = FakeAws(small())
    plan(aws, small())
    assert aws.writes == []


def test_a_plan_after_an_apply_is_empty() -> None:
    aws = applied(small())
    second = plan(aws, small())
    assert (second.plan.changes, second.plan.guards, second.plan.notes, second.steps) == ((), (), (), ())


def test_a_plan_without_change_asks_nothing_of_any_single_silo() -> None:
    aws = applied(small())
    plan(aws, small())
    assert aws.organizations.reads == ["tree"]
    assert aws.home.reads == [f"get {INDEX_KEY}", "list releases/"] or aws.home.reads == [
        "list releases/",
        f"get {INDEX_KEY}",
    ]


def test_a_full_plan_compares_every_silo_and_finds_nothing_either() -> None:
    aws = applied(small())
    second = plan(aws, small(), full=True)
    assert (second.plan.changes, second.steps) == ((), ())
    assert f"get {bundle_key(SALES)}" in aws.home.reads


def test_a_change_of_one_flow_is_one_change_at_its_line_and_looks_into_one_silo() -> None:
    aws = applied(small())
    second = plan(aws, lake(sales(), finance(), plant(), flows=[flow(schedule="rate(15 minutes)")]))

    (change,) = second.plan.changes
    assert (change.address, change.verb) == ("silo/sales/flow/orders/Schedule", Verb.UPDATE)
    assert change.source is not None
    assert change.source.path == "flows/orders.yaml"
    (detail,) = change.details
    assert (detail.path, detail.before, detail.after) == ("ScheduleExpression", "rate(1 hour)", "rate(15 minutes)")
    assert [step.address for step in second.steps] == ["silo/sales/bundle"]
    assert f"get {bundle_key(FINANCE)}" not in aws.buckets["eu-central-1"].reads


def test_another_account_than_the_master_plans_nothing() -> None:
    aws = FakeAws(small())
    aws.organizations.account_of_caller = SALES
    with pytest.raises(ControllerError, match=f"credentials are of account {SALES}"):
        plan(aws, small())


def test_a_new_blueprint_version_renders_every_silo_again() -> None:
    aws = applied(small())
    second = make_plan(small(), catalogue("2.0.0"), aws.ports, Options())
    assert {step.silo for step in second.steps if isinstance(step, Record)} == {"finance", "plant", "sales"}
    assert second.plan.changes == ()


class TestUnreadable:
    """What could not be read is blocked, never deleted or made anew; the rest goes on."""

    def test_organization(self) -> None:
        aws = applied(small())
        aws.organizations.unreadable["tree"] = "AccessDenied"
        second = plan(aws, lake(sales(), finance(), plant(), flows=[flow(schedule="rate(2 hours)")]))
        assert verbs(second) == {"organization": Verb.BLOCKED, "silo/sales/flow/orders/Schedule": Verb.UPDATE}

    def test_organization_before_there_is_a_master_stack(self) -> None:
        aws = FakeAws(small())
        aws.organizations.unreadable["tree"] = "AccessDenied"
        first = plan(aws, small())
        assert verbs(first)["master/stack"] is Verb.BLOCKED
        outcome = apply(first, aws.ports, Recorder())
        assert (aws.writes, outcome.done) == ([], ())

    def test_no_organization_at_all(self) -> None:
        aws = FakeAws(small())
        aws.organizations.in_organization = False
        assert "not in an organization" in reason(plan(aws, small()), "organization")

    def test_account(self) -> None:
        aws = applied(small())
        aws.organizations.unreadable[SALES] = "throttled"
        second = plan(aws, lake(sales(), finance(), plant(), flows=[flow(schedule="rate(2 hours)")]))
        assert verbs(second)["account/sales"] is Verb.BLOCKED
        assert reason(second, "silo/sales/bundle") == "1 change waits for account/sales, which is blocked"
        outcome = apply(second, aws.ports, Recorder())
        assert [address for address, _ in outcome.blocked] == ["account/sales", "silo/sales/bundle"]
        assert [write for write in aws.writes if "state/lock" not in write] == []

    def test_list_of_accounts(self) -> None:
        aws = FakeAws(small())
        aws.organizations.unreadable["accounts"] = "throttled"
        first = plan(aws, small())
        assert verbs(first)["account/plant"] is Verb.BLOCKED
        outcome = apply(first, aws.ports, Recorder())
        assert "create account acme-plant" not in aws.writes
        assert "silo/sales/bundle" in outcome.done

    def test_master_stack_of_one_region(self) -> None:
        aws = applied(small())
        aws.stacks.unreadable["eu-central-1"] = "AccessDenied"
        changed = lake(sales(encryption="s3"), finance(encryption="s3"), plant(), flows=[flow()])
        second = plan(aws, changed, "destroy=silo/sales/storage/Inventory")
        assert verbs(second)["master/stack/eu-central-1"] is Verb.BLOCKED
        outcome = apply(second, aws.ports, Recorder())
        assert outcome.done == ("silo/sales/bundle",)
        assert [address for address, _ in outcome.blocked] == ["master/stack/eu-central-1", "silo/finance/bundle"]

    def test_stack_set(self) -> None:
        aws = applied(small())
        aws.stack_sets.unreadable = "AccessDenied"
        second = plan(aws, small())
        assert verbs(second) == {"baseline/template": Verb.BLOCKED}
        assert second.steps == ()

    def test_listing_of_one_region(self) -> None:
        aws = applied(small())
        aws.buckets["eu-central-1"].unreadable["list"] = "AccessDenied"
        second = plan(aws, lake(sales(), finance(), plant(), flows=[flow(schedule="rate(2 hours)")]))
        assert verbs(second) == {
            "silo/finance/bundle": Verb.BLOCKED,
            "silo/sales/flow/orders/Schedule": Verb.UPDATE,
        }

    def test_bundle(self) -> None:
        aws = applied(small())
        aws.home.unreadable[bundle_key(SALES)] = "AccessDenied (kms:Decrypt)"
        second = plan(aws, lake(sales(), finance(), plant()))
        assert verbs(second) == {"silo/sales/bundle": Verb.BLOCKED}
        assert second.steps == ()

    def test_nested_template(self) -> None:
        aws = applied(small())
        for key in aws.home.objects():
            if key.startswith("assets/"):
                aws.home.unreadable[key] = "AccessDenied"
        second = plan(aws, lake(sales(), finance(), plant(), flows=[flow(schedule="rate(2 hours)")]))
        assert verbs(second) == {"silo/sales/flow/orders": Verb.BLOCKED}
        assert second.steps == ()

    def test_index(self) -> None:
        aws = applied(small())
        aws.home.unreadable[INDEX_KEY] = "AccessDenied"
        second = plan(aws, small())
        assert verbs(second) == {"index": Verb.BLOCKED}
        assert second.steps == ()


class TestAccounts:
    def test_an_account_in_another_unit_is_moved_back(self) -> None:
        aws = applied(small())
        aws.organizations.add_account(SALES, "Lake/Attic", "sales")
        second = plan(aws, small())
        assert verbs(second) == {"account/sales": Verb.UPDATE}
        apply(second, aws.ports, Recorder())
        assert aws.organizations.path_of(SALES) == "Lake/Silos/Commercial"
        assert plan(aws, small()).plan.changes == ()

    def test_another_unit_in_the_manifest_moves_the_account_of_a_silo_that_runs(self) -> None:
        aws = applied(lake(sales(), finance()))
        wanted = lake(sales(organizational_unit="Lake/Silos/Finance"), finance())
        second = plan(aws, wanted)
        assert verbs(second) == {"account/sales": Verb.UPDATE}
        aws.organizations.refused["move"] = "AccessDeniedException"
        assert not apply(second, aws.ports, Recorder()).complete
        third = plan(aws, wanted)
        assert verbs(third) == {"account/sales": Verb.UPDATE}, "what was not moved is looked at again"
        aws.organizations.refused.clear()
        apply(third, aws.ports, Recorder())
        assert aws.organizations.path_of(SALES) == "Lake/Silos/Finance"
        assert plan(aws, wanted).steps == ()

    def test_an_account_that_a_killed_run_created_is_found_by_its_address_and_moved(self) -> None:
        aws = FakeAws(small())
        aws.organizations.add_account("300000000009", "", "acme-plant", "AWS+Plant@acme.example")
        first = plan(aws, small())
        assert verbs(first)["account/plant"] is Verb.UPDATE
        apply(first, aws.ports, Recorder())
        assert aws.organizations.path_of("300000000009") == "Lake/Silos/Operations"
        assert bundle_key("300000000009") in aws.home.objects()
        assert plan(aws, small()).plan.changes == ()

    def test_a_created_account_that_left_the_organization_is_not_created_again(self) -> None:
        aws = applied(small())
        (made,) = [account for account in aws.organizations.members.values() if account.name == "acme-plant"]
        del aws.organizations.members[made.id]
        found = aws.stack_sets.set
        assert found is not None
        left = {place: one for place, one in found.instances.items() if place[0] != made.id}
        aws.stack_sets.set = replace(found, instances=left)
        second = plan(aws, small())
        assert verbs(second) == {"account/plant": Verb.BLOCKED}
        assert made.id in reason(second, "account/plant")

    def test_a_suspended_account_is_blocked(self) -> None:
        aws = FakeAws(small())
        aws.organizations.add_account(SALES, "Lake/Silos/Commercial", state="SUSPENDED")
        first = plan(aws, small())
        assert "SUSPENDED" in reason(first, "account/sales")
        outcome = apply(first, aws.ports, Recorder())
        assert bundle_key(SALES) not in aws.home.objects()
        assert {"silo/finance/bundle", "silo/plant/bundle"} <= set(outcome.done)

    def test_a_suspended_account_without_baseline_is_not_deployed_to_again_and_again(self) -> None:
        aws = applied(small())
        found = aws.stack_sets.set
        assert found is not None
        left = {place: one for place, one in found.instances.items() if place[0] != SALES}
        aws.stack_sets.set = replace(found, instances=left)
        aws.organizations.members[SALES] = replace(aws.organizations.members[SALES], state="SUSPENDED")
        second = plan(aws, small())
        assert verbs(second) == {"account/sales": Verb.BLOCKED}
        assert second.steps == ()

    def test_an_account_outside_of_the_organization_is_blocked(self) -> None:
        aws = FakeAws(small())
        del aws.organizations.members[SALES]
        assert "not in the organization" in reason(plan(aws, small()), "account/sales")

    def test_a_missing_unit_is_created_with_those_on_the_way_to_it(self) -> None:
        wanted = lake(sales(organizational_unit="Lake/Silos/North/Sales"))
        aws = FakeAws(lake(sales(), finance()))
        found = verbs(plan(aws, wanted))
        assert found["unit/Lake/Silos/North"] is Verb.CREATE
        assert found["unit/Lake/Silos/North/Sales"] is Verb.CREATE
        assert found["account/sales"] is Verb.UPDATE
        apply(plan(aws, wanted), aws.ports, Recorder())
        assert aws.organizations.path_of(SALES) == "Lake/Silos/North/Sales"

    def test_an_account_in_its_unit_that_the_baseline_left_out_gets_it(self) -> None:
        aws = applied(small())
        found = aws.stack_sets.set
        assert found is not None
        left = {place: one for place, one in found.instances.items() if place[0] != SALES}
        aws.stack_sets.set = replace(found, instances=left)
        second = plan(aws, small())
        assert verbs(second) == {f"baseline/account/{SALES}/eu-west-1": Verb.CREATE}
        apply(second, aws.ports, Recorder())
        assert plan(aws, small()).plan.changes == ()


class TestIndex:
    def test_behind_the_bucket_is_corrected_without_publishing(self) -> None:
        aws = applied(small())
        aws.home.write(INDEX_KEY, b'{"format": 1, "silos": {}}')
        second = plan(aws, small())
        assert second.plan.changes == ()
        assert len([note for note in second.plan.notes if "behind the bucket" in note]) == 3
        apply(second, aws.ports, Recorder())
        assert [write for write in aws.writes if "bundle" in write] == []
        assert plan(aws, small()).plan.notes == ()

    def test_lost_is_written_again(self) -> None:
        aws = applied(small())
        before = aws.home.objects()[INDEX_KEY]
        aws.home.remove(INDEX_KEY)
        second = plan(aws, small())
        assert "there is no index" in second.plan.notes[0]
        apply(second, aws.ports, Recorder())
        assert aws.home.objects()[INDEX_KEY] == before

    def test_lost_with_a_silo_whose_manifest_is_gone_leaves_a_bundle_that_is_told(self) -> None:
        aws = applied(small())
        aws.home.remove(INDEX_KEY)
        second = plan(aws, lake(finance(), plant()))
        assert f"{bundle_key(SALES)}: no manifest names its account, which goes on running it" in second.plan.notes
        assert verbs(second) == {}

    def test_of_a_newer_siloctl_is_not_guessed_at(self) -> None:
        aws = applied(small())
        aws.home.write(INDEX_KEY, b'{"format": 2, "silos": {}}')
        second = plan(aws, small())
        assert "use a newer siloctl" in reason(second, "index")
        assert second.steps == ()

    @pytest.mark.parametrize("text", [b"", b"[]", b'{"format": 1}', b'{"format": 1, "silos": {"a": {}}}', b"\xff"])
    def test_that_is_none_is_not_guessed_at(self, text: bytes) -> None:
        aws = applied(small())
        aws.home.write(INDEX_KEY, text)
        assert verbs(plan(aws, small())) == {"index": Verb.BLOCKED}

    def test_knows_a_bundle_that_the_bucket_lost_and_it_is_published_again(self) -> None:
        aws = applied(small())
        aws.home.remove(bundle_key(SALES))
        second = plan(aws, small())
        assert any("the bucket does not have it" in note for note in second.plan.notes)
        apply(second, aws.ports, Recorder())
        assert bundle_key(SALES) in aws.home.objects()
        assert plan(aws, small()).plan.changes == ()

    @pytest.mark.parametrize("garbage", [b"", b"not a zip", b"PK\x05\x06" + 18 * b"\0"], ids=["empty", "text", "zip"])
    def test_a_bundle_overwritten_with_something_else_is_written_over(self, garbage: bytes) -> None:
        aws = applied(small())
        aws.home.write(bundle_key(SALES), garbage)
        second = plan(aws, small())
        assert any("is not a bundle of ours" in note for note in second.plan.notes)
        apply(second, aws.ports, Recorder())
        assert plan(aws, small()).plan.changes == ()

    @pytest.mark.parametrize("content", [b"{", b'{"Resources": {}}'], ids=["garbage", "another template"])
    def test_a_nested_template_changed_by_hand_is_told_and_not_believed(self, content: bytes) -> None:
        aws = applied(small())
        for key in aws.home.objects():
            if key.startswith("assets/") and key.endswith(".json"):
                aws.home.write(key, content)
        second = plan(aws, lake(sales(), finance(), plant(), flows=[flow(schedule="rate(2 hours)")]))
        assert any("changed in the bucket by hand" in note for note in second.plan.notes)
        assert verbs(second)["silo/sales/flow/orders/Schedule"] is Verb.CREATE
        (guard,) = second.plan.guards
        assert (guard.code, guard.blocks, guard.address) == ("unknown-before", True, "silo/sales/flow/orders")

    def test_a_removed_flow_whose_template_is_gone_needs_leave_for_what_nobody_can_tell(self) -> None:
        aws = applied(small())
        (key,) = [key for key, content in aws.home.objects().items() if b"rate(1 hour)" in content]
        aws.home.remove(key)
        wanted = lake(sales(), finance(), plant())
        (guard,) = plan(aws, wanted).plan.guards
        assert guard.allow == "destroy=silo/sales/flow/orders"
        assert plan(aws, wanted, guard.allow).plan.guards == ()

    @pytest.mark.parametrize("lost", [True, False], ids=["lost", "garbage"])
    def test_a_bundle_that_is_no_more_is_compared_with_the_version_that_the_index_names(self, lost: bool) -> None:
        aws = applied(small())
        if lost:
            aws.home.remove(bundle_key(SALES))
        else:
            aws.home.write(bundle_key(SALES), b"garbage")
        second = plan(aws, lake(sales(), finance(), plant()))
        assert [guard.allow for guard in second.plan.guards] == ["destroy=silo/sales/flow/orders/Positions"]
        assert verbs(second)["silo/sales/flow/orders/Schedule"] is Verb.DELETE

    def test_a_bundle_lost_with_all_its_versions_needs_leave(self) -> None:
        aws = applied(small())
        aws.home.forget(bundle_key(SALES))
        (guard,) = plan(aws, small()).plan.guards
        assert guard.allow == "destroy=silo/sales/bundle"
        assert plan(aws, small(), guard.allow).plan.guards == ()

    def test_a_silo_that_moved_to_another_account_says_what_is_left_behind(self) -> None:
        aws = applied(lake(sales(), finance()))
        aws.organizations.add_account("200000000009", "Lake/Silos/Commercial")
        second = plan(aws, lake(sales(account="200000000009", region="eu-central-1"), finance()))
        assert any("eu-west-1" in note and "stays" in note for note in second.plan.notes)
        assert [type(step) for step in second.steps] == [Publish]

    def test_a_silo_cannot_move_to_another_region_of_its_account(self) -> None:
        aws = applied(small())
        second = plan(aws, lake(sales(region="eu-central-1"), finance(), plant(), flows=[flow()]))
        assert verbs(second) == {"silo/sales/bundle": Verb.BLOCKED}
        assert "its buckets' names are taken" in reason(second, "silo/sales/bundle")
        assert second.steps == ()


class TestRemoval:
    def test_a_removed_flow_deletes_and_destroys_only_what_is_not_kept(self) -> None:
        aws = applied(small())
        second = plan(aws, lake(sales(), finance(), plant()))
        found = {change.address: (change.destroys_data, change.retained) for change in second.plan.changes}
        assert found == {
            "silo/sales/flow/orders/Job": (False, False),
            "silo/sales/flow/orders/Positions": (True, False),
            "silo/sales/flow/orders/ProcessedTable": (False, True),
            "silo/sales/flow/orders/Schedule": (False, False),
            "silo/sales/bundle/FlowOrders": (False, False),
        }
        assert [guard.allow for guard in second.plan.guards] == ["destroy=silo/sales/flow/orders/Positions"]

    def test_a_removed_manifest_is_blocked(self) -> None:
        aws = applied(small())
        second = plan(aws, lake(finance(), plant()))
        assert verbs(second) == {"silo/sales/bundle": Verb.BLOCKED}
        assert second.steps == ()

    def test_a_retired_silo_loses_its_flows_keeps_its_data_and_may_then_be_forgotten(self) -> None:
        wanted = lake(sales(), finance(), flows=[flow(name="plain")])
        aws = applied(wanted)
        retired = lake(sales(lifecycle="retired"), finance(), flows=[flow(name="plain")])
        second = plan(aws, retired, "destroy=silo/sales/flow/plain/Positions")
        assert {change.verb for change in second.plan.changes} == {Verb.DELETE}
        assert not any(change.address.startswith("silo/sales/storage") for change in second.plan.changes)
        apply(second, aws.ports, Recorder())

        gone = lake(finance())
        third = plan(aws, gone)
        (change,) = third.plan.changes
        assert (change.verb, change.retained) == (Verb.DELETE, True)
        apply(third, aws.ports, Recorder())
        assert bundle_key(SALES) in aws.home.objects()
        assert plan(aws, gone).plan.changes == ()

    def test_of_a_renamed_silo_the_old_name_is_forgotten_once_the_new_one_is_published(self) -> None:
        aws = applied(lake(sales(), finance()))
        wanted = lake(sales(name="shop"), finance())
        second = plan(aws, wanted)
        lost = [guard.allow for guard in second.plan.guards if guard.blocks]
        assert lost and Verb.BLOCKED not in verbs(second).values()
        assert f"silo/sales/bundle: account {SALES} is silo/shop now" in second.plan.notes

        named = {step.address: step.needs for step in second.steps}
        assert named["index/sales"] == ("silo/shop/bundle",)
        assert apply(plan(aws, wanted, *lost), aws.ports, Recorder()).complete
        third = plan(aws, wanted)
        assert (third.plan.changes, third.plan.notes, third.steps) == ((), (), ())

    def test_an_old_name_that_an_index_kept_is_forgotten_too(self) -> None:
        wanted = lake(sales(), finance())
        aws = applied(wanted)
        index = json.loads(aws.home.objects()[INDEX_KEY])
        index["silos"]["before"] = index["silos"]["sales"]
        aws.home.write(INDEX_KEY, json.dumps(index).encode())
        second = plan(aws, wanted)
        assert second.plan.changes == () and [step.address for step in second.steps] == ["index/before"]
        assert apply(second, aws.ports, Recorder()).complete
        assert plan(aws, wanted).steps == ()

    def test_a_silo_that_got_another_region_with_its_name_stays_where_it_was_published(self) -> None:
        aws = applied(lake(sales(), finance()))
        second = plan(aws, lake(sales(name="shop", region="eu-central-1"), finance()))
        assert verbs(second)["silo/sales/bundle"] is Verb.BLOCKED

    def test_emptying_the_lake_is_blocked_silo_by_silo(self) -> None:
        aws = applied(small())
        found = verbs(plan(aws, lake()))
        assert found == {f"silo/{name}/bundle": Verb.BLOCKED for name in ("finance", "plant", "sales")}


class TestGuards:
    def test_a_replaced_table_that_holds_data_needs_leave(self) -> None:
        aws = applied(small())
        wanted = lake(sales(), finance(), plant(), flows=[flow()])
        template = STORAGE.replace("TableName: {{ silo | yaml }}", 'TableName: {{ ("new-" ~ silo) | yaml }}')
        second = plan(aws, wanted, storage=template)
        assert [guard.code for guard in second.plan.guards] == ["destroys-data"] * 3
        assert second.plan.blocked

    def test_leave_given_by_name_lifts_it(self) -> None:
        aws = applied(lake(sales()))
        second = plan(aws, lake(sales()), "destroy=silo/sales/storage/RawBucket", storage=RAW)
        assert second.plan.guards == ()

    def test_leave_given_by_the_manifest_lifts_it_when_it_was_applied_before(self) -> None:
        aws = applied(lake(sales()))
        wanted = lake(allowing(sales(), "storage/RawBucket"))
        second = plan(aws, wanted, storage=RAW)
        assert [guard.code for guard in second.plan.guards] == ["destroys-data"]
        assert "guards: silo/sales/storage/RawBucket may be destroyed from the next apply on" in second.plan.notes

        alone = plan(aws, wanted)
        assert (alone.plan.changes, alone.plan.guards) == ((), ())
        assert apply(alone, aws.ports, Recorder()).complete
        third = plan(aws, wanted, storage=RAW)
        assert verbs(third) == {"silo/sales/storage/RawBucket": Verb.REPLACE}
        assert (third.plan.guards, third.plan.notes) == ((), ())

    def test_a_change_does_not_lift_its_own_guards(self) -> None:
        aws = applied(lake(sales(), finance(), flows=[flow()]))
        weak = replace(small().organization.guards, protect_data=False)
        second = plan(aws, lake(sales(), finance(), guards=weak))
        assert {guard.code: guard.blocks for guard in second.plan.guards} == {"destroys-data": True}
        assert "guards: protectData is true and counts as false from the next apply on" in second.plan.notes

    def test_a_stronger_guard_counts_at_once_and_a_weaker_one_from_the_next_apply(self) -> None:
        strict = replace(small().organization.guards, max_silos_changed=1)
        aws = applied(lake(sales(), finance()))
        described = STORAGE.replace("DatabaseInput: {", "DatabaseInput: {Description: All of it, ")
        stronger, weaker = lake(sales(), finance(), guards=strict), lake(sales(), finance())

        assert [guard.code for guard in plan(aws, stronger, storage=described).plan.guards] == ["too-many-silos"]
        assert apply(plan(aws, stronger), aws.ports, Recorder()).complete
        assert [guard.code for guard in plan(aws, weaker, storage=described).plan.guards] == ["too-many-silos"]
        assert apply(plan(aws, weaker), aws.ports, Recorder()).complete
        assert plan(aws, weaker, storage=described).plan.guards == ()

    def test_leave_for_something_else_is_said_to_meet_nothing(self) -> None:
        aws = applied(lake(sales()))
        second = plan(aws, lake(sales()), "destroy=silo/sales/storage/RawBuckte", storage=RAW)
        assert {guard.code: guard.blocks for guard in second.plan.guards} == {
            "destroys-data": True,
            "unused-allowance": False,
        }

    def test_more_silos_than_the_organization_allows_need_leave(self) -> None:
        wanted = lake(sales(), finance(), guards=replace(small().organization.guards, max_silos_changed=1))
        aws = FakeAws(wanted)
        assert [guard.code for guard in plan(aws, wanted).plan.guards] == ["too-many-silos"]
        assert plan(aws, wanted, "too-many-silos").plan.guards == ()

    def test_a_unit_that_no_manifest_names_any_more_is_released_only_with_leave(self) -> None:
        aws = applied(small())
        wanted = lake(sales(), finance(), plant(), flows=[flow()], consumer_units=())
        second = plan(aws, wanted)
        assert verbs(second)["baseline/unit/Lake/Analytics"] is Verb.DELETE
        (guard,) = second.plan.guards
        assert (guard.code, guard.blocks) == ("releases-unit", True)
        assert plan(aws, wanted, guard.allow).plan.guards == ()

    def test_a_region_that_the_organization_no_longer_names_is_released_in_every_unit(self) -> None:
        aws = applied(lake(sales()))
        wanted = lake(sales(), regions=("eu-west-1",))
        second = plan(aws, wanted)
        assert verbs(second) == {
            f"baseline/unit/{unit}/eu-central-1": Verb.DELETE for unit in ("Lake/Analytics", "Lake/Silos")
        }
        leave = [guard.allow for guard in second.plan.guards if guard.blocks]
        assert len(leave) == 2
        assert apply(plan(aws, wanted, *leave), aws.ports, Recorder()).complete
        assert aws.stack_sets.set is not None
        assert set(aws.stack_sets.set.targets.values()) == {("eu-west-1",)}
        assert plan(aws, wanted).plan.changes == ()

    def test_a_unit_is_released_in_the_regions_that_it_was_deployed_in(self) -> None:
        aws = applied(lake(sales()))
        wanted = lake(sales(), consumer_units=(), regions=("eu-west-1",))
        leave = [guard.allow for guard in plan(aws, wanted).plan.guards]
        assert apply(plan(aws, wanted, *leave), aws.ports, Recorder()).complete
        assert aws.stack_sets.set is not None
        assert list(aws.stack_sets.set.targets.values()) == [("eu-west-1",)]


class TestMasters:
    @pytest.mark.parametrize("status", ["ROLLBACK_COMPLETE", "REVIEW_IN_PROGRESS"])
    def test_a_stack_that_was_never_born_is_created(self, status: str) -> None:
        aws = FakeAws(small())
        aws.stacks.stacks["eu-west-1"] = Stack(status, "", {"Resources": {}}, {}, {})
        first = plan(aws, small())
        assert verbs(first)["master/stack/CodeBucket"] is Verb.CREATE
        assert apply(first, aws.ports, Recorder()).complete

    @pytest.mark.parametrize("status", ["UPDATE_ROLLBACK_FAILED", "ROLLBACK_FAILED", "DELETE_FAILED"])
    def test_a_stack_that_is_stuck_is_blocked(self, status: str) -> None:
        aws = applied(small())
        aws.stacks.stacks["eu-west-1"] = replace(aws.stacks.stacks["eu-west-1"], status=status)
        second = plan(aws, small())
        assert verbs(second) == {"master/stack": Verb.BLOCKED}

    def test_an_operation_under_way_is_waited_for(self) -> None:
        aws = applied(small())
        aws.stacks.stacks["eu-west-1"] = replace(aws.stacks.stacks["eu-west-1"], status="UPDATE_IN_PROGRESS")
        second = plan(aws, small())
        assert second.plan.changes == ()
        assert "an apply waits for it" in second.plan.notes[0]
        apply(second, aws.ports, Recorder())
        assert plan(aws, small()).plan.notes == ()

    def test_a_changed_organization_fact_is_a_change_of_the_stacks_parameters(self) -> None:
        aws = applied(small())
        old = aws.stacks.stacks["eu-west-1"]
        aws.stacks.stacks["eu-west-1"] = replace(old, parameters={**old.parameters, "OrganizationId": "o-other"})
        second = plan(aws, small())
        assert verbs(second) == {"master/stack/(parameters)": Verb.UPDATE}
        assert isinstance(second.steps[0], WriteStack)
        apply(second, aws.ports, Recorder())
        assert plan(aws, small()).plan.changes == ()

    def test_a_template_changed_by_hand_is_put_back(self) -> None:
        aws = applied(small())
        old = aws.stacks.stacks["eu-west-1"]
        changed = json.loads(json.dumps(old.template).replace('"NoncurrentDays": 50', '"NoncurrentDays": 1'))
        aws.stacks.stacks["eu-west-1"] = replace(old, template=changed)
        second = plan(aws, small())
        (change,) = second.plan.changes
        (detail,) = change.details
        assert detail.path == "LifecycleConfiguration.Rules[old].NoncurrentVersionExpiration.NoncurrentDays"
        assert (detail.before, detail.after) == (1, 50)


class TestTags:
    """The Organization's reach the master's stacks, the baseline and every bundle, each told tag by tag."""

    PLACES = (
        "master/stack/(tags)",
        "master/stack/eu-central-1/(tags)",
        "baseline/template/(tags)",
        "silo/finance/bundle/(tags)",
        "silo/plant/bundle/(tags)",
        "silo/sales/bundle/(tags)",
    )

    def test_a_changed_tag_is_told_by_its_name_wherever_it_goes_and_is_there_after_an_apply(self) -> None:
        aws = applied(replace_tags(Team="data", Gone="soon"))
        wanted = replace_tags(Team="platform", New="tag")
        second = plan(aws, wanted)
        assert verbs(second) == dict.fromkeys(self.PLACES, Verb.UPDATE)
        told = {tuple((d.path, d.before, d.after) for d in change.details) for change in second.plan.changes}
        assert told == {(("Gone", "soon", None), ("New", None, "tag"), ("Team", "data", "platform"))}
        assert {change.source.path for change in second.plan.changes if change.source} == {"organizations/acme.yaml"}

        assert any("an administrator applies this" in note for note in second.plan.notes)

        assert apply(second, aws.ports, Recorder()).complete
        assert aws.stack_sets.set is not None
        for holder in (*aws.stacks.stacks.values(), aws.stack_sets.set):
            assert (holder.tags["Team"], holder.tags["New"], "Gone" in holder.tags) == ("platform", "tag", False)
        assert plan(aws, wanted).plan.changes == ()

    def test_a_tag_set_by_hand_is_taken_away_and_one_that_aws_keeps_for_itself_is_let_be(self) -> None:
        aws = applied(small())
        old = aws.stacks.stacks["eu-west-1"]
        aws.stacks.stacks["eu-west-1"] = replace(old, tags={**old.tags, "aws:x": "1", "By": "hand"})
        (change,) = plan(aws, small()).plan.changes
        assert [(d.path, d.before, d.after) for d in change.details] == [("By", "hand", None)]


def replace_tags(**tags: str) -> Lake:
    made = small()
    return replace(made, organization=replace(made.organization, tags=tags))


class TestBaseline:
    def test_a_set_that_does_not_deploy_by_itself_is_set_right(self) -> None:
        aws = applied(small())
        assert aws.stack_sets.set is not None
        aws.stack_sets.set = replace(aws.stack_sets.set, automatic=False)
        second = plan(aws, small())
        assert verbs(second) == {"baseline/template": Verb.UPDATE}
        apply(second, aws.ports, Recorder())
        assert plan(aws, small()).plan.changes == ()

    def test_a_failed_instance_is_tried_again(self) -> None:
        aws = applied(small())
        aws.stack_sets.fails[SALES] = "the role exists already"
        with_other = make_plan(small(), catalogue(baseline=BASELINE_2), aws.ports, Options())
        outcome = apply(with_other, aws.ports, Recorder())
        assert [address for address, _ in outcome.failed] == ["baseline/template"]

        aws.stack_sets.fails.clear()
        second = make_plan(small(), catalogue(baseline=BASELINE_2), aws.ports, Options())
        assert "the role exists already" in reason(second, f"baseline/account/{SALES}/eu-west-1")
        apply(second, aws.ports, Recorder())
        assert make_plan(small(), catalogue(baseline=BASELINE_2), aws.ports, Options()).plan.changes == ()

    def test_an_instance_that_no_operation_mends_is_blocked_and_its_silo_goes_on(self) -> None:
        aws = applied(small())
        found = aws.stack_sets.set
        assert found is not None
        lost = replace(found.instances[HERE], status="INOPERABLE", detail="INOPERABLE")
        aws.stack_sets.set = replace(found, instances={**found.instances, HERE: lost})
        second = plan(aws, lake(sales(), finance(), plant(), flows=[flow(schedule="rate(2 hours)")]))
        assert "stack retained" in reason(second, f"baseline/account/{SALES}/eu-west-1")
        assert apply(second, aws.ports, Recorder()).done == ("silo/sales/bundle",)

    def test_an_instance_that_failed_where_its_silo_is_is_seen_there(self) -> None:
        wanted = lake(sales(), finance())
        aws = applied(wanted)
        aws.stack_sets.fails[f"{FINANCE}/eu-central-1"] = "too many roles"
        apply(make_plan(wanted, catalogue(baseline=BASELINE_2), aws.ports, Options()), aws.ports, Recorder())
        second = make_plan(wanted, catalogue(baseline=BASELINE_2), aws.ports, Options())
        assert verbs(second) == {f"baseline/account/{FINANCE}/eu-central-1": Verb.UPDATE}

    def test_instances_are_listed_only_in_regions_that_have_silos(self) -> None:
        aws = applied(lake(sales()))
        aws.stack_sets.reads.clear()
        plan(aws, lake(sales()))
        assert aws.stack_sets.reads == ["eu-west-1"]

    def test_an_instance_that_meets_the_stack_of_an_earlier_stay_is_blocked_with_the_ways_out(self) -> None:
        aws = applied(small())
        found = aws.stack_sets.set
        assert found is not None
        why = "Resource lake-eu-west-1-codepipeline-rl already exists in stack arn:of:another"
        failed = replace(found.instances[HERE], status="OUTDATED", detail="FAILED", reason=why, unit="ou-lake-silos")
        aws.stack_sets.set = replace(found, instances={**found.instances, HERE: failed})
        second = plan(aws, small())
        assert verbs(second) == {f"baseline/account/{SALES}/eu-west-1": Verb.BLOCKED}
        assert second.steps == ()
        said = reason(second, f"baseline/account/{SALES}/eu-west-1")
        assert why in said
        assert "import-stacks-to-stack-set --stack-set-name lake-baseline" in said
        assert f"OrganizationalUnitIds=ou-lake-silos,Accounts={SALES},AccountFilterType=INTERSECTION" in said

    def test_an_instance_of_a_suspended_account_is_told_and_not_tried_again(self) -> None:
        aws = applied(small())
        found = aws.stack_sets.set
        assert found is not None
        skipped = replace(found.instances[HERE], status="OUTDATED", detail="SKIPPED_SUSPENDED_ACCOUNT")
        aws.stack_sets.set = replace(found, instances={**found.instances, HERE: skipped})
        second = plan(aws, small())
        assert (second.plan.changes, second.steps) == ((), ())
        assert "the account is suspended" in second.plan.notes[0]

    def test_an_instance_under_way_is_let_be(self) -> None:
        aws = applied(small())
        found = aws.stack_sets.set
        assert found is not None
        running = replace(found.instances[HERE], status="OUTDATED", detail="RUNNING")
        aws.stack_sets.set = replace(found, instances={**found.instances, HERE: running})
        assert plan(aws, small()).plan.changes == ()


BASELINE_2 = """
Resources:
  Enrolled:
    Type: AWS::SSM::Parameter
    Properties: {Name: /lake/enrolled, Type: String, Value: {{ code_prefix | yaml }}, Description: Who takes part}
"""


def test_columns_that_only_grow_are_no_break() -> None:
    aws = applied(small())
    grown = flow(holds=columns("order_id string!", "total int", "country string"))
    second = plan(aws, lake(sales(), finance(), plant(), flows=[grown]))
    assert [guard for guard in second.plan.guards if guard.code == "contract-broken"] == []
