"""Users of partners and their keys, as a silo's account was seen to have them. No secret is ever in here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from controller.model.live import Place
from controller.model.source import Source
from controller.model.vended import Vended


@dataclass(frozen=True, slots=True)
class LiveKey:
    id: str
    active: bool
    created: date
    last_used: str  # ISO 8601; empty where it never was


@dataclass(frozen=True, slots=True)
class LiveUser:
    name: str
    path: str  # /partners/<silo>/
    tags: Mapping[str, str]
    keys: tuple[LiveKey, ...]  # oldest first
    created: str = ""  # ISO 8601


class State(StrEnum):
    ACTIVE = "active"
    ROTATION_DUE = "rotation due"  # the key is of a period that is over
    REVOKED = "revoked"
    EXPIRED = "expired"
    VENDED = "vended"  # by an admin of the web app, and works
    STILL_ACTIVE = "still active"  # git says revoked or expired, a key works
    DISABLED = "disabled"  # by hand: git wants it active
    MISSING = "missing"  # not made yet
    FOREIGN = "not in git"
    UNKNOWN = "unknown"


WELL = frozenset({State.ACTIVE, State.VENDED, State.REVOKED, State.EXPIRED})


@dataclass(frozen=True, slots=True)
class Held:
    """One partner in one silo."""

    partner: str
    silo: str
    place: Place | None
    state: State
    why: str
    prefix: str
    protocols: tuple[str, ...]
    expires: str
    source: Source | None  # of the manifest; None where there is none
    keys: tuple[LiveKey, ...] = ()
    vended: Vended | None = None  # where the web app made it, not git

    @property
    def address(self) -> str:
        return f"silo/{self.silo}/partner/{self.partner}"


@dataclass(frozen=True, slots=True)
class Ended:
    """What became of a key: `status` as it was read back."""

    held: Held
    key: str
    inactive: bool
