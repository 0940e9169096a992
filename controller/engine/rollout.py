"""Between two waves: what the first one's silos were seen to run well is proved, and nobody asks again.

What fails stops the waves behind it, and is rolled back where the Organization says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from controller.engine.baking import Read, watch
from controller.engine.observe import side_by_side
from controller.engine.plan import Prepared
from controller.engine.ports import Ports
from controller.engine.recording import IndexRecord
from controller.engine.status import StatusReader
from controller.model.errors import WaveFailed
from controller.model.health import Health, SiloStatus
from controller.model.index import Entry, Index
from controller.model.ownership import member_address
from controller.plan.step import AwaitWave, Publish


@dataclass(frozen=True, slots=True)
class Waves:
    prepared: Prepared
    ports: Ports
    record: IndexRecord

    def prove(self, step: AwaitWave, tell: Callable[[str], None]) -> None:
        """Return once all of the wave's members are proved; raises WaveFailed."""
        awaited = self.awaited(step)
        bake = timedelta(seconds=step.bake_seconds)
        patience = self.prepared.options.patience
        bad = watch(self._reader(awaited), tuple(awaited), bake, patience, self.ports, tell)
        if bad:
            seen = any(status.health is not Health.UNKNOWN for status in bad)
            raise WaveFailed({status.silo: _why(status) for status in bad}, seen)
        self.record.entries.update({name: entry.proved for name, entry in awaited.items()})

    def awaited(self, step: AwaitWave) -> dict[str, Entry]:
        """The wave's members that nobody has seen yet to run well what was published, with what the index says."""
        found = {name: self.record.entries.get(name, self.prepared.index.silos.get(name)) for name in step.members}
        return {name: entry for name, entry in found.items() if entry is not None and entry.awaited}

    def before(self, step: Publish, account: str) -> Entry | None:
        """What a member runs that gets a release in a wave, also where it had another silo's name.

        One that nobody waited for is looked at now: else the way back would lead behind all that came since the last
        that somebody did. None where there is none, or nobody can tell how it is.
        """
        if not step.wave:
            return None
        name, silos = step.silo, self.prepared.index.silos
        place = account, self.prepared.lake.member(name).region
        found = silos.get(name) or next((one for one in silos.values() if (one.account, one.region) == place), None)
        if found is None or not found.awaited or found.refused:
            return found
        (status,) = self._reader({name: found})((name,))
        if status.health is Health.UNKNOWN:
            return None
        return found.proved if status.good else found

    def _reader(self, entries: Mapping[str, Entry]) -> Read:
        """How each runs what was published for it, whatever its manifests want by now.

        What others share with it is not asked for: they may be of a later wave, which waits for this one.
        """
        wanted = {name: entry.inputs for name, entry in entries.items()}
        reader = StatusReader(
            self.prepared.lake, self.ports, self.ports.silos, Index(entries), "", wanted, shares=False
        )
        return lambda names: tuple(side_by_side({name: partial(reader.read, name) for name in names}).values())


def _why(status: SiloStatus) -> str:
    part = status.worst_part
    healthy = part.health is Health.HEALTHY
    said = status.sync_reason if healthy else f"{part.address}: {part.reason}"
    where = f"  ({part.source.path}:{part.source.line})" if part.source and not healthy else ""
    return f"{member_address(status.silo)} is {status.sync}, {status.health}: {said}{where}"
