"""Two values in, the fewest edits out that a person would name: what of it is new, gone, another, or elsewhere.

    Tags[Team].Value                  of a list whose items have a name of their own, the item that is called Team
    Columns[total].(position)         it stands elsewhere in its list; before and after are places, counted from 0
    Action[2]                         of any other list the place: what is gone by where it was, all else by where it is
    DefinitionString.(json).States    of a text that is JSON on both sides, what differs in what it says

So whoever takes out what is gone, puts in what is new in the order of the places, and then sets what is another has
the second value: a test does just that.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

# By which of their properties the items of a list are told apart, where all have it and no two have it alike.
KEYS = ("Sid", "Id", "Key", "Name", "PolicyName", "AttributeName", "IndexName", "ParameterKey")
COMPARED = 1_000_000  # pairs of items; of two longer lists the middle is told as gone and new
_QUOTED = re.compile(r'[.()\[\]"]|^\d*$')


@dataclass(frozen=True, slots=True)
class Edit:
    """None stands for not there."""

    path: str
    pointer: str  # the path as a resource type's schema has it: /Tags/*/Value
    before: Any
    after: Any
    at: int | None = None  # where in its list a named item goes that is new, unless it is the end


@dataclass(frozen=True, slots=True)
class _Place:
    path: str = ""
    pointer: str = ""

    def name(self, name: str) -> _Place:
        step = f"[{json.dumps(name)}]" if _QUOTED.search(name) else f".{name}" if self.path else name
        return _Place(self.path + step, f"{self.pointer}/{name}")

    def item(self, label: str) -> _Place:
        return _Place(f"{self.path}[{json.dumps(label) if _QUOTED.search(label) else label}]", f"{self.pointer}/*")

    def index(self, number: int) -> _Place:
        return _Place(f"{self.path}[{number}]", f"{self.pointer}/*")

    def inside(self) -> _Place:
        return _Place(f"{self.path}.(json)", self.pointer)

    def edit(self, before: Any, after: Any, at: int | None = None) -> Edit:
        return Edit(self.path, self.pointer, before, after, at)


def edits(before: Any, after: Any) -> list[Edit]:
    """In the order of the properties' names, and of a list in the order of its items."""
    return list(_walk(_Place(), before, after))


def _walk(place: _Place, before: Any, after: Any) -> Iterator[Edit]:
    if before == after:
        return
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for name in sorted({*before, *after}):
            if name in before and name in after:
                yield from _walk(place.name(name), before[name], after[name])
            else:
                yield place.name(name).edit(before.get(name), after.get(name))
    elif isinstance(before, list) and isinstance(after, list):
        key = _key([*before, *after], before, after)
        yield from _named(place, before, after, key) if key else _places(place, before, after)
    elif (old := _document(before)) is not None and (new := _document(after)) is not None and old != new:
        yield from _walk(place.inside(), old, new)
    else:
        yield place.edit(before, after)


def _document(value: Any) -> Any:
    """What a text says that is a JSON mapping or list; None for any other value."""
    if not isinstance(value, str) or not value.startswith(("{", "[")):
        return None
    try:
        return json.loads(value)
    except ValueError:
        return None


def _key(items: Sequence[Any], *lists: Sequence[Any]) -> str:
    if not all(isinstance(item, Mapping) for item in items):
        return ""
    shared = (key for key in KEYS if all(isinstance(item.get(key), str) for item in items))
    return next((key for key in shared if all(len({i[key] for i in one}) == len(one) for one in lists)), "")


def _named(place: _Place, before: list[Any], after: list[Any], key: str) -> Iterator[Edit]:
    was = {item[key]: number for number, item in enumerate(before)}
    now = [item[key] for item in after]
    left = set(now)
    for item in before:
        if item[key] not in left:
            yield place.item(item[key]).edit(item, None)
    stays = _rising([was[name] for name in now if name in was])
    end = max((number for number, name in enumerate(now) if name in was), default=-1)
    for number, (name, item) in enumerate(zip(now, after, strict=True)):
        here = place.item(name)
        if name not in was:
            yield here.edit(None, item, number if number < end else None)
            continue
        if was[name] not in stays:
            yield Edit(f"{here.path}.(position)", here.pointer, was[name], number)
        yield from _walk(here, before[was[name]], item)


def _rising(numbers: Sequence[int]) -> set[int]:
    """A longest rising subsequence: the items that keep their order, so that the fewest are told to have moved."""
    ends: list[int] = []  # the smallest number that a rising sequence of each length can end with
    lengths = []
    for number in numbers:
        length = bisect_left(ends, number)
        ends[length : length + 1] = [number]
        lengths.append(length)
    found: set[int] = set()
    wanted = len(ends) - 1
    for number, length in zip(reversed(numbers), reversed(lengths), strict=True):
        if length == wanted:
            found.add(number)
            wanted -= 1
    return found


def _places(place: _Place, before: list[Any], after: list[Any]) -> Iterator[Edit]:
    kept = _same(before, after)
    deep = dict(_changed(kept, before, after))  # by the new place
    gone = {*range(len(before))} - {*deep.values()} - {old for old, _ in kept}
    come = {*range(len(after))} - {*deep} - {new for _, new in kept}
    for number in sorted({*gone, *come, *deep}):
        here = place.index(number)
        if number in gone or number in come:
            yield here.edit(before[number] if number in gone else None, after[number] if number in come else None)
        if number in deep:
            yield from _walk(here, before[deep[number]], after[number])


def _changed(kept: Sequence[tuple[int, int]], before: list[Any], after: list[Any]) -> Iterator[tuple[int, int]]:
    """Between items that are the same on both sides: the new and the old place of what is still alike."""
    old_start, new_start = 0, 0
    for old_end, new_end in (*kept, (len(before), len(after))):
        old, new = range(old_start, old_end), range(new_start, new_end)
        pairs = zip(new, old, strict=True) if len(old) == len(new) else _pairs(old, new, before, after)
        yield from ((n, o) for n, o in pairs if _alike(before[o], after[n]))
        old_start, new_start = old_end + 1, new_end + 1


def _pairs(old: range, new: range, before: list[Any], after: list[Any]) -> Iterator[tuple[int, int]]:
    left = list(old) if len(old) * len(new) <= COMPARED else []
    for number in new:
        found = next((one for one in left if _alike(before[one], after[number])), None)
        if found is not None:
            yield number, found
            left = [one for one in left if one > found]


def _alike(before: Any, after: Any) -> bool:
    """Whether it is one thing that changed, rather than another thing."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        return any(before[n] == after[n] or _alike(before[n], after[n]) for n in before if n in after)
    return isinstance(before, list) and isinstance(after, list) and any(item in after for item in before)


def _same(before: list[Any], after: list[Any]) -> list[tuple[int, int]]:
    """The places of a longest common subsequence."""
    old, new = ([json.dumps(item, sort_keys=True, default=str) for item in one] for one in (before, after))
    shorter = min(len(old), len(new))
    head = next((n for n in range(shorter) if old[n] != new[n]), shorter)
    tail = next((n for n in range(shorter - head) if old[-1 - n] != new[-1 - n]), shorter - head)
    middle = _longest(old[head : len(old) - tail], new[head : len(new) - tail])
    ends = [(len(old) - n, len(new) - n) for n in range(tail, 0, -1)]
    return [*((n, n) for n in range(head)), *((head + o, head + n) for o, n in middle), *ends]


def _longest(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int]]:
    if len(old) * len(new) > COMPARED:
        return []
    best = [[0] * (len(new) + 1) for _ in range(len(old) + 1)]
    for o in reversed(range(len(old))):
        for n in reversed(range(len(new))):
            best[o][n] = best[o + 1][n + 1] + 1 if old[o] == new[n] else max(best[o + 1][n], best[o][n + 1])
    found = []
    o = n = 0
    while o < len(old) and n < len(new):
        if old[o] == new[n]:
            found.append((o, n))
            o, n = o + 1, n + 1
        elif best[o + 1][n] >= best[o][n + 1]:
            o += 1
        else:
            n += 1
    return found
