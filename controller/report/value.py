"""Values and foreign text, made safe to show: quoted, on one line, without control characters, not endless.

AWS's messages and manifests' values come from elsewhere: what they hold must not move the cursor, colour the
screen or turn the reading direction (ANSI sequences; Unicode's bidirectional controls).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

from controller.diff.change import Later
from controller.model.ownership import CONSUMER
from controller.report.terminal import Terminal

SHOWN_MAX = 72  # characters of one value on a line; the JSON form has them all
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")


def _escape(found: re.Match[str]) -> str:
    code = ord(found.group())
    return f"\\u{code:04x}" if code > 0xFF else f"\\x{code:02x}"


def plain(text: str, terminal: Terminal) -> str:
    """Foreign text on one line; line breaks become spaces."""
    safe = _UNSAFE.sub(_escape, " ".join(text.split()))
    return safe if terminal.unicode else safe.encode("ascii", "backslashreplace").decode()


def text_of(value: Any, terminal: Terminal) -> str:
    """A value in full, as JSON on one line; None stands for "not there"."""
    if value is None:
        return "(not set)"
    if isinstance(value, Later):
        return str(value)
    spaced = json.dumps(value, ensure_ascii=not terminal.unicode, sort_keys=True, default=str)
    return _UNSAFE.sub(_escape, spaced)


def shown(value: Any, terminal: Terminal, limit: int = SHOWN_MAX) -> str:
    return _cut(text_of(value, terminal), 0, limit, terminal)


def difference(before: Any, after: Any, terminal: Terminal, limit: int = SHOWN_MAX) -> str:
    """`before -> after`; of long values the part around the first difference, or two prefixes would look the same."""
    old, new = text_of(before, terminal), text_of(after, terminal)
    same = next((i for i, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))
    start = max(0, same - limit // 3) if max(len(old), len(new)) > limit else 0
    return f"{_cut(old, start, limit, terminal)} -> {_cut(new, start, limit, terminal)}"


def _cut(text: str, start: int, limit: int, terminal: Terminal) -> str:
    if len(text) <= limit:
        return text
    start = min(start, len(text) - limit // 2)
    head = terminal.ellipsis if start else ""
    tail = terminal.ellipsis if start + limit < len(text) else ""
    return head + text[start : start + limit] + tail


def members(keys: Iterable[str]) -> str:
    """`4 silos and 1 consumer`, of the keys that a lake has for them."""
    told = list(keys)
    consumers = sum(key.startswith(CONSUMER) for key in told)
    kinds = ((len(told) - consumers, "silos"), (consumers, "consumers"))
    return " and ".join(count(number, noun) for number, noun in kinds if number) or count(0, "silos")


def count(number: int, noun: str) -> str:
    """`1 silo`, `4 silos`; the noun comes as plural or singular."""
    singular = noun[:-3] + "y" if noun.endswith("ies") else noun.removesuffix("s")
    plural = singular[:-1] + "ies" if singular.endswith("y") else singular + "s"
    return f"{number:,} {singular if number == 1 else plural}"
