"""Users of the silo's partners as they are, whoever made them. No secret is ever in here."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aws import CONNECTIONS
from botocore.exceptions import ClientError
from credential import TIME, instant

VENDED = "vended-"
PAGE = 1000  # users of a page; IAM API reference, ListUsers


@dataclass(frozen=True)
class Key:
    id: str
    made: datetime
    active: bool
    last_used: datetime | None = None
    service: str = ""

    def told(self) -> dict[str, Any]:
        """No more of the id than tells two keys apart."""
        return {
            "id": self.id[-4:],
            "made": instant(self.made),
            "active": self.active,
            "lastUsed": instant(self.last_used) if self.last_used else None,
            "service": self.service or None,
        }


@dataclass(frozen=True)
class User:
    name: str
    path: str
    tags: Mapping[str, str]
    keys: tuple[Key, ...]

    def words(self, tag: str) -> list[str]:
        return self.tags.get(tag, "").split()

    @property
    def max_object_mib(self) -> int | None:
        text = self.tags.get("lake:max-object-mib", "")
        return int(text) if text.isdecimal() else None

    def state(self, now: datetime) -> str:
        if expired(self.tags, now):
            return "expired"
        return "active" if any(key.active for key in self.keys) else "disabled"


def expired(tags: Mapping[str, str], now: datetime) -> bool:
    """The tag is the last second; a user without one, or with one that cannot be read, is let in no more."""
    try:
        last = datetime.strptime(tags.get("lake:expires", ""), TIME).replace(tzinfo=now.tzinfo)
    except ValueError:
        return True
    return now > last


def everybody(iam: Any, path: str) -> list[User]:
    """All users of the silo's partners, by name; many at once, for IAM tells of each by itself."""
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        found = pool.map(lambda name: _user(iam, name, path, used=True), _names(iam, path))
        return [user for user in found if user is not None]


def folders(iam: Any, path: str) -> dict[str, str]:
    """Prefixes of those whom git declares, by their names; those of vended ones stand in the stack."""
    names = [name for name in _names(iam, path) if not name.startswith(VENDED)]
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        tags = pool.map(lambda name: _tags(iam, name), names)
        found = {name: said.get("lake:prefix", "") for name, said in zip(names, tags, strict=True)}
    return {name: prefix for name, prefix in found.items() if prefix}


def _names(iam: Any, path: str) -> list[str]:
    pages = iam.get_paginator("list_users").paginate(PathPrefix=path, PaginationConfig={"PageSize": PAGE})
    return sorted(user["UserName"] for page in pages for user in page["Users"] if user["Path"] == path)


def find(iam: Any, name: str, path: str, used: bool = False) -> User | None:
    """A user; None where it went meanwhile. `used` asks for each key when it last was."""
    try:
        there = iam.get_user(UserName=name)["User"]["Path"]
    except ClientError as error:
        if error.response["Error"]["Code"] == "NoSuchEntity":
            return None
        raise
    return _user(iam, name, path, used) if there == path else None


def _user(iam: Any, name: str, path: str, used: bool) -> User | None:
    try:
        keys = [_key(iam, key, used) for key in iam.list_access_keys(UserName=name)["AccessKeyMetadata"]]
    except ClientError as error:
        if error.response["Error"]["Code"] == "NoSuchEntity":
            return None
        raise
    return User(name, path, _tags(iam, name), tuple(keys))


def _tags(iam: Any, name: str) -> dict[str, str]:
    """None of a user that went meanwhile."""
    try:
        tags = iam.list_user_tags(UserName=name, MaxItems=100)["Tags"]
    except ClientError as error:
        if error.response["Error"]["Code"] == "NoSuchEntity":
            return {}
        raise
    return {tag["Key"]: tag["Value"] for tag in tags}


def _key(iam: Any, key: Mapping[str, Any], used: bool) -> Key:
    made = Key(key["AccessKeyId"], key["CreateDate"], key["Status"] == "Active")
    if not used:
        return made
    last = iam.get_access_key_last_used(AccessKeyId=made.id)["AccessKeyLastUsed"]
    service = last.get("ServiceName", "N/A")
    return Key(made.id, made.made, made.active, last.get("LastUsedDate"), "" if service == "N/A" else service)
