"""What a run leaves in the index: merged into the index as it is by then, so that another run's entries stay."""

from __future__ import annotations

from dataclasses import dataclass, field

from controller.engine.guards import asked
from controller.engine.observe import read_index
from controller.engine.ports import Ports
from controller.model.errors import PlanStale
from controller.model.index import Entry, Index
from controller.model.observed import Absent, Present, Unreadable
from controller.model.ownership import INDEX_KEY
from controller.resolve.lake import Lake

TRIES = 5  # where somebody else writes it at the same time


@dataclass
class IndexRecord:
    lake: Lake
    ports: Ports
    entries: dict[str, Entry | None] = field(default_factory=dict)  # what the index is to say, None to forget the silo
    guards: bool = False  # it is to say which guards were applied, though nothing was published
    _written: dict[str, Entry | None] | None = None

    @property
    def needed(self) -> bool:
        return (bool(self.entries) or self.guards) and self.entries != self._written

    def write(self) -> None:
        """Raises ControllerError. Nothing is lost then: the next plan finds the bundles, and the index behind them."""
        home = self.lake.organization.home_region
        bucket = self.ports.bucket(home)
        for _ in range(TRIES):
            match read_index(self.ports, home):
                case Present(index):
                    current = index
                case Absent():
                    current = Index({})
                case Unreadable(why):
                    raise PlanStale(f"it could not be read again: {why}")
            if bucket.put(INDEX_KEY, self._over(current).text(), current.etag or None) is not None:
                self._written = dict(self.entries)
                return
        raise PlanStale("somebody else keeps writing it")

    def _over(self, current: Index) -> Index:
        silos = {**current.silos, **{name: entry for name, entry in self.entries.items() if entry is not None}}
        kept = {name: entry for name, entry in silos.items() if self.entries.get(name, entry) is not None}
        return Index(kept, guards=asked(self.lake))
