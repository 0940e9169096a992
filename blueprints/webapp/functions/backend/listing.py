"""All credentials of the silo's partners in one list: those in git and those vended, as said and as they are."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from credential import Credential
from people import VENDED, User
from secret import Mark
from stack import Seen


def entries(users: list[User], seen: Seen, marks: Mapping[str, Mark | None], now: datetime) -> list[dict[str, Any]]:
    """By name, vended ones after those in git."""
    vended = seen.document.credentials
    live = {user.name.removeprefix(VENDED): user for user in users if user.name.startswith(VENDED)}
    found = [in_git(user, now) for user in users if not user.name.startswith(VENDED)]
    for name in sorted({*vended, *live}):
        found.append(entry(name, vended.get(name), live.get(name), seen.busy, marks.get(name), now))
    return found


def in_git(user: User, now: datetime) -> dict[str, Any]:
    return {
        **_of_tags(user.name, "git", user),
        "state": user.state(now),
        "note": "",
        "vendedBy": None,
        "vendedAt": None,
        "shown": None,
    }


def entry(
    name: str, said: Credential | None, user: User | None, busy: bool, mark: Mark | None, now: datetime
) -> dict[str, Any]:
    """`said` is None for one that is being taken away, `user` for one that is not made yet."""
    told = _of_tags(name, "vended", user) if user else {"name": name, "origin": "vended", "keys": []}
    by = {"note": "", "vendedBy": user.tags.get("lake:vended-by") if user else None, "vendedAt": None}
    return {
        **told,
        **(by if said is None else _of_stack(said)),
        "state": state(said, user, busy, now),
        "shown": mark is not None,
    }


def _of_stack(said: Credential) -> dict[str, Any]:
    return {
        "prefix": f"{said.prefix}/",
        "protocols": list(said.protocols),
        "permissions": list(said.permissions),
        "cidrs": list(said.cidrs),
        "maxObjectMiB": said.max_object_mib,
        "expires": said.expires,
        "note": said.note,
        "vendedBy": said.by,
        "vendedAt": said.at,
    }


def state(said: Credential | None, user: User | None, busy: bool, now: datetime) -> str:
    if said is None:
        return "ending" if busy else "failed"
    if user is None or not user.keys:
        return "making" if busy else "failed"
    return user.state(now)


def _of_tags(name: str, origin: str, user: User) -> dict[str, Any]:
    return {
        "name": name,
        "origin": origin,
        "prefix": f"{user.tags.get('lake:prefix', '')}/",
        "protocols": user.words("lake:protocols"),
        "permissions": user.words("lake:permissions"),
        "cidrs": user.words("lake:cidrs"),
        "maxObjectMiB": user.max_object_mib,
        "expires": user.tags.get("lake:expires", ""),
        "keys": [key.told() for key in user.keys],
    }
