"""What an apply did: done, failed with why, blocked with why, not tried because of which other."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from controller import __version__
from controller.plan.plan import Plan
from controller.plan.step import ROLLBACK, WAVE
from controller.report.plan_json import FORMAT_VERSION, plan_document
from controller.report.terminal import PLAIN, Color, Terminal
from controller.report.value import count, plain

Pairs = Sequence[tuple[str, str]]  # address and why


def outcome_text(
    done: Sequence[str], failed: Pairs, not_tried: Pairs, blocked: Pairs, terminal: Terminal = PLAIN
) -> str:
    """With a line end; what went wrong comes last, where it is seen."""
    if not (failed or not_tried or blocked):
        said = f"Apply complete: {count(len(done), 'steps')} done."
        return terminal.paint(said, Color.GREEN, Color.BOLD) + "\n"
    lines = [f"  {plain(one, terminal)} is done: it gets again what it ran before" for one in done if _back(one)]
    lines += [*_lines("was not tried: it waits for", not_tried, terminal), *_lines("is blocked:", blocked, terminal)]
    lines += [terminal.paint(line, Color.RED) for line in _lines("failed:", failed, terminal)]
    counted = [f"{len(done)} done", f"{len(failed)} failed", f"{len(not_tried)} not tried"]
    counted += [f"{len(blocked)} blocked"] if blocked else []
    lines.append(terminal.paint(f"Apply incomplete: {', '.join(counted)}.", Color.RED, Color.BOLD))
    stays = ": what is done stays done." if done and not any(map(_back, done)) else "."
    failed_wave = any(address.startswith(WAVE) for address, _ in failed)
    mend = "Mend what failed (siloctl status tells how), then run"
    first = "Mend what is blocked, then run" if blocked else mend if failed_wave else "Run"
    lines.append(f"{first} it again{stays}")
    return "\n".join(lines) + "\n"


def _back(address: str) -> bool:
    return address.endswith(ROLLBACK)


def _lines(what: str, pairs: Pairs, terminal: Terminal) -> Iterator[str]:
    for address, why in pairs:
        yield f"  {plain(address, terminal)} {what} {plain(why, terminal)}"


def outcome_json(plan: Plan, done: Sequence[str], failed: Pairs, not_tried: Pairs, blocked: Pairs) -> str:
    """`blocked` are also among `not_tried`, as they were before they had a list of their own."""
    document = {
        **_head(plan_document(plan)),
        "done": list(done),
        "failed": [{"address": address, "why": why} for address, why in failed],
        "not_tried": [{"address": address, "because": because} for address, because in (*not_tried, *blocked)],
        "blocked": [{"address": address, "because": because} for address, because in blocked],
    }
    return json.dumps(document, indent=2, default=str) + "\n"


def no_outcome_json(plan: Plan | None, why: str, hint: str) -> str:
    """What a reader of JSON gets of an apply that ended before its first step: the plan, where there is one."""
    document = {
        **_head(plan_document(plan) if plan else None),
        "error": {"message": why, "hint": hint},
        "done": [],
        "failed": [],
        "not_tried": [],
        "blocked": [],
    }
    return json.dumps(document, indent=2, default=str) + "\n"


def _head(plan: dict[str, Any] | None) -> dict[str, Any]:
    return {"format_version": FORMAT_VERSION, "tool_version": __version__, "plan": plan}
