"""What web apps vended, in memory."""

from __future__ import annotations

from dataclasses import dataclass, field

from controller.model.live import Place
from controller.model.observed import Absent, Observed, Present
from controller.model.vended import VendedStack


@dataclass
class FakeVendings:
    stacks: dict[str, VendedStack] = field(default_factory=dict)  # by silo

    def vended(self, place: Place, silo: str) -> Observed[VendedStack]:
        return Present(self.stacks[silo]) if silo in self.stacks else Absent()
