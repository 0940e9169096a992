"""Credentials that the admins of a silo's web app handed out, as their stack says. No secret is in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from controller.model.live import LiveResource

METADATA = "lake:vended"  # in the stack's template: what is kept of each credential, by its name


@dataclass(frozen=True, slots=True)
class Vended:
    name: str
    user: str
    prefix: str
    protocols: tuple[str, ...]
    permissions: tuple[str, ...]
    cidrs: tuple[str, ...]
    max_object_mib: int | None
    note: str
    by: str  # the admin
    at: str  # ISO 8601
    expires: str  # ISO 8601, the last second
    active: bool  # as the stack wants its key


@dataclass(frozen=True, slots=True)
class ChangeSet:
    """One that was made and never carried out."""

    name: str
    created: str  # ISO 8601


@dataclass(frozen=True, slots=True)
class VendedStack:
    """All that a silo's web app vended; `status` is the stack's."""

    status: str
    reason: str
    parameters: tuple[str, ...]
    template: Mapping[str, Any]
    resources: tuple[LiveResource, ...]
    change_sets: tuple[ChangeSet, ...]
    unseen: frozenset[str]  # names of those whose secret nobody was shown

    @property
    def credentials(self) -> tuple[Vended, ...]:
        kept = self.template.get("Metadata", {}).get(METADATA, {})
        return tuple(_vended(name, said) for name, said in sorted(kept.items()))


class VendedState(StrEnum):
    ACTIVE = "active"
    MAKING = "being made"
    EXPIRED = "expired"
    STILL_ACTIVE = "still active"  # over, and its key works
    DISABLED = "disabled"
    MISSING = "not there"  # the stack is at rest, and has no such user


@dataclass(frozen=True, slots=True)
class Handed:
    """One vended credential beside its user in the account."""

    vended: Vended
    state: VendedState
    shown: bool


def _vended(name: str, said: Mapping[str, Any]) -> Vended:
    """What the web app leaves out is as it is unless said otherwise."""
    return Vended(
        name=name,
        user=f"vended-{name}",
        prefix=str(said.get("prefix", "")).strip("/"),
        protocols=tuple(said.get("protocols", ())),
        permissions=tuple(said.get("permissions", ())),
        cidrs=tuple(said.get("cidrs") or ()),
        max_object_mib=said.get("maxObjectMiB"),
        note=str(said.get("note", "")),
        by=str(said.get("by", "")),
        at=str(said.get("at", "")),
        expires=str(said.get("expires", "")),
        active=bool(said.get("active", True)),
    )
