"""Silos that deploy what lies in their code bucket, after some time of the fake's own clock.

Says what AWS says: a pipeline takes a bundle's newest version and remembers it; a stack whose update failed is back at
what it ran before, and stays UPDATE_ROLLBACK_COMPLETE until an update succeeds. Built in: `fails` (accounts where every
bundle but the first fails), `breaks` (accounts whose stack fails later, after so many seconds of health).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from controller.model.live import LivePipeline, LiveStack, Place
from controller.model.observed import Absent, Observed, Present, Unreadable
from controller.model.ownership import PIPELINE, bundle_key
from controller.model.world import Stored
from controller.publish.bundle import open_bundle
from tests.fakes.silos import FakeSilos

if TYPE_CHECKING:
    from tests.fakes.aws import FakeAws


@dataclass
class Taken:
    """One version that a pipeline took."""

    stored: Stored
    at: datetime
    good: bool

    @property
    def digest(self) -> str:
        return open_bundle(self.stored.content).digest


@dataclass
class LivingSilos(FakeSilos):
    aws: FakeAws | None = None
    seconds: float = 20.0  # that a deployment takes
    fails: set[str] = field(default_factory=set)  # accounts
    breaks: dict[str, float] = field(default_factory=dict)  # account -> seconds after a deployment
    taken: dict[str, list[Taken]] = field(default_factory=dict)
    looks: list[str] = field(default_factory=list)  # accounts whose pipeline was looked at

    def pipeline(self, place: Place, name: str) -> Observed[LivePipeline]:
        self.looks.append(place.account)
        if place.account in self.cut_off:
            return Unreadable("AccessDenied (sts:AssumeRole)")
        taken = self._take(place)
        if not taken or name != PIPELINE:
            return Absent()
        now, newest = self._now, taken[-1]
        status = "InProgress" if now < newest.at + self._time else "Succeeded" if newest.good else "Failed"
        updated = min(now, newest.at + self._time)
        return Present(LivePipeline(status, newest.stored.version, _text(newest.at), "", "", _text(updated)))

    def stack(self, place: Place, name: str) -> Observed[LiveStack]:
        if place.account in self.cut_off:
            return Unreadable("AccessDenied (sts:AssumeRole)")
        taken = self._take(place)
        over = [one for one in taken if self._now >= one.at + self._time]
        good = [one for one in over if one.good]
        if not good:
            return Absent()
        status = "UPDATE_COMPLETE" if over[-1].good else "UPDATE_ROLLBACK_COMPLETE"
        if len(over) > 1 and not over[-2].good and over[-1].digest == good[-2 if len(good) > 1 else -1].digest:
            status = "UPDATE_ROLLBACK_COMPLETE"  # nothing was to be updated
        broken = self.breaks.get(place.account)
        if broken is not None and self._now >= over[-1].at + self._time + timedelta(seconds=broken):
            status = "UPDATE_ROLLBACK_FAILED"
        outputs = {"BundleDigest": good[-1].digest}
        return Present(LiveStack("id", name, status, "", _text(good[-1].at), {}, outputs))

    def _take(self, place: Place) -> list[Taken]:
        """A pipeline polls all the time; the tests' time goes on only while somebody waits."""
        assert self.aws is not None
        known = self.taken.setdefault(place.account, [])
        match self.aws.bucket(place.region).get(bundle_key(place.account)):
            case Present(stored) if not known or known[-1].stored.version != stored.version:
                again = any(one.digest == open_bundle(stored.content).digest and one.good for one in known)
                good = not known or again or place.account not in self.fails
                known.append(Taken(stored, self._now, good))
        return known

    @property
    def _now(self) -> datetime:
        assert self.aws is not None
        return self.aws.clock

    @property
    def _time(self) -> timedelta:
        return timedelta(seconds=self.seconds)


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
