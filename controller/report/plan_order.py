"""In which order a plan is read, and what of it is only counted: what is lost first, then the telling of each owner.

Nothing that is destroyed, replaced, changed or blocked is left out. Of what is created, the first few of each owner
stand for the rest; and an update that is the same in many silos is told once.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from controller.diff.change import Change, Verb
from controller.diff.narrowing import ACCESS_TYPES
from controller.diff.template import DATA_TYPES
from controller.model.ownership import CONSUMER

CREATED_SHOWN = 3  # of one owner, before the rest is only counted
MEMBERS = ("silo/", CONSUMER)


@dataclass(frozen=True, slots=True)
class Rest:
    """Creations of `owner` that are not shown."""

    owner: str
    number: int
    data: int  # of types that hold data or identity
    access: int  # of types that grant access


@dataclass(frozen=True, slots=True)
class Alike:
    """How many more silos and consumers have the update above just so."""

    number: int


def laid_out(changes: Sequence[Change], everything: bool = False) -> Iterator[Change | Rest | Alike]:
    """All changes, or what stands for them, in the order of reading."""
    yield from sorted(filter(_loses, changes), key=lambda change: not change.destroys_data)
    by_owner: dict[str, list[Change]] = defaultdict(list)
    for change in changes:
        if not _loses(change):
            by_owner[_owner(change)].append(change)
    number = Counter(_likeness(change) for change in changes if change.verb is Verb.UPDATE and not everything)
    told: set[str] = set()
    for owner, its in by_owner.items():
        yield from (change for change in its if change.verb is Verb.BLOCKED)
        yield from _once([change for change in its if change.verb not in (Verb.BLOCKED, Verb.CREATE)], number, told)
        yield from _first(owner, sorted((c for c in its if c.verb is Verb.CREATE), key=_weight), everything)


def _loses(change: Change) -> bool:
    return change.verb is Verb.REPLACE or (change.verb is Verb.DELETE and not change.retained)


def _owner(change: Change) -> str:
    """`silo/sales` for all that is in that silo's bundle; the first word of any other address."""
    return "/".join(change.address.split("/")[: 2 if change.address.startswith(MEMBERS) else 1])


def _weight(change: Change) -> int:
    return 0 if change.type in DATA_TYPES else 1 if change.type in ACCESS_TYPES else 2


def _likeness(change: Change) -> str:
    """Two changes have it in common when they do the same to the same part of two silos."""
    said = f"{change.address} {change.type} {change.reason} {change.details!r}"
    return said.replace(f"{_owner(change)}/", "") if change.address.startswith(MEMBERS) else said


def _once(changes: Iterable[Change], number: Mapping[str, int], told: set[str]) -> Iterator[Change | Alike]:
    for change in changes:
        like = _likeness(change)
        if like in told:
            continue
        yield change
        if number.get(like, 0) > 1:
            told.add(like)
            yield Alike(number[like] - 1)


def _first(owner: str, created: Sequence[Change], everything: bool) -> Iterator[Change | Rest]:
    shown = len(created) if everything or len(created) <= CREATED_SHOWN + 1 else CREATED_SHOWN
    yield from created[:shown]
    if weights := [_weight(change) for change in created[shown:]]:
        yield Rest(owner, len(weights), weights.count(0), weights.count(1))
