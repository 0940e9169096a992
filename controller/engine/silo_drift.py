"""Drift of one silo or consumer, from its pipeline down to the policies of its buckets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from controller.engine.delivery_drift import DeliveryDrift
from controller.engine.found import Found, Subject
from controller.engine.observe import side_by_side, value_or
from controller.engine.own_reading import OwnReading
from controller.engine.partner_drift import PartnerDrift
from controller.engine.partners import Users
from controller.engine.ports import Ports
from controller.engine.published import origin_of
from controller.engine.restoring import restoring
from controller.engine.silos import Silos
from controller.engine.stack_drift import NESTED, StackDrift
from controller.engine.vended import VendedReader
from controller.engine.ways_out import NEVER_MADE, START, START_SITE
from controller.model.index import Entry
from controller.model.live import LivePipeline, LiveResource, LiveStack, Place
from controller.model.observed import Absent, Present, Unreadable
from controller.model.ownership import CONSUMER, PIPELINE, SILO_STACK, SITE_PIPELINE
from controller.resolve.lake import Lake


@dataclass(frozen=True, slots=True)
class Eyes:
    """What looks: the ports, and whether the index could be read."""

    ports: Ports
    silos: Silos
    users: Users
    vendings: VendedReader
    index_known: bool


def look_into(lake: Lake, eyes: Eyes, name: str, entry: Entry | None, place: Place) -> Found:
    """All that differs there; what could not be read is told too."""
    subject = Subject(lake, name, place, origin_of(eyes.ports, lake, name, place))
    _Look(eyes, subject, entry).all()
    return subject.found


@dataclass(frozen=True, slots=True)
class _Look:
    eyes: Eyes
    subject: Subject
    entry: Entry | None

    def all(self) -> None:
        silos, place, found = self.eyes.silos, self.subject.place, self.subject.found
        restored = partial(restoring, self.subject.lake, self.eyes.ports, silos, place)
        delivery = DeliveryDrift(self.subject, self.entry, self.eyes.ports.now(), restored)
        pipeline = value_or(silos.pipeline(place, PIPELINE), None)
        delivery.deaf(pipeline, "pipeline", "no longer looks for new bundles", START)
        if self.entry and self.entry.site:
            pages = value_or(silos.pipeline(place, SITE_PIPELINE), None)
            delivery.deaf(pages, "site", "no longer looks for new pages", START_SITE)
        root = self._root(delivery, pipeline)
        if root is None:
            return
        found.compared["consumers" if self.subject.name.startswith(CONSUMER) else "silos"] += 1
        delivery.deployed(root, pipeline)
        if root.status in NEVER_MADE:  # it has nothing to compare
            return
        nested, gone = self._detected(root)
        there = {name: stack for name, stack in nested.items() if name not in gone}
        listed = self._listed(there)
        if listed.keys() == there.keys() and not root.status.endswith("_IN_PROGRESS"):
            partners = PartnerDrift(silos, self.eyes.users, self.eyes.vendings, self.subject, delivery.now)
            partners.look(there, listed)

    def _root(self, delivery: DeliveryDrift, pipeline: LivePipeline | None) -> LiveStack | None:
        match self.eyes.silos.stack(self.subject.place, SILO_STACK):
            case Present(live):
                return live
            case Absent() | Unreadable() if self.entry is None and self.eyes.index_known:
                self.subject.found.unpublished.append(self.subject.address)
            case Unreadable(why):
                self.subject.unread("", why)
            case Absent():
                if self.entry and not delivery.under_way(self.entry, None, pipeline):
                    self.subject.found.findings.append(delivery.without_stack(self.entry))
        return None

    def _detected(self, root: LiveStack) -> tuple[Mapping[str, str], frozenset[str]]:
        """The nested stacks by their logical ids, and which of them are gone."""
        silos, place = self.eyes.silos, self.subject.place
        resources = self._resources(root.id, "") or ()
        nested = {r.logical_id: r.physical_id for r in resources if r.type == NESTED and r.physical_id}
        stacks = {"": root.id, **nested}
        drift = StackDrift(silos, self.subject, tuple(sorted(root.parameters)))
        detected = side_by_side({name: partial(silos.drift, place, stack) for name, stack in stacks.items()})
        for name, drifts in detected.items():
            drift.take(name, stacks[name], drifts)
        return nested, frozenset(drift.gone)

    def _listed(self, there: Mapping[str, str]) -> Mapping[str, Sequence[LiveResource]]:
        """The resources of those nested stacks that could be listed, what nobody else detects compared."""
        read = {name: self._resources(stack, name) for name, stack in there.items()}
        listed = {name: resources for name, resources in read.items() if resources is not None}
        own = OwnReading(self.eyes.silos, self.subject)
        for name, resources in listed.items():
            if why := own.look(name, there[name], resources):
                self.subject.unread(self.subject.origin.nested_address(name), why)
        return listed

    def _resources(self, stack: str, nested: str) -> Sequence[LiveResource] | None:
        match self.eyes.silos.resources(self.subject.place, stack):
            case Present(resources):
                return resources
            case Unreadable(why):
                self.subject.unread(self.subject.origin.nested_address(nested) if nested else "bundle", why)
                return None
            case Absent():
                return ()
