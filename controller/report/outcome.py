"""What an apply did: done, failed with why, not tried because of which other."""

from __future__ import annotations

import json
from collections.abc import Sequence

from controller import __version__
from controller.plan.plan import Plan
from controller.report.plan_json import FORMAT_VERSION, plan_document
from controller.report.terminal import PLAIN, Color, Terminal
from controller.report.value import count, plain

Pairs = Sequence[tuple[str, str]]  # address and why


def outcome_text(done: Sequence[str], failed: Pairs, not_tried: Pairs, terminal: Terminal = PLAIN) -> str:
    """With a line end; what went wrong comes last, where it is seen."""
    lines = [
        f"  {plain(address, terminal)} was not tried: {plain(because, terminal)}" for address, because in not_tried
    ]
    lines += [
        terminal.paint(f"  {plain(address, terminal)} failed: {plain(why, terminal)}", Color.RED)
        for address, why in failed
    ]
    if not failed and not not_tried:
        lines.append(terminal.paint(f"Apply complete: {count(len(done), 'steps')} done.", Color.GREEN, Color.BOLD))
    else:
        summary = f"Apply incomplete: {len(done)} done, {len(failed)} failed, {len(not_tried)} not tried."
        lines += [terminal.paint(summary, Color.RED, Color.BOLD), "Run it again: what is done stays done."]
    return "\n".join(lines) + "\n"


def outcome_json(plan: Plan, done: Sequence[str], failed: Pairs, not_tried: Pairs) -> str:
    document = {
        "format_version": FORMAT_VERSION,
        "tool_version": __version__,
        "plan": plan_document(plan),
        "done": list(done),
        "failed": [{"address": address, "why": why} for address, why in failed],
        "not_tried": [{"address": address, "because": because} for address, because in not_tried],
    }
    return json.dumps(document, indent=2, default=str) + "\n"
