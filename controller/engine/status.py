"""How each silo is: the way of its bundle from the manifests to its root stack, and the health of what carries it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from controller.engine.delivery import delivery, pipeline_part, site_part, sync
from controller.engine.observe import read_index, side_by_side, value_or
from controller.engine.ports import Ports
from controller.engine.published import origin_of
from controller.engine.residence import UNASKED, Residence, residence
from controller.engine.restoring import restoring
from controller.engine.shares import ShareReader
from controller.engine.silos import Silos
from controller.engine.unmatched import departed, heir
from controller.engine.ways_out import APPLY, DECLARE, LEFT_OVER, NEVER_MADE, START, anew, there, way_out
from controller.model.health import Delivery, Health, Part, SiloStatus, Sync
from controller.model.index import Index
from controller.model.live import LiveStack, Place
from controller.model.observed import Absent, Observed, Present, Unreadable
from controller.model.ownership import CONSUMER, PIPELINE, SILO_STACK, SITE_PIPELINE, member_address
from controller.render.blueprint import Catalogue
from controller.render.silo import inputs
from controller.resolve.lake import Lake
from controller.resolve.unmatched import rekeyed

_RUNS = frozenset({"CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "IMPORT_COMPLETE"})


def statuses(
    lake: Lake, catalogue: Catalogue, ports: Ports, silos: Silos, names: Sequence[str] = ()
) -> tuple[SiloStatus, ...]:
    """The status of `names`, or of all silos, in the order of their names; an unreachable silo is Unknown."""
    index = read_index(ports, lake.organization.home_region)
    asked = [name for name in lake.members if name in names or not names]
    wanted = {name: inputs(lake, name, catalogue) for name in asked}
    known = rekeyed(lake, value_or(index, Index({})))
    where = residence(lake, ports, known.silos, asked) if not isinstance(index, Unreadable) else UNASKED
    reader = StatusReader(lake, ports, silos, known, _why(index), wanted, where)
    reads = {name: partial(reader.read, name) for name in asked}
    if not names:
        reads |= {name: partial(reader.departed, name) for name in known.silos if name not in lake.members}
    return tuple(side_by_side(reads).values())


def _why(index: Observed[Index]) -> str:
    return f"the index could not be read: {index.why}" if isinstance(index, Unreadable) else ""


@dataclass(frozen=True, slots=True)
class StatusReader:
    lake: Lake
    ports: Ports
    silos: Silos
    index: Index
    index_unknown: str  # why nothing is known of what was published; empty where it is known
    wanted: Mapping[str, str]
    where: Residence = UNASKED
    shares: bool = True  # whether what others share with a member is part of its health

    def read(self, name: str) -> SiloStatus:
        silo = self.lake.member(name)
        entry = self.index.silos.get(name)
        place = self.where.place(silo, entry)
        wanted = self.wanted[name]
        if place is None:
            return self._status(name, None, Delivery(wanted), (self._placeless(name),))
        if self.where.outside(place, entry):
            reason = f"account {place.account} is not enrolled yet: no baseline has made the roles to read it with"
            part = Part(f"{member_address(name)}/baseline", Health.MISSING, reason, APPLY, silo.manifest.at())
            return self._status(name, place, Delivery(wanted), (part,))
        pipeline = self.silos.pipeline(place, PIPELINE)
        stack = self.silos.stack(place, SILO_STACK)
        way = delivery(wanted, entry, pipeline, stack)
        carrier = pipeline_part(name, place, pipeline, entry)
        parts = [carrier, self._stack_part(name, place, stack, carrier)]
        if not entry:
            parts.insert(0, self._unpublished(name))
        if all(part.health is Health.HEALTHY for part in parts):  # before that, nobody there can read anything
            if entry and entry.site:  # made by the stack, so not looked for before that is there
                parts.append(site_part(name, place, self.silos.pipeline(place, SITE_PIPELINE), entry))
            if self.shares:
                parts += ShareReader(self.lake, self.silos, self.index, self.wanted).parts(silo, place)
        since = pipeline.value.updated if isinstance(pipeline, Present) else ""
        remarks = (*self._undeclared(name), *_retired(stack))
        return replace(self._status(name, place, way, tuple(parts)), remarks=remarks, since=since)

    def departed(self, name: str) -> SiloStatus:
        """One that was published, and has no manifest any more: its account goes on as it was."""
        entry = self.index.silos[name]
        place = Place(entry.account, entry.region)
        pipeline, stack = self.silos.pipeline(place, PIPELINE), self.silos.stack(place, SILO_STACK)
        carrier = pipeline_part(name, place, pipeline, entry)
        parts = (carrier, self._stack_part(name, place, stack, carrier))
        back = f"write it back with spec.lifecycle: retired, {APPLY}, then take it away"
        way = delivery("", entry, pipeline, stack)
        if entry.default and (why := self.lake.defaults.unread):
            unknown = Part(member_address(name), Health.UNKNOWN, f"the silo units' accounts could not be read: {why}")
            return SiloStatus(name, entry.account, entry.region, Sync.UNKNOWN, unknown.reason, way, (unknown, *parts))
        key = heir(self.lake, entry)
        forgotten = key or entry.retired or entry.default or name.startswith(CONSUMER)
        why = departed(self.lake, entry) if entry.default else "its manifest is gone"
        goes_on = f"{why}, and its account goes on running what was published"
        reason = f"account {entry.account} is {member_address(key)} now" if key else goes_on
        gone = Part(member_address(name), Health.MISSING, reason, f"{APPLY}, which forgets it" if forgotten else back)
        return SiloStatus(name, entry.account, entry.region, Sync.OUT_OF_SYNC, reason, way, (gone, *parts))

    def _undeclared(self, name: str) -> Iterator[str]:
        if one := self.lake.defaults.residents.get(name):
            yield f"a default silo: no manifest names account {one.account.id}; {DECLARE} {name} prints one"

    def _status(self, name: str, place: Place | None, way: Delivery, parts: tuple[Part, ...]) -> SiloStatus:
        entry = self.index.silos.get(name)
        synced, reason = sync(way, self.index_unknown, parts, entry.refused if entry else None)
        silo = self.lake.member(name)
        return SiloStatus(name, place.account if place else "", silo.region, synced, reason, way, parts)

    def _placeless(self, name: str) -> Part:
        source = self.lake.member(name).manifest.at()
        if why := self.index_unknown or self.where.unread:
            return Part(f"account/{name}", Health.UNKNOWN, why, source=source)
        return Part(f"account/{name}", Health.MISSING, "its account does not exist yet", APPLY, source)

    def _unpublished(self, name: str) -> Part:
        if why := self.index_unknown:
            return Part(f"{member_address(name)}/bundle", Health.UNKNOWN, why)
        return Part(f"{member_address(name)}/bundle", Health.MISSING, "nothing was published for it yet", APPLY)

    def _stack_part(self, name: str, place: Place, stack: Observed[LiveStack], carrier: Part) -> Part:
        address = f"{member_address(name)}/stack"
        match stack:
            case Unreadable(why=why):
                return Part(address, Health.UNKNOWN, why)
            case Absent() if carrier.health is Health.HEALTHY:
                return Part(
                    address, Health.DEGRADED, f"{SILO_STACK} is gone: it was deleted by hand", self._anew(place)
                )
            case Absent():
                coming = carrier.health is Health.PROGRESSING
                health = Health.PROGRESSING if coming else Health.MISSING
                return Part(address, health, f"{SILO_STACK} is not there yet")
            case Present(value=live) if live.status in _RUNS:  # which bundle it runs is a question of sync
                return Part(address, Health.HEALTHY, live.status)
            case Present(value=live) if live.status == "UPDATE_ROLLBACK_COMPLETE" and self._as_published(name, live):
                return Part(address, Health.HEALTHY, f"{live.status}, to what is published")
            case Present(value=live) if live.status.endswith("_IN_PROGRESS") and "ROLLBACK" not in live.status:
                return Part(address, Health.PROGRESSING, live.status)
            case Present(value=live):
                return self._failed_stack(name, place, live)

    def _as_published(self, name: str, live: LiveStack) -> bool:
        """After a rollback of its wave: what CloudFormation went back to is published again, and is no update to it."""
        entry = self.index.silos.get(name)
        return entry is not None and live.outputs.get("BundleDigest") == entry.bundle

    def _anew(self, place: Place) -> str:
        return restoring(self.lake, self.ports, self.silos, place) or anew(place)

    def _anew_after(self, live: LiveStack, place: Place) -> str:
        """A root that was made is not to be deleted, whatever it cannot make."""
        made = live.status not in NEVER_MADE
        return "" if made else restoring(self.lake, self.ports, self.silos, place, failed=True)

    def _failed_stack(self, name: str, place: Place, live: LiveStack) -> Part:
        advice = way_out(live.status, place)
        match self.silos.failure(place, live.id):
            case Present(value=failed) if failed.logical_id:
                origin = origin_of(self.ports, self.lake, name, place)
                reason = f"{live.status}: {origin.address(failed.nested, failed.logical_id)}: {failed.reason}"
                source = origin.source(failed.nested, failed.logical_id)
                if "already exists" in failed.reason:
                    again = f"then {there(START, place)}" if live.status == "UPDATE_ROLLBACK_COMPLETE" else advice
                    advice = self._anew_after(live, place) or f"{LEFT_OVER}; {again}"
                return Part(f"{member_address(name)}/stack", Health.DEGRADED, reason, advice, source)
            case _:
                reason = f"{live.status}: {live.reason}" if live.reason else live.status
                return Part(f"{member_address(name)}/stack", Health.DEGRADED, reason, advice)


def _retired(stack: Observed[LiveStack]) -> Iterator[str]:
    """Told of what is deployed, as the others: a manifest that says so may not have got there yet."""
    if isinstance(stack, Present) and "Retired" in stack.value.outputs:
        yield "retired: its data and keys are kept, and nothing works on them any more"
