"""What a CI job may rely on."""

from __future__ import annotations

import pytest

from controller.cli.commands import apply, plan
from controller.cli.exit import Exit
from controller.diff.change import Change, Verb
from controller.engine.apply import Outcome
from controller.plan.plan import Guard, Plan

UPDATE = Change("silo/sales/x", "AWS::X::Y", Verb.UPDATE, "")
UNREAD = Change("silo/sales/x", "AWS::X::Y", Verb.BLOCKED, "could not be read")
STOP = Guard("destroys-data", "no", blocks=True)
WARN = Guard("expires-soon", "soon", blocks=False)
WHY = (("a", "because"),)


@pytest.mark.parametrize(
    ("changes", "guards", "detailed", "status"),
    [
        ((), (), True, Exit.OK),
        ((UPDATE,), (), False, Exit.OK),
        ((UPDATE,), (WARN,), True, Exit.CHANGES),
        ((UPDATE,), (STOP,), True, Exit.BLOCKED),
        ((UPDATE, UNREAD), (), False, Exit.BLOCKED),
    ],
)
def test_a_plan_exits_by_what_is_in_it(
    changes: tuple[Change, ...], guards: tuple[Guard, ...], detailed: bool, status: Exit
) -> None:
    assert plan.exit_of(Plan(changes, guards, (), {}), detailed) is status


@pytest.mark.parametrize(
    ("outcome", "status"),
    [
        (Outcome(("a",), (), (), ()), Exit.OK),
        (Outcome((), (), (), ()), Exit.OK),
        (Outcome(("a",), WHY, (), ()), Exit.PARTLY),
        (Outcome(("a",), (), (), WHY), Exit.PARTLY),
        (Outcome((), WHY, WHY, ()), Exit.ERROR),
        (Outcome((), (), (), WHY), Exit.BLOCKED),
    ],
)
def test_an_apply_exits_by_what_became_of_it(outcome: Outcome, status: Exit) -> None:
    assert apply.exit_of(outcome) is status
