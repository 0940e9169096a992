"""A plan is data: what would change and why, what is blocked, what each guard says. Nothing here acts or prints."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from controller.diff.change import Change, Later, Verb
from controller.diff.drift import Finding


@dataclass(frozen=True, slots=True)
class Guard:
    """What one guard says: `blocks` stops the apply unless `allow` was given; otherwise it is a warning."""

    code: str  # such as destroys-data
    message: str
    blocks: bool
    address: str = ""
    allow: str = ""  # what to pass to --allow


@dataclass(frozen=True, slots=True)
class Turn:
    """What one wave does in this apply; both are members' keys."""

    wave: str
    publishes: tuple[str, ...]
    awaits: tuple[str, ...] = ()  # published before, and not seen yet to run it well


@dataclass(frozen=True, slots=True)
class Order:
    """In which order running silos get their change, where it is in more than one turn."""

    turns: tuple[Turn, ...]
    bake_seconds: int
    on_failure: str  # halt | rollback


@dataclass(frozen=True, slots=True)
class Summary:
    """A replacement counts once in `add` and once in `destroy`, as Terraform's users expect."""

    add: int
    change: int
    destroy: int
    blocked: int


@dataclass(frozen=True, slots=True)
class Plan:
    changes: tuple[Change, ...]  # in the order of the apply; kept ones are left out
    guards: tuple[Guard, ...]
    notes: tuple[str, ...]  # what the reader should know, such as an index that disagreed with its bucket
    compared: Mapping[str, int]  # how many accounts, silos and so on were compared
    fingerprints: Mapping[str, str] = field(default_factory=dict)
    drift: tuple[Finding, ...] = ()  # what a plan saw changed outside of it, apart from what it proposes
    order: Order | None = None  # None where all are published at once

    @property
    def summary(self) -> Summary:
        verbs = [change.verb for change in self.changes]
        replaced = verbs.count(Verb.REPLACE)
        return Summary(
            add=verbs.count(Verb.CREATE) + replaced,
            change=verbs.count(Verb.UPDATE),
            destroy=verbs.count(Verb.DELETE) + replaced,
            blocked=verbs.count(Verb.BLOCKED) + sum(guard.blocks for guard in self.guards),
        )

    @property
    def empty(self) -> bool:
        return not self.changes

    @property
    def blocked(self) -> bool:
        return self.summary.blocked > 0


def as_json_value(value: Any) -> Any:
    """A before or after value as JSON can hold it; a value known only after the apply is `{"knownAfterApply": …}`."""
    return {"knownAfterApply": f"{value.address}.{value.attribute}"} if isinstance(value, Later) else value
