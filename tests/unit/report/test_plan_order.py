"""What of a plan a reader sees first, and what is only counted."""

from __future__ import annotations

from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st

from controller.diff.change import Change, Detail, Verb
from controller.plan.plan import Guard, Plan
from controller.report.plan_order import Alike, Rest, laid_out
from controller.report.plan_text import plan_text
from controller.report.terminal import Terminal

BUCKET, ROLE, ALARM = "AWS::S3::Bucket", "AWS::IAM::Role", "AWS::CloudWatch::Alarm"


def change(address: str, verb: Verb, type: str = ALARM, *details: Detail, **flags: bool) -> Change:
    return Change(address, type, verb, "", details, **flags)


def shown(changes: Iterable[Change], everything: bool = False) -> list[str]:
    said = []
    for part in laid_out(list(changes), everything):
        match part:
            case Change(address=address):
                said.append(address)
            case Rest(owner, number, data, access):
                said.append(f"{owner} +{number} data {data} access {access}")
            case Alike(number):
                said.append(f"alike {number}")
    return said


def test_what_loses_data_comes_first_then_what_else_goes_wherever_it_is() -> None:
    found = shown(
        [
            change("account/a", Verb.CREATE, "account"),
            change("silo/a/flow/x/Alarm", Verb.DELETE),
            change("silo/a/flow/x/Kept", Verb.DELETE, BUCKET, retained=True),
            change("silo/b/storage/Bucket", Verb.REPLACE, BUCKET, destroys_data=True),
        ]
    )
    assert found == ["silo/b/storage/Bucket", "silo/a/flow/x/Alarm", "account/a", "silo/a/flow/x/Kept"]


def test_nothing_that_goes_or_is_blocked_is_folded() -> None:
    many = [change(f"silo/a/x/{verb}{n}", verb) for verb in (Verb.DELETE, Verb.REPLACE, Verb.BLOCKED) for n in range(9)]
    kept = [change(f"silo/a/x/kept{n}", Verb.DELETE, retained=True) for n in range(9)]
    assert sorted(shown([*many, *kept])) == sorted(one.address for one in (*many, *kept))


def test_of_many_creations_the_data_and_the_access_are_shown_and_the_rest_is_told_by_what_it_holds() -> None:
    alarms = [change(f"silo/a/x/Alarm{n}", Verb.CREATE) for n in range(5)]
    alarms.append(change("silo/a/x/Log", Verb.CREATE, "AWS::Logs::LogGroup"))
    telling = [change("silo/a/x/Role", Verb.CREATE, ROLE), change("silo/a/x/Bucket", Verb.CREATE, BUCKET)]
    found = shown([*alarms, *telling, change("silo/a/x/Changed", Verb.UPDATE)])
    assert found == [
        "silo/a/x/Changed",
        "silo/a/x/Bucket",
        "silo/a/x/Role",
        "silo/a/x/Alarm0",
        "silo/a +5 data 0 access 0",
    ]


def test_one_edit_of_a_blueprint_is_told_once_for_all_silos() -> None:
    edit = Detail("Timeout", 10, 20)
    same = [change(f"{place}/flow/x/Job", Verb.UPDATE, ALARM, edit) for place in ("silo/a", "silo/b", "consumer/c")]
    other = change("silo/d/flow/x/Job", Verb.UPDATE, ALARM, Detail("Timeout", 10, 30))
    assert shown([*same, other]) == ["silo/a/flow/x/Job", "alike 2", "silo/d/flow/x/Job"]
    assert shown([*same, other], everything=True) == [one.address for one in (*same, other)]


changes = st.lists(
    st.builds(
        lambda place, name, verb, kind, kept, value: Change(
            f"{place}/{name}", kind, verb, "", (Detail("A", None, value),), retained=kept and verb is Verb.DELETE
        ),
        st.sampled_from(["silo/a/x", "silo/b/x", "consumer/c/x", "account", "master/stack"]),
        st.sampled_from("ABCDEFGHIJ"),
        st.sampled_from(list(Verb)),
        st.sampled_from([BUCKET, ROLE, ALARM]),
        st.booleans(),
        st.integers(1, 2),
    ),
    unique_by=lambda one: one.address,
    max_size=30,
)


@given(changes)
def test_every_change_is_shown_or_counted_exactly_once(found: list[Change]) -> None:
    parts = list(laid_out(found))
    told = [part for part in parts if isinstance(part, Change)]
    assert len({one.address for one in told}) == len(told)
    counted = sum(part.number for part in parts if not isinstance(part, Change))
    assert len(told) + counted == len(found)
    assert sorted(one.address for one in laid_out(found, everything=True) if isinstance(one, Change)) == sorted(
        one.address for one in found
    )


@given(st.integers(60, 130), st.text("abc def-/", max_size=300))
def test_what_a_guard_says_keeps_to_the_readers_width(width: int, text: str) -> None:
    guard = Guard("destroys-data", f"silo/a: {text}", True, "silo/a", "destroy=silo/a")
    lines = plan_text(Plan((), (guard,), (text,), {}), Terminal(width=width)).splitlines()
    assert all(len(line) <= width or " " not in line.strip() for line in lines if "--allow" not in line)
    assert "  if that is meant, pass --allow destroy=silo/a" in lines
