from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from controller.plan.plan import Plan
from controller.report.outcome import no_outcome_json, outcome_json, outcome_text

FAILED = (("silo/sales/bundle", "AccessDenied\x1b[2J"),)
NOT_TRIED = (("silo/finance/bundle", "baseline/units"),)
BLOCKED = (("account/plant", "account 200000000002 is SUSPENDED"),)
EMPTY = Plan((), (), (), {})
SCHEMAS = {
    name: json.loads((Path(__file__).parents[3] / "schemas" / name).read_text())
    for name in ("apply.schema.json", "plan.schema.json")
}


def document_of(text: str) -> Any:
    """What programs read, fit for its schema."""
    found = json.loads(text)
    registry: Any = Registry().with_resources((name, Resource.from_contents(one)) for name, one in SCHEMAS.items())
    Draft202012Validator(SCHEMAS["apply.schema.json"], registry=registry).validate(found)
    return found


def test_a_complete_apply_is_one_line() -> None:
    assert outcome_text(("a", "b"), (), (), ()) == "Apply complete: 2 steps done.\n"


def test_what_went_wrong_is_told_with_why_and_what_to_do() -> None:
    lines = outcome_text(("a",), FAILED, NOT_TRIED, ()).splitlines()
    assert lines == [
        "  silo/finance/bundle was not tried: it waits for baseline/units",
        "  silo/sales/bundle failed: AccessDenied\\x1b[2J",
        "Apply incomplete: 1 done, 1 failed, 1 not tried.",
        "Run it again: what is done stays done.",
    ]


def test_a_wave_that_failed_and_what_was_rolled_back_are_told() -> None:
    done = ("silo/sales/bundle", "silo/sales/rollback")
    failed = (("wave/canary", "silo/sales is OutOfSync, Degraded"),)
    assert outcome_text(done, failed, (("silo/finance/bundle", "wave/canary"),), ()).splitlines() == [
        "  silo/sales/rollback is done: it gets again what it ran before",
        "  silo/finance/bundle was not tried: it waits for wave/canary",
        "  wave/canary failed: silo/sales is OutOfSync, Degraded",
        "Apply incomplete: 2 done, 1 failed, 1 not tried.",
        "Mend what failed (siloctl status tells how), then run it again.",
    ]


def test_what_is_blocked_is_counted_by_itself_and_is_to_be_mended_before_another_run_helps() -> None:
    assert outcome_text((), (), (), BLOCKED).splitlines() == [
        "  account/plant is blocked: account 200000000002 is SUSPENDED",
        "Apply incomplete: 0 done, 0 failed, 0 not tried, 1 blocked.",
        "Mend what is blocked, then run it again.",
    ]


def test_json_has_the_plan_and_each_step() -> None:
    document = document_of(outcome_json(EMPTY, ("a",), FAILED, NOT_TRIED, BLOCKED))
    assert document["plan"]["summary"] == {"add": 0, "change": 0, "destroy": 0, "blocked": 0}
    assert document["done"] == ["a"]
    assert [one["address"] for one in document["not_tried"]] == ["silo/finance/bundle", "account/plant"]
    assert document["blocked"] == [{"address": "account/plant", "because": "account 200000000002 is SUSPENDED"}]


def test_an_apply_that_never_began_is_a_document_of_the_same_shape_with_the_reason() -> None:
    document = document_of(no_outcome_json(EMPTY, "a guard stops it", "--allow too-many-silos"))
    assert document["error"] == {"message": "a guard stops it", "hint": "--allow too-many-silos"}
    assert document["plan"]["guards"] == []
    assert document_of(no_outcome_json(None, "no credentials", ""))["plan"] is None
    ended = document_of(outcome_json(EMPTY, (), (), (), ()))
    assert set(document) - {"error"} == set(ended)
