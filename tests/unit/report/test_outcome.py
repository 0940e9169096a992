from __future__ import annotations

import json

from controller.plan.plan import Plan
from controller.report.outcome import outcome_json, outcome_text

FAILED = (("silo/sales/bundle", "AccessDenied\x1b[2J"),)
NOT_TRIED = (("silo/finance/bundle", "baseline/units"),)


def test_a_complete_apply_is_one_line() -> None:
    assert outcome_text(("a", "b"), (), ()) == "Apply complete: 2 steps done.\n"


def test_what_went_wrong_is_told_with_why_and_what_to_do() -> None:
    lines = outcome_text(("a",), FAILED, NOT_TRIED).splitlines()
    assert lines == [
        "  silo/finance/bundle was not tried: baseline/units",
        "  silo/sales/bundle failed: AccessDenied\\x1b[2J",
        "Apply incomplete: 1 done, 1 failed, 1 not tried.",
        "Run it again: what is done stays done.",
    ]


def test_json_has_the_plan_and_each_step() -> None:
    document = json.loads(outcome_json(Plan((), (), (), {}), ("a",), FAILED, NOT_TRIED))
    assert document["plan"]["summary"] == {"add": 0, "change": 0, "destroy": 0, "blocked": 0}
    assert document["done"] == ["a"]
    assert document["not_tried"] == [{"address": "silo/finance/bundle", "because": "baseline/units"}]
