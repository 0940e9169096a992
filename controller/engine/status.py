"""How each silo is: the way of its bundle from the manifests to its root stack, and the health of what carries it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from controller.engine.observe import read_index, side_by_side, value_or
from controller.engine.ports import Ports
from controller.engine.residence import UNASKED, Residence, residence
from controller.engine.shares import ShareReader
from controller.engine.silos import Silos
from controller.model.health import Delivery, Health, Part, SiloStatus, Sync
from controller.model.index import Entry, Index
from controller.model.live import LivePipeline, LiveStack, Place
from controller.model.observed import Absent, Observed, Present, Unreadable
from controller.model.ownership import CONSUMER, PIPELINE, SILO_STACK, SITE_PIPELINE, bundle_key, member_address
from controller.publish.archive import ArchiveRefused
from controller.publish.bundle import read_release
from controller.publish.origin import Origin
from controller.render.blueprint import Catalogue
from controller.render.silo import inputs
from controller.resolve.lake import Lake, Member

_RUNS = frozenset({"CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "IMPORT_COMPLETE"})
SOON, SELDOM = 0.5, 10.0  # seconds between two looks while waiting: the first ones, the last ones
APPLY = "siloctl apply"
START = f"aws codepipeline start-pipeline-execution --name {PIPELINE}"
BY_HAND = "blueprints/silo/README.md, A stack deleted by hand"
LEFT_OVER = f"take away what a failed attempt left, such as a bucket (aws s3 rb --force); with data in it: {BY_HAND}"
START_SITE = f"aws codepipeline start-pipeline-execution --name {SITE_PIPELINE}"


def place_of(silo: Member, entry: Entry | None) -> Place | None:
    """Where the silo lives, as far as manifests and index tell; None where they do not."""
    return UNASKED.place(silo, entry)


def statuses(
    lake: Lake, catalogue: Catalogue, ports: Ports, silos: Silos, names: Sequence[str] = ()
) -> tuple[SiloStatus, ...]:
    """The status of `names`, or of all silos, in the order of their names; an unreachable silo is Unknown."""
    index = read_index(ports, lake.organization.home_region)
    asked = [name for name in lake.members if name in names or not names]
    wanted = {name: inputs(lake, name, catalogue) for name in asked}
    known = value_or(index, Index({}))
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
        delivery = _delivery(wanted, entry, pipeline, stack)
        carrier = _pipeline_part(name, place, pipeline, entry)
        parts = [carrier, self._stack_part(name, place, stack, carrier)]
        if not entry:
            parts.insert(0, self._unpublished(name))
        if all(part.health is Health.HEALTHY for part in parts):  # before that, nobody there can read anything
            if entry and entry.site:  # made by the stack, so not looked for before that is there
                parts.append(_site_part(name, place, self.silos.pipeline(place, SITE_PIPELINE), entry))
            parts += ShareReader(self.lake, self.silos, self.index, self.wanted).parts(silo, place)
        return replace(self._status(name, place, delivery, tuple(parts)), remarks=tuple(_retired(stack)))

    def departed(self, name: str) -> SiloStatus:
        """One that was published, and has no manifest any more: its account goes on as it was."""
        entry = self.index.silos[name]
        place = Place(entry.account, entry.region)
        pipeline, stack = self.silos.pipeline(place, PIPELINE), self.silos.stack(place, SILO_STACK)
        carrier = _pipeline_part(name, place, pipeline, entry)
        parts = (carrier, self._stack_part(name, place, stack, carrier))
        back = f"write it back with spec.lifecycle: retired, {APPLY}, then take it away"
        forgotten = entry.retired or name.startswith(CONSUMER)
        reason = "its manifest is gone, and its account goes on running what was published"
        gone = Part(member_address(name), Health.MISSING, reason, APPLY if forgotten else back)
        delivery = _delivery("", entry, pipeline, stack)
        return SiloStatus(name, entry.account, entry.region, Sync.OUT_OF_SYNC, reason, delivery, (gone, *parts))

    def _status(self, name: str, place: Place | None, delivery: Delivery, parts: tuple[Part, ...]) -> SiloStatus:
        sync, reason = _sync(delivery, self.index_unknown, parts)
        silo = self.lake.member(name)
        return SiloStatus(name, place.account if place else "", silo.region, sync, reason, delivery, parts)

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
                return Part(address, Health.DEGRADED, f"{SILO_STACK} is gone: it was deleted by hand", _anew(place))
            case Absent():
                coming = carrier.health is Health.PROGRESSING
                health = Health.PROGRESSING if coming else Health.MISSING
                return Part(address, health, f"{SILO_STACK} is not there yet")
            case Present(value=live) if live.status in _RUNS:  # which bundle it runs is a question of sync
                return Part(address, Health.HEALTHY, live.status)
            case Present(value=live) if live.status.endswith("_IN_PROGRESS") and "ROLLBACK" not in live.status:
                return Part(address, Health.PROGRESSING, live.status)
            case Present(value=live):
                return self._failed_stack(name, place, live)

    def _failed_stack(self, name: str, place: Place, live: LiveStack) -> Part:
        advice = way_out(live.status, place)
        match self.silos.failure(place, live.id):
            case Present(value=failed) if failed.logical_id:
                origin = origin_of(self.ports, self.lake, name, place)
                reason = f"{live.status}: {origin.address(failed.nested, failed.logical_id)}: {failed.reason}"
                source = origin.source(failed.nested, failed.logical_id)
                if "already exists" in failed.reason:
                    advice = f"{LEFT_OVER}; {advice}"
                return Part(f"{member_address(name)}/stack", Health.DEGRADED, reason, advice, source)
            case _:
                reason = f"{live.status}: {live.reason}" if live.reason else live.status
                return Part(f"{member_address(name)}/stack", Health.DEGRADED, reason, advice)


def _retired(stack: Observed[LiveStack]) -> Iterator[str]:
    """Told of what is deployed, as the others: a manifest that says so may not have got there yet."""
    if isinstance(stack, Present) and "Retired" in stack.value.outputs:
        yield "retired: its data and keys are kept, and nothing works on them any more"


def way_out(status: str, place: Place) -> str:
    """No update is taken by a stack whose creation was rolled back, nor by one whose rollback failed (user guide)."""
    stack = f"--stack-name {SILO_STACK} --region {place.region}"
    match status:
        case "ROLLBACK_COMPLETE" | "ROLLBACK_FAILED" | "CREATE_FAILED":
            return (
                f"mend what failed ({APPLY} where that is in a manifest), then, for no update mends a stack that was "
                f"never made: aws cloudformation delete-stack {stack} && "
                f"aws cloudformation wait stack-delete-complete {stack} && {there(START, place)}"
            )
        case "DELETE_FAILED":
            force = f"aws cloudformation delete-stack {stack} --deletion-mode FORCE_DELETE_STACK"
            return f"{force}  # in account {place.account}; what could not be deleted stays"
        case "UPDATE_ROLLBACK_FAILED":
            again = f"aws cloudformation continue-update-rollback {stack}  # in account {place.account}"
            return f"{again}, once what failed is mended; then {APPLY}"
        case _:
            return "mend what failed in the manifest, then " + APPLY


def _anew(place: Place) -> str:
    return f"{there(START, place)}; what was kept of it has to be imported first: {BY_HAND}"


def there(command: str, place: Place) -> str:
    """A command of AWS's own, with the region and the account that it is for."""
    return f"{command} --region {place.region}  # in account {place.account}"


def origin_of(ports: Ports, lake: Lake, name: str, place: Place) -> Origin:
    """What was published last tells which manifest line asked for what."""
    match ports.bucket(place.region).get(bundle_key(place.account)):
        case Present(value=stored):
            try:
                return Origin(name, read_release(stored.content), lake.folder)
            except ArchiveRefused:
                return Origin(name, {})
        case _:
            return Origin(name, {})


def _delivery(
    wanted: str, entry: Entry | None, pipeline: Observed[LivePipeline], stack: Observed[LiveStack]
) -> Delivery:
    outputs = stack.value.outputs if isinstance(stack, Present) else {}
    return Delivery(
        wanted=wanted,
        published_inputs=entry.inputs if entry else "",
        published=entry.bundle if entry else "",
        version=entry.version if entry else "",
        seen=pipeline.value.revision if isinstance(pipeline, Present) else "",
        deployed=outputs.get("BundleDigest", ""),
        commit=outputs.get("Commit", ""),
    )


def _pipeline_part(name: str, place: Place, pipeline: Observed[LivePipeline], entry: Entry | None) -> Part:
    address = f"{member_address(name)}/pipeline"
    if isinstance(pipeline, Absent):
        return Part(address, Health.MISSING, f"the baseline has not made {PIPELINE} yet", APPLY)
    return _taken(address, pipeline, entry.version if entry else "", entry, there(START, place))


def _site_part(name: str, place: Place, pipeline: Observed[LivePipeline], entry: Entry) -> Part:
    address = f"{member_address(name)}/site"
    if isinstance(pipeline, Absent):
        return Part(
            address, Health.MISSING, f"the web app has no {SITE_PIPELINE}", "siloctl drift says how to put it back"
        )
    return _taken(address, pipeline, entry.site_version, entry, there(START_SITE, place))


def _taken(
    address: str, pipeline: Present[LivePipeline] | Unreadable, version: str, entry: Entry | None, start: str
) -> Part:
    """Whether a pipeline took the `version` that was published, and what became of it."""
    match pipeline:
        case Unreadable(why=why):
            return Part(address, Health.UNKNOWN, why)
        case Present(value=live) if live.polling_disabled_at:
            reason = f"polling is switched off since {live.polling_disabled_at}"
            return Part(address, Health.SUSPENDED, reason, start)
        case Present(value=live) if entry and live.revision != version and not _failed_since(live, entry):
            return Part(address, Health.PROGRESSING, f"has not taken version {_short(version)} yet")
        case Present(value=live):
            return _execution_part(address, live, start)


def _failed_since(live: LivePipeline, entry: Entry) -> bool:
    """A run that failed before the bundle was published says nothing: its first one finds no bundle at all."""
    if live.status != "Failed" or not live.started or not entry.published:
        return False
    return datetime.fromisoformat(live.started) > datetime.fromisoformat(entry.published)


def _execution_part(address: str, live: LivePipeline, start: str) -> Part:
    match live.status:
        case "Succeeded":
            return Part(address, Health.HEALTHY, "Succeeded")
        case "InProgress" | "Stopping" | "Superseded":
            return Part(address, Health.PROGRESSING, live.status)
        case "":
            return Part(address, Health.PROGRESSING, "has not run yet")
        case _:
            return Part(address, Health.DEGRADED, f"{live.status}: {live.error}" if live.error else live.status, start)


def _sync(delivery: Delivery, why_unknown: str, parts: Sequence[Part]) -> tuple[Sync, str]:
    unread = next((part.reason for part in parts if part.health is Health.UNKNOWN), why_unknown)
    if unread:
        return Sync.UNKNOWN, unread
    if not delivery.published:
        return Sync.OUT_OF_SYNC, "not published yet"
    if delivery.wanted != delivery.published_inputs:
        return Sync.OUT_OF_SYNC, "the manifests differ from what was published"
    if delivery.deployed != delivery.published:
        return (
            Sync.OUT_OF_SYNC,
            f"published {_short(delivery.published)}, runs {_short(delivery.deployed) or 'nothing'}",
        )
    return Sync.SYNCED, f"runs {_short(delivery.deployed)}"


def _short(digest: str) -> str:
    return digest[:8]


def wait_for(
    read: Callable[[Sequence[str]], tuple[SiloStatus, ...]],
    names: Sequence[str],
    changed: Callable[[SiloStatus], None],
    timeout: float,
    monotonic: Callable[[], float],
    sleep: Callable[[float], None],
) -> tuple[SiloStatus, ...]:
    """Read again and again until each silo is good or failed for good, or the time is over.

    Only those that are not settled are read again. `changed` hears of each silo that is not good at the first look, and
    of each whose state is another than before.
    """
    end = monotonic() + timeout
    latest: dict[str, SiloStatus] = {}
    waiting = list(names)
    pause = SOON
    while True:
        for status in read(waiting):
            before = latest.get(status.silo)
            latest[status.silo] = status
            if not status.good if before is None else _state(before) != _state(status):
                changed(status)
        waiting = [name for name in waiting if not latest[name].settled]
        if not waiting or monotonic() >= end:
            return tuple(latest[name] for name in names)
        sleep(min(pause, max(0.0, end - monotonic())))
        pause = min(pause * 1.5, SELDOM)


def _state(status: SiloStatus) -> tuple[Sync, Health]:
    return status.sync, status.health
