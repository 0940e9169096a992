"""Which keys a partner has on a day: the same manifests and the same day always give the same keys.

A user has two keys at most (IAM user guide, quotas), and CloudFormation makes a new one before it deletes an old one.
So keys take turns in two places, A and B: a new one comes into the free place, and the old one goes some days later.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from controller.kinds.partner import Partner

EPOCH = date(2020, 1, 1)  # from which periods count where a manifest does not say
OVERLAP_DAYS = 7  # for so long, and at most half a period, the old key works beside the new one


@dataclass(frozen=True, slots=True)
class Key:
    place: str  # A | B
    serial: int  # days from EPOCH to the start of its period: it only ever grows


@dataclass(frozen=True, slots=True)
class Credential:
    """What a partner logs in with, on one day."""

    current: Key
    previous: Key | None  # while the overlap lasts
    active: bool  # neither revoked nor expired

    @property
    def keys(self) -> tuple[Key, ...]:
        """In the order of their places."""
        found = (self.current,) if self.previous is None else (self.current, self.previous)
        return tuple(sorted(found, key=lambda key: key.place))


def credential(partner: Partner, today: date) -> Credential:
    """The key of the period that `today` lies in, and for a while the one of the period before."""
    active = not partner.revoked and today <= partner.expires
    since, days = partner.issued or EPOCH, partner.rotate_every_days
    if days is None:
        return Credential(Key("A", (since - EPOCH).days), None, active)
    number, age = divmod((today - since).days, days)
    first = partner.issued is not None and number <= 0  # before it there was no period
    overlaps = age < overlap(days) and not first
    return Credential(_key(since, days, number), _key(since, days, number - 1) if overlaps else None, active)


def overlap(days: int) -> int:
    """For how many days two keys work when one is replaced every `days`; 0 where a period is a single day."""
    return min(OVERLAP_DAYS, days // 2)


def due(partner: Partner, today: date) -> date | None:
    """The day of the next key; None where the manifest asks for none."""
    if partner.rotate_every_days is None:
        return None
    since, days = partner.issued or EPOCH, partner.rotate_every_days
    return since + timedelta(days=((today - since).days // days + 1) * days)


def _key(since: date, days: int, number: int) -> Key:
    return Key("AB"[number % 2], (since - EPOCH).days + number * days)
