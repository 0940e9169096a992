"""Drift that CloudFormation itself detects, stack by stack, and nested stacks that were deleted by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from controller.diff.change import Detail
from controller.diff.drift import DriftClass, Finding
from controller.engine.found import Subject
from controller.engine.policy_drift import BUCKET_POLICY
from controller.engine.silos import Silos
from controller.engine.ways_out import APPLY, BY_HAND, anew_by_git, put_back
from controller.engine.withheld import apart
from controller.model.live import LiveDrift
from controller.model.observed import Absent, Observed, Present, Unreadable
from controller.model.ownership import SILO_STACK

NESTED = "AWS::CloudFormation::Stack"


@dataclass
class StackDrift:
    """Turns what was detected into findings; remembers in `gone` which nested stacks are no more."""

    silos: Silos
    subject: Subject
    parameters: tuple[str, ...]  # of the root stack
    gone: set[str] = field(default_factory=set)

    def take(self, nested: str, stack: str, drifts: Observed[Sequence[LiveDrift]]) -> None:
        match drifts:
            case Present(changed):
                self.subject.found.compared["stacks"] += 1
                judged, withheld = apart(changed)
                self.subject.found.withheld += [self.subject.origin.address(nested, one.logical_id) for one in withheld]
                for one in judged:
                    if one.unread:
                        self._undetected(nested, one)
                    elif one.type not in (NESTED, BUCKET_POLICY):
                        self.subject.found.findings.append(self._by_hand(nested, one))
            case Unreadable() if nested and self._is_gone(stack):
                self.gone.add(nested)
                self.subject.found.findings.append(self._nested_gone(nested))
            case Unreadable(why):
                self.subject.unread(self.subject.origin.nested_address(nested) if nested else "bundle", why)
            case Absent():
                pass

    def _is_gone(self, stack: str) -> bool:
        """A deleted stack is still described by its id, for 90 days (API reference, DescribeStacks)."""
        match self.silos.stack(self.subject.place, stack):
            case Present(live):
                return live.status == "DELETE_COMPLETE"
            case Absent():
                return True
            case Unreadable():
                return False

    def _nested_gone(self, nested: str) -> Finding:
        """No update makes a nested stack again: it has to leave the template first."""
        source = self.subject.origin.source("", nested)
        where = f" at {source.path}:{source.line}" if source else ""
        address = self.subject.origin.nested_address(nested)
        flow = address.startswith("flow/")
        return Finding(
            DriftClass.CHANGED_BY_HAND,
            self.subject.origin.address(nested),
            NESTED,
            "was deleted by hand as a whole",
            (),
            reassert=anew_by_git(source) if flow else f"import what was kept of it, then {APPLY}: {BY_HAND}",
            accept=f"take it out{where}, then {APPLY}" if flow else "nothing to write: a silo has it always",
            source=source or self.subject.source,
        )

    def _undetected(self, nested: str, drift: LiveDrift) -> None:
        if drift.logical_id:
            self.subject.found.unreadable[self.subject.origin.address(nested, drift.logical_id)] = drift.unread
        else:
            self.subject.unread(self.subject.origin.nested_address(nested) if nested else "bundle", drift.unread)

    def _by_hand(self, nested: str, drift: LiveDrift) -> Finding:
        source = self.subject.origin.source(nested, drift.logical_id)
        where = f"{source.path}:{source.line}" if source else "the manifest"
        gone = f"take what asks for it out of {where}, then {APPLY}"
        kept = f"write it as it is now into {where}, or into the blueprint where no field says it; then {APPLY}"
        return Finding(
            DriftClass.CHANGED_BY_HAND,
            self.subject.origin.address(nested, drift.logical_id),
            drift.type,
            "was deleted by hand" if drift.deleted else "was changed by hand",
            tuple(Detail(dotted(one.path), one.expected, one.actual) for one in drift.differences),
            reassert=put_back(SILO_STACK, self.parameters, self.subject.place),
            accept=gone if drift.deleted else kept,
            source=source,
        )


def dotted(path: str) -> str:
    """`/VersioningConfiguration/Status` as plans write it."""
    return path.strip("/").replace("/", ".")
