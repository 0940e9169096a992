"""A vended credential: what an admin may ask for, and what is kept of it. Nothing here talks to AWS."""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from refused import Refused, invalid
from settings import Settings

NAME = re.compile(r"[a-z][a-z0-9-]{1,40}", re.ASCII)
PREFIX = re.compile(r"[a-z0-9][a-z0-9-]*(/[a-z0-9][a-z0-9-]*)*", re.ASCII)
PREFIX_MAX = 200  # characters, as of a partner in git
PROTOCOLS = ("api", "sftp", "web")
PERMISSIONS = ("delete", "download", "list", "upload")
HOURS_MAX = 720
CIDRS_MAX = 10  # a user's policies hold 2,048 characters (IAM user guide, quotas)
MIB_MAX = 5_242_880  # 5 TiB, the largest object (S3 user guide)
NOTE_MAX = 200
TIME = "%Y-%m-%dT%H:%M:%SZ"
FIELDS = frozenset({"name", "prefix", "protocols", "permissions", "hours", "cidrs", "maxObjectMiB", "note", "shared"})
OPTIONAL = frozenset({"cidrs", "maxObjectMiB", "note", "shared"})


@dataclass(frozen=True)
class Credential:
    """As an admin asked for it, and what became of it since. `expires` is the last second."""

    name: str
    prefix: str
    protocols: tuple[str, ...]
    permissions: tuple[str, ...]
    cidrs: tuple[str, ...]
    max_object_mib: int | None
    note: str
    by: str
    at: str  # when it was vended
    expires: str
    made: str  # when its key was asked for: at first, or by a rotation
    reveal: str  # digest of the word that shows its secret once
    request: str  # digest of the request that vended it
    serial: int = 0
    active: bool = True

    @property
    def user(self) -> str:
        return f"vended-{self.name}"


def instant(when: datetime) -> str:
    return when.strftime(TIME)


def moment(text: str, like: datetime) -> datetime:
    return datetime.strptime(text, TIME).replace(tzinfo=like.tzinfo)


def asked(body: Any, settings: Settings, now: datetime, by: str, reveal: str, request: str) -> Credential:
    """What a body asks for. Raises Refused with the first thing that is wrong."""
    given = fields(body, FIELDS)
    missing = sorted(FIELDS - OPTIONAL - given.keys())
    if missing:
        raise invalid(f"{missing[0]} is missing")
    return Credential(
        name=name(given["name"]),
        prefix=_prefix(given["prefix"], settings),
        protocols=_some(given["protocols"], PROTOCOLS, "protocols"),
        permissions=_some(given["permissions"], PERMISSIONS, "permissions"),
        cidrs=_networks(given.get("cidrs") or []),
        max_object_mib=_mebibytes(given.get("maxObjectMiB")),
        note=_note(given.get("note") or ""),
        by=by,
        at=instant(now),
        expires=instant(now + timedelta(hours=hours(given["hours"]))),
        made=instant(now),
        reveal=reveal,
        request=request,
    )


def confirmed(body: Any) -> bool:
    """Whether the folder may be one that others have too."""
    shared = fields(body, FIELDS).get("shared", False)
    if not isinstance(shared, bool):
        raise invalid("shared: true or false")
    return shared


def fields(body: Any, known: Iterable[str]) -> dict[str, Any]:
    if not isinstance(body, dict):
        raise invalid("the request's body is to be a JSON object")
    unknown = sorted(set(body) - set(known))
    if unknown:
        raise invalid(f"{unknown[0][:40]!r} is no field of this request")
    return body


def name(value: Any) -> str:
    if not isinstance(value, str) or not NAME.fullmatch(value):
        raise invalid("name: 2 to 41 of a-z, 0-9 and -, a letter first")
    return value


def hours(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= HOURS_MAX:
        raise invalid(f"hours: a whole number from 1 to {HOURS_MAX}, which are 30 days")
    return value


def _prefix(value: Any, settings: Settings) -> str:
    text = value.removesuffix("/") if isinstance(value, str) else ""
    if not PREFIX.fullmatch(text) or len(text) > PREFIX_MAX:
        raise invalid("prefix: words of a-z, 0-9 and -, with a slash between them")
    if not any(text == zone.prefix or text.startswith(f"{zone.prefix}/") for zone in settings.dropzones):
        there = ", ".join(zone.prefix for zone in settings.dropzones) or "none"
        raise invalid(f"prefix: {text} is no drop zone of this silo and below none; there are: {there}")
    return text


def _some(value: Any, known: tuple[str, ...], field: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not value or not all(isinstance(item, str) and item in known for item in value):
        raise invalid(f"{field}: one or more of {', '.join(known)}")
    return tuple(sorted(set(value)))


def _networks(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or len(value) > CIDRS_MAX:
        raise invalid(f"cidrs: a list of at most {CIDRS_MAX} networks")
    return tuple(sorted({_network(item) for item in value}))


def _network(value: Any) -> str:
    try:
        network = ipaddress.ip_network(value if isinstance(value, str) else "", strict=True)
    except ValueError:
        raise invalid(f"cidrs: {str(value)[:50]!r} is no network such as 203.0.113.0/24 or 2001:db8::/32") from None
    if network.prefixlen == 0:
        raise invalid("cidrs: leave the list empty where every address is meant")
    if network.version == 6 and (network.network_address.ipv4_mapped or network.network_address.scope_id):
        raise invalid(f"cidrs: write {str(value)[:50]!r} as a plain network")
    return str(network)


def _mebibytes(value: Any) -> int | None:
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= MIB_MAX:
        raise invalid(f"maxObjectMiB: a whole number from 1 to {MIB_MAX}, or null")
    return value


def _note(value: Any) -> str:
    """Kept in a template, so without what CloudFormation takes for a reference (user guide, dynamic references)."""
    if not isinstance(value, str) or len(value) > NOTE_MAX:
        raise invalid(f"note: text of at most {NOTE_MAX} characters")
    text = " ".join(value.split())
    if "{{" in text or any(unicodedata.category(character).startswith("C") for character in text):
        raise invalid("note: plain text, without {{ and control characters")
    return text


def person(username: Any) -> str:
    """An admin, as a tag's value takes it (IAM user guide, tag rules). Raises Refused for a name that no pool gave."""
    if not isinstance(username, str) or not re.fullmatch(r"[\w.+=@:/-]{1,128}", username, re.ASCII):
        raise Refused(401, "not-signed-in", "sign in first")
    return username
