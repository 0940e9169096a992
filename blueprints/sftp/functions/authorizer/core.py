"""Who may log in, and what a login may then do. Nothing here talks to AWS or reads a clock.

A partner's IAM user says what it may, by its tags: they are written from the manifests with the user itself.
"""

from __future__ import annotations

import ipaddress
import json
import re
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

KEY_ID = re.compile(r"AKIA[A-Z2-7]{16}")  # of a user; temporary keys have a token, for which SFTP has no field
USER_NAME = re.compile(r"[\w+=,.@-]{1,64}", re.ASCII)  # IAM user guide, quotas
PREFIX = re.compile(r"[A-Za-z0-9!_.*'()-]+(/[A-Za-z0-9!_.*'()-]+)*", re.ASCII)
EXPIRES = "%Y-%m-%dT%H:%M:%SZ"
SESSION_POLICY_MAX = 2048  # characters; STS API reference, AssumeRole

TAG_PREFIX, TAG_PROTOCOLS, TAG_PERMISSIONS = "lake:prefix", "lake:protocols", "lake:permissions"
TAG_EXPIRES, TAG_CIDRS, TAG_PARTNER = "lake:expires", "lake:cidrs", "lake:partner"

OBJECTS = {
    "upload": ("s3:AbortMultipartUpload", "s3:ListMultipartUploadParts", "s3:PutObject"),
    "download": ("s3:GetObject",),
    "delete": ("s3:DeleteObject",),
    "list": (),
}
KEY_USES = {"upload": ("kms:Decrypt", "kms:GenerateDataKey"), "download": ("kms:Decrypt",), "delete": (), "list": ()}


class Refused(Exception):
    """A login that is not let in. The reason is for the log alone: whoever asked learns only that it failed."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Settings:
    """The silo that the function stands in."""

    account: str
    partners: str  # the path of its partners' users, such as /partners/sales/
    bucket: str
    role: str  # what a login becomes
    key: str = ""  # the ARN of the bucket's key, empty where S3 has it
    networks: tuple[str, ...] = ()  # who may connect at all; none: everybody


@dataclass(frozen=True)
class Login:
    """An attempt. `password` never reaches a log: it is not part of the text of a Login."""

    name: str
    password: str = field(repr=False)
    source: str
    protocol: str

    @property
    def by_key(self) -> bool:
        """Whether the client offers a public key, which the server itself then proves."""
        return not self.password


@dataclass(frozen=True)
class User:
    """A partner's IAM user."""

    name: str
    path: str
    tags: dict[str, str]
    active_keys: tuple[str, ...]


def attempt(event: Any) -> Login:
    """What the server asks. Raises Refused for what no partner's client would send."""
    name, password = str(event.get("username") or ""), str(event.get("password") or "")
    login = Login(name, password, str(event.get("sourceIp") or ""), str(event.get("protocol") or ""))
    if not (KEY_ID.fullmatch(name) if password else USER_NAME.fullmatch(name)):
        raise Refused("malformed-name")
    return login


def silo_lets_in(login: Login, settings: Settings) -> None:
    if settings.networks and not _within(login.source, settings.networks):
        raise Refused("address-not-granted-by-silo")
    if login.protocol != "SFTP":
        raise Refused("protocol-not-served")


def owner(identity: dict[str, str], settings: Settings) -> str:
    """The name of the user that a proven pair belongs to. Raises Refused for anybody who is no partner of this silo."""
    if identity["Account"] != settings.account:
        raise Refused("other-account")
    _, _, path = identity["Arn"].partition(":user")
    if not path:
        raise Refused("not-a-user")
    folder, _, name = path.rpartition("/")
    if f"{folder}/" != settings.partners:
        raise Refused("other-silo" if path.startswith("/partners/") else "not-a-partner")
    return name


def check(login: Login, user: User, settings: Settings, now: datetime) -> None:
    """All that a proof of identity does not say: STS answers for an active key even where every policy denies."""
    if user.path != settings.partners:
        raise Refused("other-silo")
    if not user.active_keys or not (login.by_key or login.name in user.active_keys):
        raise Refused("key-inactive")
    if expired(user.tags, now):
        raise Refused("expired")
    if "sftp" not in user.tags.get(TAG_PROTOCOLS, "").split():
        raise Refused("protocol-not-granted")
    networks = user.tags.get(TAG_CIDRS, "").split()
    if networks and not _within(login.source, networks):
        raise Refused("address-not-granted")


def expired(tags: dict[str, str], now: datetime) -> bool:
    """The tag is the last instant; a user without one, or with one that cannot be read, is let in no more."""
    try:
        last = datetime.strptime(tags.get(TAG_EXPIRES, ""), EXPIRES).replace(tzinfo=now.tzinfo)
    except ValueError:
        return True
    return now > last


def grant(user: User, settings: Settings) -> dict[str, str]:
    """Transfer's answer: a role, narrowed to the partner's prefix, which the client sees as its root."""
    prefix = user.tags.get(TAG_PREFIX, "")
    if not PREFIX.fullmatch(prefix) or any(part in (".", "..") for part in prefix.split("/")):
        raise Refused("prefix-not-usable")
    policy = session_policy(prefix, user.tags.get(TAG_PERMISSIONS, "").split(), settings)
    home = [{"Entry": "/", "Target": f"/{settings.bucket}/{prefix}"}]
    return {
        "Role": settings.role,
        "Policy": policy,
        "HomeDirectoryType": "LOGICAL",
        "HomeDirectoryDetails": json.dumps(home),
    }


def session_policy(prefix: str, permissions: list[str], settings: Settings) -> str:
    """The most that the session may do; the role's own policies know only the bucket.

    `*` stands in no prefix of ours as a wildcard: manifests refuse it, and so does this.
    """
    known = [name for name in OBJECTS if name in permissions]
    if not known or "*" in prefix:
        raise Refused("nothing-granted")
    arn = f"arn:aws:s3:::{settings.bucket}"
    statements: list[dict[str, Any]] = []
    if actions := sorted({action for name in known for action in OBJECTS[name]}):
        statements.append({"Effect": "Allow", "Action": actions, "Resource": f"{arn}/{prefix}/*"})
    if "list" in known:
        below = {"StringLike": {"s3:prefix": [prefix, f"{prefix}/*"]}}
        statements.append({"Effect": "Allow", "Action": "s3:ListBucket", "Resource": arn, "Condition": below})
    if settings.key and (uses := sorted({use for name in known for use in KEY_USES[name]})):
        statements.append({"Effect": "Allow", "Action": uses, "Resource": settings.key})
    text = json.dumps({"Version": "2012-10-17", "Statement": statements}, separators=(",", ":"))
    if len(text) > SESSION_POLICY_MAX:
        raise Refused("policy-too-long")
    return text


def _within(source: str, networks: Any) -> bool:
    try:
        address = ipaddress.ip_address(source)
        return any(address in ipaddress.ip_network(network, strict=False) for network in networks)
    except ValueError:
        return False


@dataclass
class Guesses:
    """Failed attempts by name and address, and by address alone; the oldest are forgotten first.

    It lives as long as its process: where Lambda runs n of them, n times as many guesses are let through.
    """

    by_name: int = 5  # failures of one name from one address within `seconds`
    by_address: int = 30  # failures of one address, whatever the names
    seconds: float = 300.0
    kept: int = 10_000  # of either sort
    _seen: OrderedDict[tuple[str, str], list[float]] = field(default_factory=OrderedDict)

    def blocked(self, login: Login, now: float) -> bool:
        limits = ((login.name, self.by_name), ("", self.by_address))
        return any(len(self._recent((login.source, name), now)) >= limit for name, limit in limits)

    def failed(self, login: Login, now: float) -> None:
        for name in (login.name, ""):
            place = (login.source, name)
            self._seen[place] = [*self._recent(place, now), now]
            self._seen.move_to_end(place)
        while len(self._seen) > self.kept:
            self._seen.popitem(last=False)

    def passed(self, login: Login) -> None:
        self._seen.pop((login.source, login.name), None)

    def _recent(self, place: tuple[str, str], now: float) -> list[float]:
        return [then for then in self._seen.get(place, ()) if now - then < self.seconds]
