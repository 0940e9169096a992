"""Partners' credentials as people and programs read them. No secret is known here."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from controller import __version__
from controller.model.credential import WELL, Ended, Held
from controller.report.terminal import PLAIN, Color, Terminal
from controller.report.value import count, plain

FORMAT_VERSION = "1.1"  # major.minor: readers must tolerate fields that a newer minor adds
HEADINGS = ("PARTNER", "SILO", "PREFIX", "BY", "STATE", "EXPIRES", "KEY AGE", "LAST USED", "IN GIT")


def partners_text(
    found: Sequence[Held], today: date, terminal: Terminal = PLAIN, unread: Mapping[str, str] | None = None
) -> str:
    """A table with a line end, and below each row why it is not well."""
    rows = [tuple(plain(cell, terminal) for cell in _row(one, today)) for one in found]
    widths = [max(len(row[column]) for row in [HEADINGS, *rows]) for column in range(len(HEADINGS))]
    lines = [terminal.paint(_join(HEADINGS, widths), Color.BOLD)]
    for one, row in zip(found, rows, strict=True):
        lines += [_join(row, widths), *_why(one, terminal)]
    bad = sum(one.state not in WELL for one in found)
    gaps = [plain(f"silo {silo} could not be read: {why}", terminal) for silo, why in sorted((unread or {}).items())]
    end = f"{bad} to look at." if bad else "not all could be read." if gaps else "all well."
    return "\n".join([*lines, "", *gaps, f"{count(len(found), 'credentials')}, {end}"]) + "\n"


def partner_text(found: Sequence[Held], today: date, terminal: Terminal = PLAIN) -> str:
    """All that is known of one partner, silo by silo, with each of its keys."""
    lines = []
    for one in found:
        lines.append(terminal.paint(f"{one.partner} in silo {one.silo}: {one.state}", Color.BOLD))
        lines += _why(one, terminal)
        lines.append(f"    prefix   {plain(one.prefix, terminal)}/")
        lines.append(f"    by       {plain(', '.join(one.protocols), terminal)}")
        lines.append(f"    expires  {plain(one.expires, terminal)}")
        for key in one.keys:
            state = "active" if key.active else "inactive"
            age = f"{(today - key.created).days} days old"
            lines.append(f"    key      {key.id}, {state}, {age}, last used {key.last_used or 'never'}")
    return "\n".join(lines) + "\n"


def partners_json(found: Sequence[Held], unread: Mapping[str, str]) -> str:
    """One JSON document with a line end; `unread` says why a silo's could not be read."""
    document = {
        "format_version": FORMAT_VERSION,
        "tool_version": __version__,
        "good": not unread and all(one.state in WELL for one in found),
        "unread": dict(unread),
        "credentials": [_credential(one) for one in found],
    }
    return json.dumps(document, indent=2) + "\n"


def ended_text(ended: Sequence[Ended]) -> str:
    lines = []
    for one in ended:
        said = "inactive" if one.inactive else "NOT known to be inactive"
        lines.append(f"{one.held.partner} in silo {one.held.silo}: key {one.key} is {said}")
    return "".join(f"{line}\n" for line in lines)


def _credential(one: Held) -> dict[str, Any]:
    return {
        "partner": one.partner,
        "silo": one.silo,
        "account": one.place.account if one.place else None,
        "state": one.state.value,
        "why": one.why,
        "prefix": one.prefix,
        "protocols": list(one.protocols),
        "expires": one.expires or None,
        "in_git": one.source is not None,
        "source": {"file": one.source.path, "line": one.source.line} if one.source else None,
        "keys": [
            {
                "id": key.id,
                "active": key.active,
                "created": str(key.created),
                "last_used": key.last_used or None,
            }
            for key in one.keys
        ],
    }


def _why(one: Held, terminal: Terminal) -> list[str]:
    place = f"  ({one.source.path}:{one.source.line})" if one.source else ""
    return [f"    {plain(one.why, terminal)}{place}"] if one.why else []


def _row(one: Held, today: date) -> tuple[str, ...]:
    newest = one.keys[-1] if one.keys else None
    age = f"{(today - newest.created).days} d" if newest else "-"
    used = max((key.last_used for key in one.keys), default="")
    in_git = "yes" if one.source else "no"
    by = ",".join(one.protocols) or "-"
    return (one.partner, one.silo, one.prefix or "-", by, one.state, one.expires or "-", age, used or "never", in_git)


def _join(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()
