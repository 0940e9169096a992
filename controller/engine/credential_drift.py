"""Drift of partners' credentials: keys and users as they are, beside those that stacks made and what git says today.

CloudFormation finds none of it: it does not compare access keys (user guide, "Resource type support"), and whom
somebody else made is not in its stacks.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from controller.diff.change import Detail
from controller.diff.drift import DriftClass, Finding
from controller.engine.partners import judge, since
from controller.engine.ways_out import APPLY
from controller.model.credential import LiveKey, LiveUser, State
from controller.model.live import LiveResource
from controller.model.ownership import PARTNER_PATH, member_address
from controller.model.source import Source
from controller.model.vended import Handed
from controller.publish.origin import Origin
from controller.resolve.adoption import adopted
from controller.resolve.lake import Lake

USER, KEY = "AWS::IAM::User", "AWS::IAM::AccessKey"


@dataclass(frozen=True, slots=True)
class MadeKey:
    """An access key that a stack made, and how it left it."""

    id: str
    user: str
    active: bool
    source: Source | None


@dataclass(frozen=True, slots=True)
class Made:
    """What the stacks of one silo made for partners."""

    users: frozenset[str] = frozenset()
    keys: tuple[MadeKey, ...] = ()

    def __add__(self, other: Made) -> Made:
        return Made(self.users | other.users, (*self.keys, *other.keys))


def made(nested: str, template: Mapping[str, object], resources: Sequence[LiveResource], origin: Origin) -> Made:
    """Read from a stack's template as it was deployed, and the names that its resources got."""
    described = template.get("Resources", {})
    names = {one.logical_id: one.physical_id for one in resources if one.physical_id}
    keys = []
    for one in resources:
        body = described.get(one.logical_id) if isinstance(described, Mapping) else None
        if one.type == KEY and one.physical_id and isinstance(body, Mapping):
            properties = body.get("Properties", {})
            said = properties.get("UserName", "")
            user = names.get(said.get("Ref", ""), "") if isinstance(said, Mapping) else str(said)
            active = properties.get("Status", "Active") == "Active"
            keys.append(MadeKey(one.physical_id, user, active, origin.source(nested, one.logical_id)))
    users = frozenset(one.physical_id for one in resources if one.type == USER and one.physical_id)
    return Made(users, tuple(keys))


@dataclass(frozen=True, slots=True)
class CredentialDrift:
    """The credentials of one silo's account."""

    lake: Lake
    silo: str
    account: str
    made: Made
    vended: frozenset[str] = frozenset()  # users that its web app made

    def findings(self, users: Sequence[LiveUser]) -> Iterator[Finding]:
        """In the order of the users, each with all its keys."""
        live = {user.name: user for user in users}
        for user in users:
            if user.name in self.made.users:
                yield from self._keys(user)
                yield from self._by_the_day(user)
            else:
                yield self._foreign(user)
        for key in self.made.keys:
            user_or_none = live.get(key.user)
            if user_or_none is not None and key.id not in {one.id for one in user_or_none.keys}:
                yield self._gone(key)

    def _address(self, user: str) -> str:
        return f"{member_address(self.silo)}/partner/{user}"

    def _there(self, command: str) -> str:
        return f"{command}  # in account {self.account}"

    def _source(self, user: str) -> Source | None:
        partner = self.lake.partners.get(user)
        return partner.manifest.at("spec.credentials") if partner else None

    def _where(self, user: str) -> str:
        source = self._source(user)
        return f" at {source.path}:{source.line}" if source else ""

    def _accepted(self, user: str, by_git: str, by_the_app: str) -> str:
        return f"{by_the_app} in the web app" if user in self.vended else f"{by_git}{self._where(user)}, then {APPLY}"

    def _foreign(self, user: LiveUser) -> Finding:
        ends = [_delete_key(user.name, key) for key in user.keys]
        command = " && ".join([*ends, f"aws iam delete-user --user-name {shlex.quote(user.name)}"])
        return Finding(
            DriftClass.CREDENTIAL_FOREIGN,
            self._address(user.name),
            USER,
            f"is a user below {PARTNER_PATH} that no stack of the lake made",
            (
                Detail("user", None, f"{user.path}{user.name}"),
                *(Detail(f"key {k.id}", None, _is(k)) for k in user.keys),
            ),
            reassert=self._there(f"{command}  # policies and groups that somebody gave it go first"),
            accept="write a Partner manifest for who uses it, hand over the pair that it makes, then delete this user",
            since=user.created,
        )

    def _keys(self, user: LiveUser) -> Iterator[Finding]:
        ours = {key.id: key for key in self.made.keys}
        for key in user.keys:
            if key.id not in ours:
                yield self._added(user, key)
            elif key.active != ours[key.id].active:
                yield self._switched(user, key, ours[key.id])

    def _added(self, user: LiveUser, key: LiveKey) -> Finding:
        return Finding(
            DriftClass.CREDENTIAL_FOREIGN,
            self._address(user.name),
            KEY,
            "has a key that no stack of the lake made",
            (Detail(f"key {key.id}", None, _is(key)),),
            reassert=self._there(_delete_key(user.name, key)),
            accept="nothing to write: no manifest can name a key that was made by hand",
            since=str(key.created),
            source=self._source(user.name),
        )

    def _switched(self, user: LiveUser, key: LiveKey, made: MadeKey) -> Finding:
        status = "Active" if made.active else "Inactive"
        named = f"--user-name {shlex.quote(user.name)} --access-key-id {shlex.quote(key.id)}"
        command = f"aws iam update-access-key {named} --status {status}"
        by_git = "set spec.revoked: true" if made.active else "write a later spec.credentials.expires"
        return Finding(
            DriftClass.CREDENTIAL_CHANGED,
            self._address(user.name),
            KEY,
            "has a key that was made inactive by hand" if made.active else "has a key that was made active by hand",
            (Detail(f"key {key.id}", status, _is(key)),),
            reassert=self._there(command),
            accept=self._accepted(user.name, by_git, "revoke it" if made.active else "extend it"),
            source=made.source or self._source(user.name),
        )

    def _gone(self, key: MadeKey) -> Finding:
        again = f"siloctl partner rotate {shlex.quote(key.user)}  # says how a new one is made"
        return Finding(
            DriftClass.CREDENTIAL_CHANGED,
            self._address(key.user),
            KEY,
            "has lost a key: it was deleted by hand",
            (Detail(f"key {key.id}", "Active" if key.active else "Inactive", None),),
            reassert="rotate it in the web app" if key.user in self.vended else again,
            accept=self._accepted(key.user, "set spec.revoked: true", "revoke it"),
            source=key.source or self._source(key.user),
        )

    def _by_the_day(self, user: LiveUser) -> Iterator[Finding]:
        """What time made wrong, of keys that are as they were deployed."""
        partner, wanted = self.lake.partners.get(user.name), self.lake.credentials.get(user.name)
        if partner is None or wanted is None:
            return
        as_made = {key.id for key in self.made.keys if key.active}
        kept = replace(user, keys=tuple(key for key in user.keys if key.active and key.id in as_made))
        state, _ = judge(wanted, partner, kept)
        at = self._where(user.name)
        if state is State.STILL_ACTIVE:
            word = "revoked" if partner.revoked else f"expired since {partner.expires}"
            yield Finding(
                DriftClass.CREDENTIAL_EXPIRED,
                self._address(user.name),
                KEY,
                f"is {word}, and a key of it is active",
                tuple(Detail(f"key {key.id}", "Inactive", _is(key)) for key in kept.keys),
                reassert=APPLY,
                accept=f"take spec.revoked away{at}"
                if partner.revoked
                else f"write a later spec.credentials.expires{at}",
                since="" if partner.revoked else f"{partner.expires}T23:59:59Z",
                source=self._source(user.name),
            )
        if state is State.ROTATION_DUE:
            due = since(wanted.current.serial)
            yield Finding(
                DriftClass.CREDENTIAL_UNROTATED,
                self._address(user.name),
                KEY,
                f"has no key of the period that began on {due}",
                (Detail("newest key made", f"{due} or later", str(kept.keys[-1].created)),),
                reassert=APPLY,
                accept=f"write a longer spec.credentials.rotateEveryDays{at}",
                since=str(due),
                source=self._source(user.name),
            )


def _is(key: LiveKey) -> str:
    return "Active" if key.active else "Inactive"


def _delete_key(user: str, key: LiveKey) -> str:
    return f"aws iam delete-access-key --user-name {shlex.quote(user)} --access-key-id {shlex.quote(key.id)}"


def vended_finding(lake: Lake, silo: str, one: Handed) -> Finding:
    """Told, but no drift: it was meant, and ends by itself. With the manifest that would adopt it."""
    vended = one.vended
    note = f": {vended.note}" if vended.note else ""
    seen = "" if one.shown else "; its secret was never shown to anybody"
    return Finding(
        DriftClass.VENDED_BY_HAND,
        f"{member_address(silo)}/vended/{vended.name}",
        USER,
        f"was vended by {vended.by} until {vended.expires}{note}{seen}",
        (
            Detail("prefix", None, vended.prefix),
            Detail("permissions", None, list(vended.permissions)),
            Detail("state", None, one.state.value),
        ),
        reassert="nothing to do: it ends by itself, or by Revoke in the web app",
        accept=f"siloctl partner adopt {silo}/{vended.name}",
        since=vended.at,
        manifest=adopted(lake, silo, vended),
    )
