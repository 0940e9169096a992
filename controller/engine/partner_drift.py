"""Whom a silo's account knows as partners, beside what its stacks made and what its web app vended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from controller.diff.change import Detail
from controller.diff.drift import DriftClass, Finding
from controller.engine.credential_drift import USER, CredentialDrift, Made, made, vended_finding
from controller.engine.found import Subject
from controller.engine.partners import Users
from controller.engine.silos import Silos
from controller.engine.stack_drift import dotted
from controller.engine.vended import VendedReader, handed
from controller.engine.ways_out import put_back
from controller.engine.withheld import apart
from controller.model.live import LiveResource
from controller.model.observed import Absent, Present, Unreadable
from controller.model.ownership import VENDED_STACK
from controller.model.vended import VendedStack
from controller.publish.origin import Origin

AT_REST = frozenset({"CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"})  # drift can be detected


@dataclass(frozen=True, slots=True)
class PartnerDrift:
    silos: Silos
    users: Users
    vendings: VendedReader
    subject: Subject
    now: datetime

    def look(self, nested: Mapping[str, str], listed: Mapping[str, Sequence[LiveResource]]) -> None:
        """Only where all stacks could be read: else the keys of one would look like somebody else's."""
        whole = Made()
        for name, stack in nested.items():
            if not any(resource.type == USER for resource in listed[name]):
                continue
            match self.silos.template(self.subject.place, stack):
                case Present(template):
                    whole += made(name, template, listed[name], self.subject.origin)
                case Unreadable(why):
                    self.subject.unread(self.subject.origin.nested_address(name), why)
                    return
                case Absent():
                    pass
        vended = self._vended()
        if vended is None:
            return
        match self.users.users(self.subject.place):
            case Present(users):
                self.subject.found.compared["credentials"] += len(users)
                theirs = made("", vended.template, vended.resources, Origin(self.subject.name, {}))
                drift = CredentialDrift(
                    self.subject.lake, self.subject.name, self.subject.place.account, whole + theirs, theirs.users
                )
                self.subject.found.findings += drift.findings(users)
                given = handed(vended, {user.name: user for user in users}, self.now)
                self.subject.found.vended += [
                    vended_finding(self.subject.lake, self.subject.name, one) for one in given
                ]
            case Unreadable(why):
                self.subject.unread("partner", why)
            case Absent():
                pass

    def _vended(self) -> VendedStack | None:
        """What the web app keeps, its resources compared too; None where that cannot be read."""
        match self.vendings.vended(self.subject.place, self.subject.name):
            case Present(stack):
                if stack.status in AT_REST:
                    self._vended_drift(stack)
                return stack
            case Unreadable(why):
                self.subject.unread("vended", why)
                return None
            case Absent():
                return VendedStack("", "", (), {}, (), (), frozenset())

    def _vended_drift(self, stack: VendedStack) -> None:
        match self.silos.drift(self.subject.place, VENDED_STACK):
            case Present(changed):
                self.subject.found.compared["stacks"] += 1
                judged, withheld = apart(changed)
                place = f"{self.subject.address}/vended"
                self.subject.found.withheld += [f"{place}/{one.logical_id}" for one in withheld]
                for one in judged:
                    address = f"{place}/{one.logical_id}".rstrip("/")
                    if one.unread:
                        self.subject.found.unreadable[address] = one.unread
                        continue
                    details = tuple(Detail(dotted(each.path), each.expected, each.actual) for each in one.differences)
                    self.subject.found.findings.append(
                        Finding(
                            DriftClass.CHANGED_BY_HAND,
                            address,
                            one.type,
                            "was deleted by hand" if one.deleted else "was changed by hand",
                            details,
                            reassert=put_back(VENDED_STACK, stack.parameters, self.subject.place),
                            accept="nothing to write: vend, extend or revoke in the web app",
                        )
                    )
            case Unreadable(why):
                self.subject.unread("vended", why)
            case Absent():
                pass
