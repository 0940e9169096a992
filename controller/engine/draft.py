"""What the parts of a plan add to, each in its turn: changes for people, steps for the apply."""

from __future__ import annotations

from dataclasses import dataclass, field

from controller.diff.change import Change, Verb
from controller.plan.plan import Guard
from controller.plan.step import Step


@dataclass
class Draft:
    """What the parts of a plan add to; parts run in the order of the apply."""

    changes: list[Change] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    guards: list[Guard] = field(default_factory=list)
    used: set[str] = field(default_factory=set)  # what of --allow changed something, besides guards

    @property
    def stopped(self) -> frozenset[str]:
        """The addresses that nothing is done about."""
        return frozenset(change.address for change in self.changes if change.verb is Verb.BLOCKED)

    def blocked(self, address: str, type: str, reason: str) -> None:
        self.changes.append(Change(address, type, Verb.BLOCKED, reason))
