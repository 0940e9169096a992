"""Drift of what is delivered: a pipeline that is deaf, a bundle that is published and does not run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from controller.diff.change import Detail
from controller.diff.drift import DriftClass, Finding
from controller.engine.found import Subject
from controller.engine.ways_out import APPLY, NEVER_MADE, START, anew, there, way_out
from controller.model.index import Entry
from controller.model.live import LivePipeline, LiveStack
from controller.model.ownership import SILO_STACK

NOTICED = timedelta(minutes=10)  # by then a pipeline that polls has seen a new bundle


@dataclass(frozen=True, slots=True)
class DeliveryDrift:
    subject: Subject
    entry: Entry | None
    now: datetime
    restored: Callable[[bool], str]  # the way back where storage outlived its root, after a failed attempt or before

    def deaf(self, pipeline: LivePipeline | None, place: str, why: str, start: str) -> None:
        """A pipeline that is missing or cannot be read shows in the stack that it should carry, or that has it."""
        if pipeline is None or not pipeline.polling_disabled_at:
            return
        finding = Finding(
            DriftClass.POLLING_DISABLED,
            f"{self.subject.address}/{place}",
            "AWS::CodePipeline::Pipeline",
            why,
            (Detail("polling", "on", "off"),),
            reassert=there(start, self.subject.place),
            accept="nothing to write: what is published next stays undeployed until somebody starts it",
            since=pipeline.polling_disabled_at,
            source=self.subject.source,
        )
        self.subject.found.findings.append(finding)

    def deployed(self, root: LiveStack, pipeline: LivePipeline | None) -> None:
        runs = root.outputs.get("BundleDigest", "")
        if self.entry and runs != self.entry.bundle and not self.under_way(self.entry, root, pipeline):
            found = self._undeployed(self.entry, runs) if runs else self._never_made(self.entry, root)
            self.subject.found.findings.append(found)

    def under_way(self, entry: Entry, root: LiveStack | None, pipeline: LivePipeline | None) -> bool:
        """A release on its way is no drift; neither is one that was published a moment ago and not yet noticed."""
        if (root is not None and root.status.endswith("_IN_PROGRESS")) or (
            pipeline is not None and pipeline.status == "InProgress"
        ):
            return True
        taken = pipeline is not None and pipeline.revision == entry.version
        return not taken and bool(entry.published) and self.now - datetime.fromisoformat(entry.published) < NOTICED

    def _undeployed(self, entry: Entry, runs: str) -> Finding:
        return Finding(
            DriftClass.UNDEPLOYED,
            f"{self.subject.address}/bundle",
            "bundle",
            "runs another bundle than the one that is published",
            (Detail("BundleDigest", entry.bundle, runs),),
            reassert=there(START, self.subject.place),
            accept=f"git revert to the commit that runs, then {APPLY}",
            since=entry.published,
            source=self.subject.source,
        )

    def _never_made(self, entry: Entry, root: LiveStack) -> Finding:
        return Finding(
            DriftClass.UNDEPLOYED,
            f"{self.subject.address}/bundle",
            "bundle",
            f"is published, and nothing of it runs: {SILO_STACK} is {root.status}",
            (Detail("BundleDigest", entry.bundle, None),),
            reassert=(root.status in NEVER_MADE and self.restored(True)) or way_out(root.status, self.subject.place),
            accept=f"set spec.lifecycle: retired in its manifest, then {APPLY}",
            since=entry.published,
            source=self.subject.source,
        )

    def without_stack(self, entry: Entry) -> Finding:
        """Its buckets, keys and tables are still there, for they are kept, and stand in the way of new ones."""
        return Finding(
            DriftClass.UNDEPLOYED,
            f"{self.subject.address}/bundle",
            "bundle",
            f"is published, but there is no stack {SILO_STACK}: it was deleted, or never made",
            (Detail("BundleDigest", entry.bundle, None),),
            reassert=self.restored(False) or anew(self.subject.place),
            accept=f"set spec.lifecycle: retired in its manifest, then {APPLY}",
            since=entry.published,
            source=self.subject.source,
        )
