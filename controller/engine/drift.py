"""Drift: what the silos really have against what was published for them. Reads only, and finds nothing in a quiet lake.

Three ways of looking: the delivery of the bundle, CloudFormation's own detection stack by stack, and our own reading of
what that cannot see: bucket policies (CloudFormation user guide, "Resource type support": no drift detection).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from controller.diff.change import Detail
from controller.diff.drift import DriftClass, DriftReport, Finding
from controller.engine.credential_drift import USER, CredentialDrift, Made, made, vended_finding
from controller.engine.enrolment import enrolment
from controller.engine.found import Found
from controller.engine.observe import read_index, side_by_side, value_or
from controller.engine.partners import Users
from controller.engine.policy_drift import BUCKET_POLICY, PolicyDrift
from controller.engine.ports import Ports
from controller.engine.silos import Silos
from controller.engine.status import APPLY, BY_HAND, START, START_SITE, origin_of, place_of, way_out
from controller.engine.vended import VendedReader, handed
from controller.model.index import Entry, Index
from controller.model.live import LiveDrift, LivePipeline, LiveResource, LiveStack, Place
from controller.model.observed import Absent, Observed, Present, Unreadable
from controller.model.ownership import CONSUMER, PIPELINE, SILO_STACK, SITE_PIPELINE, VENDED_STACK, member_address
from controller.model.source import Source
from controller.model.vended import VendedStack
from controller.publish.origin import Origin
from controller.resolve.lake import Lake

NESTED = "AWS::CloudFormation::Stack"
NOTICED = timedelta(minutes=10)  # by then a pipeline that polls has seen a new bundle
AT_REST = frozenset({"CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"})  # drift can be detected


def find_drift(
    lake: Lake, ports: Ports, silos: Silos, users: Users, vendings: VendedReader, names: Sequence[str] = ()
) -> DriftReport:
    """Look into `names`, or into all silos and the accounts of the units too. One unreachable silo stops no other."""
    found = Found()
    index = read_index(ports, lake.organization.home_region)
    if isinstance(index, Unreadable):
        found.unreadable["index"] = index.why
    entries, known = value_or(index, Index({})).silos, not isinstance(index, Unreadable)
    if not names:
        accounts = enrolment(lake, ports, entries)
        found.findings += accounts.findings
        found.unreadable.update(accounts.unreadable)
        found.compared.update(accounts.compared)
    looks = {
        name: _Look(lake, ports, silos, users, vendings, name, entries.get(name), known, place).all
        for name in lake.members
        if (name in names or not names) and (place := place_of(lake.member(name), entries.get(name))) is not None
    }
    for one in side_by_side(looks).values():
        found.findings += one.findings
        found.vended += one.vended
        found.unpublished += one.unpublished
        found.unreadable.update(one.unreadable)
        found.compared.update(one.compared)
    order = sorted(found.findings, key=lambda finding: (finding.address, finding.kind))
    unreadable = dict(sorted(found.unreadable.items()))
    if known:  # without an index nobody knows what was published
        found.unpublished += [
            member_address(name) for name in lake.members if name not in looks and (not names or name in names)
        ]
    unpublished = tuple(sorted(found.unpublished))
    return DriftReport(tuple(order), unreadable, _counted(found.compared), tuple(found.vended), unpublished)


def _counted(compared: Counter[str]) -> dict[str, int]:
    return {
        noun: compared[noun]
        for noun in ("silos", "consumers", "accounts", "stacks", "bucket policies", "catalog policies", "credentials")
        if compared[noun]
    }


@dataclass
class _Look:
    """One silo, from its pipeline down to the policies of its buckets."""

    lake: Lake
    ports: Ports
    silos: Silos
    users: Users
    vendings: VendedReader
    name: str
    entry: Entry | None
    index_known: bool
    place: Place
    found: Found = field(default_factory=Found)
    parameters: tuple[str, ...] = ()  # of the root stack
    gone: set[str] = field(default_factory=set)  # nested stacks that were deleted by hand
    origin: Origin = field(init=False)

    def all(self) -> Found:
        self.origin = origin_of(self.ports, self.lake, self.name, self.place)
        pipeline = value_or(self.silos.pipeline(self.place, PIPELINE), None)
        self._deaf(pipeline, "pipeline", "no longer looks for new bundles", START)
        if self.entry and self.entry.site:
            pages = value_or(self.silos.pipeline(self.place, SITE_PIPELINE), None)
            self._deaf(pages, "site", "no longer looks for new pages", START_SITE)
        root = self._root(pipeline)
        if root is None:
            return self.found
        self.parameters = tuple(sorted(root.parameters))
        self.found.compared["consumers" if self.name.startswith(CONSUMER) else "silos"] += 1
        self._deployed(root, pipeline)
        resources = self._resources(root.id, "") or ()
        nested = {r.logical_id: r.physical_id for r in resources if r.type == NESTED and r.physical_id}
        stacks = {"": root.id, **nested}
        detected = side_by_side({name: partial(self.silos.drift, self.place, stack) for name, stack in stacks.items()})
        for name, drifts in detected.items():
            self._detected(name, stacks[name], drifts)
        there = {name: stack for name, stack in nested.items() if name not in self.gone}
        read = {name: self._resources(stack, name) for name, stack in there.items()}
        listed = {name: resources for name, resources in read.items() if resources is not None}
        policies = PolicyDrift(self.silos, self.place, self.origin, self.found)
        for name in listed:
            if why := policies.look(name, there[name], listed[name]):
                self._unread(self.origin.nested_address(name), why)
        if listed.keys() == there.keys() and not root.status.endswith("_IN_PROGRESS"):
            self._credentials(there, listed)
        return self.found

    def _unread(self, address: str, why: str) -> None:
        self.found.unreadable[f"{member_address(self.name)}/{address}" if address else member_address(self.name)] = why

    def _root(self, pipeline: LivePipeline | None) -> LiveStack | None:
        match self.silos.stack(self.place, SILO_STACK):
            case Present(live):
                return live
            case Absent() | Unreadable() if self.entry is None and self.index_known:
                self.found.unpublished.append(member_address(self.name))
            case Unreadable(why):
                self._unread("", why)
            case Absent():
                if self.entry and not self._under_way(self.entry, None, pipeline):
                    self.found.findings.append(self._without_stack(self.entry))
        return None

    def _deaf(self, pipeline: LivePipeline | None, place: str, why: str, start: str) -> None:
        """A pipeline that is missing or cannot be read shows in the stack that it should carry, or that has it."""
        if pipeline is None or not pipeline.polling_disabled_at:
            return
        finding = Finding(
            DriftClass.POLLING_DISABLED,
            f"{member_address(self.name)}/{place}",
            "AWS::CodePipeline::Pipeline",
            why,
            (Detail("polling", "on", "off"),),
            reassert=self._there(start),
            accept="nothing to write: what is published next stays undeployed until somebody starts it",
            since=pipeline.polling_disabled_at,
            source=self._silo_source,
        )
        self.found.findings.append(finding)

    @property
    def _silo_source(self) -> Source:
        return self.lake.member(self.name).manifest.at()

    def _there(self, command: str) -> str:
        return f"{command} --region {self.place.region}  # in account {self.place.account}"

    def _deployed(self, root: LiveStack, pipeline: LivePipeline | None) -> None:
        runs = root.outputs.get("BundleDigest", "")
        if self.entry and runs != self.entry.bundle and not self._under_way(self.entry, root, pipeline):
            found = self._undeployed(self.entry, runs) if runs else self._never_made(self.entry, root)
            self.found.findings.append(found)

    def _under_way(self, entry: Entry, root: LiveStack | None, pipeline: LivePipeline | None) -> bool:
        """A release on its way is no drift; neither is one that was published a moment ago and not yet noticed."""
        if (root is not None and root.status.endswith("_IN_PROGRESS")) or (
            pipeline is not None and pipeline.status == "InProgress"
        ):
            return True
        taken = pipeline is not None and pipeline.revision == entry.version
        return (
            not taken and bool(entry.published) and self.ports.now() - datetime.fromisoformat(entry.published) < NOTICED
        )

    def _undeployed(self, entry: Entry, runs: str) -> Finding:
        return Finding(
            DriftClass.UNDEPLOYED,
            f"{member_address(self.name)}/bundle",
            "bundle",
            "runs another bundle than the one that is published",
            (Detail("BundleDigest", entry.bundle, runs),),
            reassert=self._there(START),
            accept=f"git revert to the commit that runs, then {APPLY}",
            since=entry.published,
            source=self._silo_source,
        )

    def _never_made(self, entry: Entry, root: LiveStack) -> Finding:
        return Finding(
            DriftClass.UNDEPLOYED,
            f"{member_address(self.name)}/bundle",
            "bundle",
            f"is published, and nothing of it runs: {SILO_STACK} is {root.status}",
            (Detail("BundleDigest", entry.bundle, None),),
            reassert=way_out(root.status, self.place),
            accept=f"set spec.lifecycle: retired in its manifest, then {APPLY}",
            since=entry.published,
            source=self._silo_source,
        )

    def _without_stack(self, entry: Entry) -> Finding:
        """Its buckets, keys and tables are still there, for they are kept, and stand in the way of new ones."""
        return Finding(
            DriftClass.UNDEPLOYED,
            f"{member_address(self.name)}/bundle",
            "bundle",
            f"is published, but there is no stack {SILO_STACK}: it was deleted, or never made",
            (Detail("BundleDigest", entry.bundle, None),),
            reassert=f"{self._there(START)}; what was kept of a deleted one has to be imported first: {BY_HAND}",
            accept=f"set spec.lifecycle: retired in its manifest, then {APPLY}",
            since=entry.published,
            source=self._silo_source,
        )

    def _resources(self, stack: str, nested: str) -> Sequence[LiveResource] | None:
        match self.silos.resources(self.place, stack):
            case Present(resources):
                return resources
            case Unreadable(why):
                self._unread(self.origin.nested_address(nested) if nested else "bundle", why)
                return None
            case Absent():
                return ()

    def _detected(self, nested: str, stack: str, drifts: Observed[Sequence[LiveDrift]]) -> None:
        match drifts:
            case Present(changed):
                self.found.compared["stacks"] += 1
                for one in changed:
                    if one.unread:
                        self._undetected(nested, one)
                    elif one.type not in (NESTED, BUCKET_POLICY):
                        self.found.findings.append(self._by_hand(nested, one))
            case Unreadable() if nested and self._is_gone(stack):
                self.gone.add(nested)
                self.found.findings.append(self._nested_gone(nested))
            case Unreadable(why):
                self._unread(self.origin.nested_address(nested) if nested else "bundle", why)
            case Absent():
                pass

    def _is_gone(self, stack: str) -> bool:
        """A deleted stack is still described by its id, for 90 days (API reference, DescribeStacks)."""
        match self.silos.stack(self.place, stack):
            case Present(live):
                return live.status == "DELETE_COMPLETE"
            case Absent():
                return True
            case Unreadable():
                return False

    def _nested_gone(self, nested: str) -> Finding:
        """No update makes a nested stack again: it has to leave the template first."""
        source = self.origin.source("", nested)
        where = f" at {source.path}:{source.line}" if source else ""
        address = self.origin.nested_address(nested)
        flow = address.startswith("flow/")
        twice = f"take it out{where}, {APPLY} --wait, write it back, {APPLY}"
        return Finding(
            DriftClass.CHANGED_BY_HAND,
            self.origin.address(nested),
            NESTED,
            "was deleted by hand as a whole",
            (),
            reassert=twice if flow else f"import what was kept of it, then {APPLY}: {BY_HAND}",
            accept=f"take it out{where}, then {APPLY}" if flow else "nothing to write: a silo has it always",
            source=source or self._silo_source,
        )

    def _undetected(self, nested: str, drift: LiveDrift) -> None:
        if drift.logical_id:
            self.found.unreadable[self.origin.address(nested, drift.logical_id)] = drift.unread
        else:
            self._unread(self.origin.nested_address(nested) if nested else "bundle", drift.unread)

    def _by_hand(self, nested: str, drift: LiveDrift) -> Finding:
        source = self.origin.source(nested, drift.logical_id)
        where = f"{source.path}:{source.line}" if source else "the manifest"
        gone = f"take what asks for it out of {where}, then {APPLY}"
        kept = f"write it as it is now into {where}, or into the blueprint where no field says it; then {APPLY}"
        return Finding(
            DriftClass.CHANGED_BY_HAND,
            self.origin.address(nested, drift.logical_id),
            drift.type,
            "was deleted by hand" if drift.deleted else "was changed by hand",
            tuple(Detail(_dotted(one.path), one.expected, one.actual) for one in drift.differences),
            reassert=self._put_back(SILO_STACK, self.parameters),
            accept=gone if drift.deleted else kept,
            source=source,
        )

    def _credentials(self, nested: Mapping[str, str], listed: Mapping[str, Sequence[LiveResource]]) -> None:
        """Only where all stacks could be read: else the keys of one would look like somebody else's."""
        whole = Made()
        for name, stack in nested.items():
            if not any(resource.type == USER for resource in listed[name]):
                continue
            match self.silos.template(self.place, stack):
                case Present(template):
                    whole += made(name, template, listed[name], self.origin)
                case Unreadable(why):
                    self._unread(self.origin.nested_address(name), why)
                    return
                case Absent():
                    pass
        vended = self._vended()
        if vended is None:
            return
        match self.users.users(self.place):
            case Present(users):
                self.found.compared["credentials"] += len(users)
                theirs = made("", vended.template, vended.resources, Origin(self.name, {}))
                drift = CredentialDrift(self.lake, self.name, self.place.account, whole + theirs, theirs.users)
                self.found.findings += drift.findings(users)
                given = handed(vended, {user.name: user for user in users}, self.ports.now())
                self.found.vended += [vended_finding(self.lake, self.name, one) for one in given]
            case Unreadable(why):
                self._unread("partner", why)
            case Absent():
                pass

    def _put_back(self, name: str, parameters: Sequence[str]) -> str:
        """A change set that looks at what is there, made and carried out: for all that is in the silo's stacks.

        It also makes again what was deleted (user guide, "Using drift-aware change sets").
        """
        stack = f"--stack-name {name} --region {self.place.region}"
        named = f"{stack} --change-set-name put-back"
        kept = " ".join(f"ParameterKey={each},UsePreviousValue=true" for each in parameters)
        steps = (
            f"create-change-set {named} --include-nested-stacks --use-previous-template --deployment-mode REVERT_DRIFT"
            f" --capabilities CAPABILITY_NAMED_IAM CAPABILITY_AUTO_EXPAND --parameters {kept}",
            f"wait change-set-create-complete {named}",
            f"execute-change-set {named}",
            f"wait stack-update-complete {stack}",
        )
        return " && ".join(f"aws cloudformation {step}" for step in steps) + f"  # in account {self.place.account}"

    def _vended(self) -> VendedStack | None:
        """What the web app keeps, its resources compared too; None where that cannot be read."""
        match self.vendings.vended(self.place, self.name):
            case Present(stack):
                if stack.status in AT_REST:
                    self._vended_drift(stack)
                return stack
            case Unreadable(why):
                self._unread("vended", why)
                return None
            case Absent():
                return VendedStack("", "", (), {}, (), (), frozenset())

    def _vended_drift(self, stack: VendedStack) -> None:
        match self.silos.drift(self.place, VENDED_STACK):
            case Present(changed):
                self.found.compared["stacks"] += 1
                for one in changed:
                    address = f"{member_address(self.name)}/vended/{one.logical_id}".rstrip("/")
                    if one.unread:
                        self.found.unreadable[address] = one.unread
                        continue
                    details = tuple(Detail(_dotted(each.path), each.expected, each.actual) for each in one.differences)
                    self.found.findings.append(
                        Finding(
                            DriftClass.CHANGED_BY_HAND,
                            address,
                            one.type,
                            "was deleted by hand" if one.deleted else "was changed by hand",
                            details,
                            reassert=self._put_back(VENDED_STACK, stack.parameters),
                            accept="nothing to write: vend, extend or revoke in the web app",
                        )
                    )
            case Unreadable(why):
                self._unread("vended", why)
            case Absent():
                pass


def _dotted(path: str) -> str:
    """`/VersioningConfiguration/Status` as plans write it."""
    return path.strip("/").replace("/", ".")
