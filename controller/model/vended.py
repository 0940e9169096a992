"""Credentials that the admins of a silo's web app handed out, as their stack says. No secret is in it."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from controller.model.live import LiveResource

METADATA = "lake:vended"  # in the stack's template: what is kept of each credential, by its name

_NAME = re.compile(r"[a-z][a-z0-9-]{1,40}", re.ASCII)
_PREFIX = re.compile(r"[a-z0-9][a-z0-9-]*(/[a-z0-9][a-z0-9-]*)*", re.ASCII)
_PERSON = re.compile(r"[\w.+=@:/-]{1,128}", re.ASCII)
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)
_PROTOCOLS, _PERMISSIONS = frozenset({"api", "sftp", "web"}), frozenset({"delete", "download", "list", "upload"})


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


def fault(template: Mapping[str, Any]) -> str:
    """What in a template is not as a web app writes it; empty where all is.

    Whoever administers a silo's account may write there what he likes. It goes to terminals, into commands and into
    manifests, and none of it may end the look at other silos.
    """
    kept, made = _inner(template, "Metadata", METADATA), _inner(template, "Resources")
    if kept is None or made is None:
        return f"its Resources or its Metadata {METADATA} are no mapping"
    for name, said in kept.items():
        if not _NAME.fullmatch(str(name)):
            return f"a credential is called {str(name)[:50]!r}"
        if not isinstance(said, Mapping):
            return f"credential {name} is no mapping"
        if wrong := next((field for field, known in _KNOWN.items() if not known(said.get(field))), None):
            return f"{wrong} of credential {name} is {str(said.get(wrong))[:50]!r}"
    for logical_id, one in made.items():
        if not isinstance(one, Mapping) or not isinstance(one.get("Properties", {}), Mapping):
            return f"resource {str(logical_id)[:50]!r} is no resource"
        if one.get("Type") == "AWS::IAM::AccessKey" and not _of_user(one.get("Properties", {}).get("UserName")):
            return f"key {str(logical_id)[:50]!r} names no user"
    return ""


def _inner(template: Mapping[str, Any], *names: str) -> Mapping[str, Any] | None:
    """Empty where there is none, None where something else is in its place."""
    found: Any = template
    for name in names:
        found = found.get(name, {}) if isinstance(found, Mapping) else None
    return found if isinstance(found, Mapping) else None


def _of_user(said: Any) -> bool:
    return isinstance(said, str) or (isinstance(said, Mapping) and isinstance(said.get("Ref"), str))


def _written(known: re.Pattern[str], value: Any) -> bool:
    return isinstance(value, str) and known.fullmatch(value) is not None


def _time(value: Any) -> bool:
    try:
        return _written(_TIME, value) and datetime.fromisoformat(value) is not None
    except ValueError:
        return False


def _some_of(known: frozenset[str], value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) and item in known for item in value)


def _networks(value: Any) -> bool:
    try:
        return isinstance(value or [], list) and all(ipaddress.ip_network(item) for item in value or [])
    except (TypeError, ValueError):
        return False


def _number(value: Any) -> bool:
    return value is None or (isinstance(value, int) and not isinstance(value, bool) and value >= 0)


_KNOWN: Mapping[str, Callable[[Any], bool]] = {
    "prefix": lambda value: _written(_PREFIX, value),
    "protocols": lambda value: _some_of(_PROTOCOLS, value),
    "permissions": lambda value: _some_of(_PERMISSIONS, value),
    "cidrs": _networks,
    "maxObjectMiB": _number,
    "serial": _number,
    "note": lambda value: value is None or isinstance(value, str),
    "by": lambda value: _written(_PERSON, value),
    "at": _time,
    "expires": _time,
    "active": lambda value: value is None or isinstance(value, bool),
}


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
