"""Guards: whom they stop, what lifts them, and what a plan counts."""

from __future__ import annotations

import pytest

from controller.diff.change import Change, Verb
from controller.diff.contract import Difference, Verdict
from controller.kinds.organization import Guards
from controller.plan.guard import contract_broken, destroys_data, too_many_silos, unused
from controller.plan.plan import Guard, Plan

LOST = Change("silo/sales/storage/RawBucket", "AWS::S3::Bucket", Verb.DELETE, "gone", destroys_data=True)
KEPT = Change("silo/sales/storage/LogsBucket", "AWS::S3::Bucket", Verb.DELETE, "gone", retained=True)
STRICT, LAX = Guards(2, True), Guards(2, False)


def test_only_what_destroys_data_is_guarded() -> None:
    (guard,) = destroys_data([LOST, KEPT], STRICT, (), ())
    assert (guard.address, guard.allow, guard.blocks) == (LOST.address, f"destroy={LOST.address}", True)


def test_what_stays_behind_in_what_is_replaced_is_guarded_too() -> None:
    left = Change("silo/sales/storage/RawBucket", "AWS::S3::Bucket", Verb.REPLACE, "", (), None, True, retained=True)
    (guard,) = destroys_data([left], STRICT, (), ())
    assert guard.blocks
    assert guard.message == f"{left.address} (AWS::S3::Bucket) holds data, which would stay behind in the old one"


@pytest.mark.parametrize(
    ("allowed", "granted"),
    [(("destroy=silo/sales/storage/RawBucket",), ()), ((), ("silo/sales/storage/RawBucket",))],
    ids=["on the command line", "in the manifest"],
)
def test_leave_for_its_address_lifts_it(allowed: tuple[str, ...], granted: tuple[str, ...]) -> None:
    assert list(destroys_data([LOST], STRICT, allowed, granted)) == []


@pytest.mark.parametrize("word", ["destroy=silo/sales/storage", "destroy=*", "silo/sales/storage/RawBucket"])
def test_leave_for_something_else_does_not(word: str) -> None:
    assert len(list(destroys_data([LOST], STRICT, (word,), ()))) == 1


def test_an_organization_may_make_it_a_warning() -> None:
    (guard,) = destroys_data([LOST], LAX, (), ())
    assert not guard.blocks


@pytest.mark.parametrize(("changed", "count"), [(2, 0), (3, 1)])
def test_more_silos_than_allowed_block(changed: int, count: int) -> None:
    assert len(list(too_many_silos(changed, STRICT, ()))) == count
    assert list(too_many_silos(changed, STRICT, ("too-many-silos",))) == []


def test_leave_that_meets_nothing_is_said_so() -> None:
    words = ("destroy=silo/sales/storage/RawBucket", "contract=silo/sales/flow/orders", "too-many-silos", "destroy=x/y")
    assert [guard.message for guard in unused(words, [LOST])] == [
        "--allow contract=silo/sales/flow/orders meets no change of this plan",
        "--allow destroy=x/y meets no change of this plan",
    ]


def test_a_broken_contract_names_its_readers_and_its_worst() -> None:
    found = [Difference("column a goes", Verdict.BREAKING), Difference("the key changes", Verdict.BACKFILL)]
    (guard,) = contract_broken("silo/sales/flow/orders", "full", found, ["target redshift", "share/x"])
    assert guard.message == (
        "silo/sales/flow/orders (read by target redshift, share/x): column a goes; the key changes: breaking "
        "for a contract whose compatibility is full"
    )


def test_a_summary_counts_a_replacement_twice_and_a_blocking_guard_as_blocked() -> None:
    verbs = [Verb.CREATE, Verb.UPDATE, Verb.REPLACE, Verb.DELETE, Verb.BLOCKED]
    changes = tuple(Change(f"a/{verb.name}", "account", verb, "why") for verb in verbs)
    plan = Plan(changes, (Guard("x", "stop", True), Guard("y", "mind", False)), (), {})
    found = plan.summary
    assert (found.add, found.change, found.destroy, found.blocked) == (2, 1, 2, 2)
    assert plan.blocked
    assert not plan.empty
