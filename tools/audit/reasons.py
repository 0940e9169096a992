"""Reasons to accept what a checker finds: comments inside the resource that it finds."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

ACCEPTED = re.compile(r"^(?P<indent> *)# accepted (?P<check>[A-Z][A-Z0-9_]+): (?P<why>\S.*?)(?: @(?P<place>\S+:\d+))?$")


@dataclass(frozen=True, slots=True)
class Reason:
    check: str
    why: str
    place: str  # file and line of the comment


class Misplaced(Exception):
    """A reason that stands in no resource."""


def numbered(path: str, content: bytes) -> bytes:
    """A blueprint's file in which each reason also says where it stands; nothing else of it changes."""
    if not path.endswith(".j2"):
        return content
    lines = content.decode().split("\n")
    return "\n".join(
        f"{line} @{path}:{n}" if ACCEPTED.match(line) else line for n, line in enumerate(lines, 1)
    ).encode()


def written(files: Mapping[str, bytes]) -> tuple[Reason, ...]:
    """Every reason that stands in a blueprint, rendered or not."""
    texts = (numbered(path, files[path]).decode() for path in sorted(files) if path.endswith(".j2"))
    return tuple(reason for text in texts for _, _, reason in _found(text))


def beside(text: str) -> dict[str, tuple[Reason, ...]]:
    """By logical id, the reasons inside each resource of a rendered template."""
    begins = tuple(_resources(text))
    made: dict[str, tuple[Reason, ...]] = {}
    for line, indent, reason in _found(text):
        holder = next(((name, column) for name, first, column, last in begins if first < line < last), None)
        if holder is None or indent <= holder[1]:
            raise Misplaced(f"{reason.place}: the reason for {reason.check} stands in no resource: move it into one")
        made[holder[0]] = (*made.get(holder[0], ()), reason)
    return made


def _found(text: str) -> Iterator[tuple[int, int, Reason]]:
    """Line, indentation, reason."""
    for number, line in enumerate(text.split("\n")):
        if match := ACCEPTED.match(line):
            yield number, len(match["indent"]), Reason(match["check"], match["why"], match["place"] or "")


def _resources(text: str) -> Iterator[tuple[str, int, int, int]]:
    """Logical id, its line and column, and the line where the next thing begins."""
    root: Any = yaml.compose(text, Loader=yaml.SafeLoader)
    found = next(value for key, value in root.value if key.value == "Resources")
    lines = text.count("\n") + 1
    after = [key.start_mark.line for key, _ in root.value if key.start_mark.line > found.start_mark.line] or [lines]
    ends = [*(key.start_mark.line for key, _ in found.value[1:]), after[0]]
    for (key, _), end in zip(found.value, ends, strict=True):
        yield key.value, key.start_mark.line, key.start_mark.column, end
