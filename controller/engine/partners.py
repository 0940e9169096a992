"""Partners' credentials as they are: what git declares beside what each silo's account has, and ending them at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import partial
from typing import Protocol

from controller.engine.observe import side_by_side, value_or
from controller.engine.vended import VendedReader, handed, remarks, troubles
from controller.kinds.partner import Access, Partner
from controller.model.credential import WELL, Ended, Held, LiveKey, LiveUser, State
from controller.model.health import Health, Part, SiloStatus
from controller.model.live import Place
from controller.model.observed import Absent, Observed, Present, Unreadable
from controller.model.ownership import TAG_EXPIRES, TAG_PREFIX, TAG_PROTOCOLS, member_address
from controller.model.vended import Handed, VendedStack, VendedState
from controller.resolve.credentials import EPOCH, Credential
from controller.resolve.lake import Lake, retired


class Users(Protocol):
    def users(self, place: Place) -> Observed[Sequence[LiveUser]]:
        """All users below /partners/ with their keys."""

    def disable(self, place: Place, user: str, key: str) -> None:
        """Make a key inactive. Raises AwsError."""

    def delete(self, place: Place, user: str, key: str) -> None:
        """Raises AwsError."""


@dataclass(frozen=True, slots=True)
class People:
    """The users below /partners/ of several silos, and what their web apps vended."""

    users: Mapping[str, Observed[Sequence[LiveUser]]]
    vended: Mapping[str, Observed[VendedStack]]
    now: datetime

    @property
    def unread(self) -> dict[str, str]:
        """Why, by silo, where users or what was vended could not be read: then nobody knows who has credentials."""
        found = [*self.users.items(), *self.vended.items()]
        return {silo: one.why for silo, one in found if isinstance(one, Unreadable)}

    def by_name(self, silo: str) -> dict[str, LiveUser]:
        return {user.name: user for user in value_or(self.users.get(silo, Absent()), ())}

    def handed(self, silo: str) -> tuple[Handed, ...]:
        """Nothing is said of them where their users, or they, could not be read."""
        stack = value_or(self.vended.get(silo, Absent()), None)
        if stack is None or not isinstance(self.users.get(silo), Present):
            return ()
        return handed(stack, self.by_name(silo), self.now)


def look(places: Mapping[str, Place | None], users: Users, vendings: VendedReader, now: datetime) -> People:
    there = {silo: place for silo, place in places.items() if place is not None}
    return People(
        side_by_side({silo: partial(users.users, place) for silo, place in there.items()}),
        side_by_side({silo: partial(vendings.vended, place, silo) for silo, place in there.items()}),
        now,
    )


def held(lake: Lake, places: Mapping[str, Place | None], people: People) -> tuple[Held, ...]:
    """In the order of partners, then silos."""
    several = (_of_silo(lake, silo, place, people) for silo, place in places.items())
    return tuple(sorted((one for each in several for one in each), key=lambda one: (one.partner, one.silo)))


def _of_silo(lake: Lake, silo: str, place: Place | None, people: People) -> Iterator[Held]:
    found, live = people.users.get(silo, Absent()), people.by_name(silo)
    for partner in lake.partners.values():
        for access in partner.access:
            if access.silo == silo and not retired(lake.silos[silo]):
                user = live.pop(partner.name, None)
                state, why = _unread(found) or judge(lake.credentials[partner.name], partner, user)
                yield _declared(partner, access, place, state, why, user)
    for one in people.handed(silo):
        yield _vended(silo, place, one, live.pop(one.vended.user, None))
    for user in live.values():
        why = f"no manifest declares the user {user.path}{user.name}"
        protocols = tuple(user.tags.get(TAG_PROTOCOLS, "").split())
        prefix, expires = user.tags.get(TAG_PREFIX, ""), user.tags.get(TAG_EXPIRES, "")[:10]
        yield Held(user.name, silo, place, State.FOREIGN, why, prefix, protocols, expires, None, user.keys)


def _declared(
    partner: Partner, access: Access, place: Place | None, state: State, why: str, user: LiveUser | None
) -> Held:
    keys = user.keys if user else ()
    expires, source = str(partner.expires), partner.manifest.at("spec.credentials")
    return Held(partner.name, access.silo, place, state, why, access.dropzone, access.protocols, expires, source, keys)


_VENDED = {
    VendedState.ACTIVE: State.VENDED,
    VendedState.MAKING: State.VENDED,
    VendedState.EXPIRED: State.EXPIRED,
    VendedState.STILL_ACTIVE: State.STILL_ACTIVE,
    VendedState.DISABLED: State.DISABLED,
    VendedState.MISSING: State.MISSING,
}


def _vended(silo: str, place: Place | None, handed: Handed, user: LiveUser | None) -> Held:
    one, keys = handed.vended, user.keys if user else ()
    note = f": {one.note}" if one.note else ""
    why = f"vended by {one.by} on {one.at[:10]}{note}"
    state = _VENDED[handed.state]
    return Held(one.user, silo, place, state, why, one.prefix, one.protocols, one.expires, None, keys, one)


def _unread(found: Observed[Sequence[LiveUser]]) -> tuple[State, str] | None:
    return (State.UNKNOWN, found.why) if isinstance(found, Unreadable) else None


def judge(wanted: Credential, partner: Partner, user: LiveUser | None) -> tuple[State, str]:
    """How a declared partner's user is, beside what git says of it today."""
    if user is None:
        return State.MISSING, "its user is not there yet"
    working = [key for key in user.keys if key.active]
    if not wanted.active:
        ended = State.REVOKED if partner.revoked else State.EXPIRED
        if working:
            return State.STILL_ACTIVE, f"{ended}, but the key {working[0].id} is active until the next apply"
        return ended, "" if partner.revoked else f"since {partner.expires + timedelta(days=1)}"
    if not working:
        return State.DISABLED, "all its keys are inactive, and its manifest does not say revoked"
    if partner.rotate_every_days is not None and working[-1].created < since(wanted.current.serial):
        return State.ROTATION_DUE, f"a new key is due since {since(wanted.current.serial)}"
    return State.ACTIVE, ""


def since(serial: int) -> date:
    """The first day of a key's period."""
    return EPOCH + timedelta(days=serial)


def over(wanted: Credential, user: Sequence[LiveKey]) -> LiveKey | None:
    """The older of two keys where it is of a period that is over: while it is there, no new one fits beside them."""
    oldest = min(key.serial for key in wanted.keys)
    if len(user) == 2 and user[0].created < since(oldest):
        return user[0]
    return None


def revoke(one: Held, users: Users) -> tuple[Ended, ...]:
    """Make all keys inactive and read them back. Raises AwsError."""
    place = one.place
    if place is None:
        return ()
    for key in one.keys:
        if key.active:
            users.disable(place, one.partner, key.id)
    match users.users(place):
        case Present(value=found):
            live = {key.id: key for user in found if user.name == one.partner for key in user.keys}
            return tuple(Ended(one, key, not state.active) for key, state in sorted(live.items()))
        case _:
            return tuple(Ended(one, key.id, False) for key in one.keys)


def make_room(one: Held, wanted: Credential, users: Users) -> LiveKey | None:
    """Delete the key that keeps a due one from being made; tells which. Raises AwsError."""
    key = over(wanted, one.keys)
    if key is not None and one.place is not None:
        users.delete(one.place, one.partner, key.id)
    return key


def with_partners(
    statuses: Sequence[SiloStatus], lake: Lake, users: Users, vendings: VendedReader, now: datetime
) -> tuple[SiloStatus, ...]:
    """Each silo's status with what was vended, and a part for every credential that is not as it should be."""
    places = {one.silo: Place(one.account, one.region) if one.account else None for one in statuses}
    published = {one.silo for one in statuses if one.delivery.published}  # before that there are no roles to read with
    asked = {silo: place for silo, place in places.items() if silo in lake.silos and silo in published}
    people = look(asked, users, vendings, now)
    parts: dict[str, list[Part]] = {}
    for one in held(lake, asked, people):
        if one.state not in WELL and one.place is not None and one.vended is None:
            parts.setdefault(one.silo, []).append(_part(one))
    several = (replace(one, parts=(*one.parts, *parts.get(one.silo, ()))) for one in statuses)
    return tuple(_with_vended(one, people, places[one.silo]) for one in several)


def _with_vended(status: SiloStatus, people: People, place: Place | None) -> SiloStatus:
    match people.vended.get(status.silo):
        case Present(stack) if place is not None:
            given = people.handed(status.silo)
            return replace(
                status,
                parts=(*status.parts, *troubles(status.silo, stack, given)),
                vended=given,
                remarks=(*status.remarks, *remarks(place, stack, people.now)),
            )
        case Unreadable(why) if status.health is not Health.UNKNOWN:
            part = Part(f"{member_address(status.silo)}/vended", Health.UNKNOWN, why)
            return replace(status, parts=(*status.parts, part))
        case _:
            return status


_ADVICE = {
    State.FOREIGN: "declare it, or siloctl partner revoke and delete the user",
    State.DISABLED: "set spec.revoked to true, or make a new key: siloctl partner rotate",
}


def _part(one: Held) -> Part:
    health = {State.UNKNOWN: Health.UNKNOWN, State.MISSING: Health.MISSING}.get(one.state, Health.DEGRADED)
    reason = one.why if one.state in (State.UNKNOWN, State.MISSING) else f"{one.state}: {one.why}"
    return Part(one.address, health, reason, _ADVICE.get(one.state, "siloctl apply"), one.source)
