"""The two axes of a status, as in Argo CD: is it what is wanted (sync), and does it work (health)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from controller.model.source import Source
from controller.model.vended import Handed


class Sync(StrEnum):
    SYNCED = "Synced"
    OUT_OF_SYNC = "OutOfSync"
    UNKNOWN = "Unknown"


class Health(StrEnum):
    """From best to worst; a parent takes the worst of its children."""

    HEALTHY = "Healthy"
    SUSPENDED = "Suspended"
    PROGRESSING = "Progressing"
    MISSING = "Missing"
    DEGRADED = "Degraded"
    UNKNOWN = "Unknown"


ORDER = tuple(Health)


def worst(states: Iterable[Health]) -> Health:
    return max(states, key=ORDER.index, default=Health.HEALTHY)


@dataclass(frozen=True, slots=True)
class Part:
    """One child of a silo, such as its pipeline: how it is, why, and what to do about it."""

    address: str
    health: Health
    reason: str
    advice: str = ""
    source: Source | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """The way of a silo's bundle: digests and versions as far as they are known, else empty."""

    wanted: str = ""  # its inputs as they are here: tool, blueprints, manifests
    published_inputs: str = ""  # the inputs of what was published last
    published: str = ""  # its bundle digest
    version: str = ""  # its object version in the code bucket
    seen: str = ""  # the object version that the pipeline took last
    deployed: str = ""  # bundle digest that the root stack says it runs
    commit: str = ""  # that the root stack says it runs


@dataclass(frozen=True, slots=True)
class SiloStatus:
    silo: str
    account: str  # empty while it does not exist
    region: str
    sync: Sync
    sync_reason: str
    delivery: Delivery
    parts: tuple[Part, ...]
    vended: tuple[Handed, ...] = ()  # credentials that were vended by hand
    remarks: tuple[str, ...] = ()  # good to know, and nothing to mend
    since: str = ""  # ISO 8601: when the execution that brought what it runs changed last

    @property
    def health(self) -> Health:
        return worst(part.health for part in self.parts)

    @property
    def worst_part(self) -> Part:
        """Of equally bad ones the one that knows which manifest line it comes from."""
        return max(self.parts, key=lambda part: (ORDER.index(part.health), part.source is not None))

    @property
    def settled(self) -> bool:
        """Nothing more comes by waiting: all is well, or nothing is under way and somebody has to act."""
        if any(part.health is Health.PROGRESSING for part in self.parts):
            return False
        return self.health in (Health.HEALTHY, Health.SUSPENDED, Health.DEGRADED)

    @property
    def good(self) -> bool:
        return self.sync is Sync.SYNCED and self.health is Health.HEALTHY
