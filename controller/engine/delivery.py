"""The way of a bundle from the manifests to the root stack: how far it came, and what its pipelines say."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from controller.engine.ways_out import APPLY, START, START_SITE, there
from controller.model.health import Delivery, Health, Part, Sync
from controller.model.index import Entry, Refused
from controller.model.inputs import differing
from controller.model.live import LivePipeline, LiveStack, Place
from controller.model.observed import Absent, Observed, Present, Unreadable
from controller.model.ownership import PIPELINE, SITE_PIPELINE, member_address


def delivery(
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


def pipeline_part(name: str, place: Place, pipeline: Observed[LivePipeline], entry: Entry | None) -> Part:
    address = f"{member_address(name)}/pipeline"
    if isinstance(pipeline, Absent):
        return Part(address, Health.MISSING, f"the baseline has not made {PIPELINE} yet", APPLY)
    return _taken(address, pipeline, entry.version if entry else "", entry, there(START, place))


def site_part(name: str, place: Place, pipeline: Observed[LivePipeline], entry: Entry) -> Part:
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
        case Present(value=live) if entry is None and live.status == "Failed" and not live.revision:
            return Part(address, Health.MISSING, "waits for a first release")  # to start it again would fail again
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


def _rolled_back(refused: Refused) -> str:
    return f"what the manifests want was rolled back at {refused.when}: {refused.why}; siloctl plan tells the ways out"


def sync(
    delivery: Delivery, why_unknown: str, parts: Sequence[Part], refused: Refused | None = None
) -> tuple[Sync, str]:
    unread = next((part.reason for part in parts if part.health is Health.UNKNOWN), why_unknown)
    if unread:
        return Sync.UNKNOWN, unread
    if not delivery.published:
        return Sync.OUT_OF_SYNC, "not published yet"
    if refused is not None and delivery.wanted == refused.inputs:
        return Sync.OUT_OF_SYNC, _rolled_back(refused)
    if delivery.wanted != delivery.published_inputs:
        what = differing(delivery.wanted, delivery.published_inputs)
        return Sync.OUT_OF_SYNC, f"not as it was published: {what}; siloctl plan tells what that changes"
    if delivery.deployed != delivery.published:
        return (
            Sync.OUT_OF_SYNC,
            f"published {_short(delivery.published)}, runs {_short(delivery.deployed) or 'nothing'}",
        )
    return Sync.SYNCED, f"runs {_short(delivery.deployed)}"


def _short(digest: str) -> str:
    return digest[:8]
