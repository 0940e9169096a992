"""A plan as programs read it: `schemas/plan.schema.json` is the contract; new fields come with a new minor version."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from controller import __version__
from controller.diff.change import ACTIONS, Change, Detail
from controller.diff.drift import DriftReport, Finding
from controller.model.source import Source
from controller.plan.plan import Guard, Order, Plan, as_json_value

FORMAT_VERSION = "1.2"  # major.minor: readers must tolerate fields that a newer minor adds


def plan_json(plan: Plan) -> str:
    """One JSON document with a line end."""
    return _text(plan_document(plan))


def plan_document(plan: Plan) -> dict[str, Any]:
    """`applyable` as the plan stands, `complete` when nothing was unreadable."""
    return {
        "format_version": FORMAT_VERSION,
        "tool_version": __version__,
        "applyable": not plan.blocked and not plan.empty,
        "complete": not any("blocked" in ACTIONS[change.verb] for change in plan.changes),
        "errored": False,
        "summary": asdict(plan.summary),
        "changes": [_change(change) for change in plan.changes],
        "drift": [_finding(finding) for finding in plan.drift],
        "guards": [_guard(guard) for guard in plan.guards],
        "rollout": _order(plan.order) if plan.order else None,
        "notes": list(plan.notes),
        "compared": dict(plan.compared),
        "fingerprints": dict(plan.fingerprints),
    }


def failed_plan_json(why: str, hint: str) -> str:
    """What a reader of JSON gets when no plan could be made."""
    return _text(
        {
            "format_version": FORMAT_VERSION,
            "tool_version": __version__,
            "applyable": False,
            "complete": False,
            "errored": True,
            "error": {"message": why, "hint": hint},
            "summary": {"add": 0, "change": 0, "destroy": 0, "blocked": 0},
            "changes": [],
            "drift": [],
            "guards": [],
            "rollout": None,
            "notes": [],
            "compared": {},
            "fingerprints": {},
        }
    )


def drift_json(report: DriftReport) -> str:
    """The drift list in the shape that a plan has it too."""
    return _text(
        {
            "format_version": FORMAT_VERSION,
            "tool_version": __version__,
            "complete": not report.unreadable,
            "drift": [_finding(finding) for finding in report.findings],
            "vended": [{**_finding(finding), "manifest": finding.manifest} for finding in report.vended],
            "unreadable": [{"address": address, "why": why} for address, why in report.unreadable.items()],
            "unpublished": list(report.unpublished),
            "withheld": list(report.withheld),
            "compared": dict(report.compared),
        }
    )


def _change(change: Change) -> dict[str, Any]:
    return {
        "address": change.address,
        "type": change.type,
        "actions": list(ACTIONS[change.verb]),
        "reason": change.reason,
        "before": _side(change.details, after=False),
        "after": _side(change.details, after=True),
        "replace_paths": [detail.path for detail in change.details if detail.replaces],
        "positions": {detail.path: detail.at for detail in change.details if detail.at is not None},
        "destroys_data": change.destroys_data,
        "retained": change.retained,
        "source": _source(change.source),
    }


def _side(details: Iterable[Detail], after: bool) -> dict[str, Any] | None:
    """Only the properties that differ; None where the thing has none of them on this side."""
    values = {detail.path: detail.after if after else detail.before for detail in details}
    return {path: as_json_value(value) for path, value in values.items() if value is not None} or None


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "address": finding.address,
        "type": finding.type,
        "class": finding.kind.value,
        "message": finding.message,
        "expected": _side(finding.details, after=False),
        "actual": _side(finding.details, after=True),
        "since": finding.since or None,
        "reassert": finding.reassert,
        "accept": finding.accept,
        "source": _source(finding.source),
    }


def _guard(guard: Guard) -> dict[str, Any]:
    return {
        "code": guard.code,
        "message": guard.message,
        "blocks": guard.blocks,
        "address": guard.address or None,
        "allow": guard.allow or None,
    }


def _order(order: Order) -> dict[str, Any]:
    return {
        "bake_seconds": order.bake_seconds,
        "on_failure": order.on_failure,
        "waves": [
            {"name": turn.wave, "publishes": list(turn.publishes), "awaits": list(turn.awaits)} for turn in order.turns
        ],
    }


def _source(source: Source | None) -> dict[str, Any] | None:
    return {"file": source.path, "line": source.line} if source else None


def _text(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=2, sort_keys=False, ensure_ascii=True, default=str) + "\n"
