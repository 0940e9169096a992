"""Plan silos: render those that are looked into, open what was published, tell the difference resource by resource."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import partial
from typing import Any

from controller.diff.change import Change, Verb
from controller.diff.contract import judge, published
from controller.diff.release import Published, bundle_changes, rest_change
from controller.engine.accounts import account_id
from controller.engine.baseline import UNITS
from controller.engine.draft import Draft
from controller.engine.facts import Known
from controller.engine.masters import master_address
from controller.engine.observe import World, side_by_side, value_or
from controller.engine.ports import Bucket, Ports
from controller.kinds.flow import Flow
from controller.model.bundle import Rendered
from controller.model.index import Entry, Index
from controller.model.observed import Absent, Observed, Present, Unreadable
from controller.model.ownership import CONSUMER, bundle_key, member_address
from controller.model.world import Account, Stored
from controller.plan.guard import contract_broken
from controller.plan.plan import Guard
from controller.plan.step import Publish, Record, Step
from controller.publish.archive import ArchiveRefused
from controller.publish.bundle import Opened, digest, open_bundle
from controller.render.blueprint import Catalogue
from controller.render.silo import render_silo
from controller.resolve.lake import Lake, Member, retired


def plan_silos(
    draft: Draft,
    lake: Lake,
    catalogue: Catalogue,
    world: World,
    index: Index,
    stale: Iterable[str],
    wanted: Mapping[str, str],
    accounts: Mapping[str, Account],
    facts: Mapping[str, Known],
    ports: Ports,
) -> None:
    if isinstance(world.index, Unreadable):
        draft.blocked("index", "index", f"could not be read: {world.index.why}")
        return
    if not index.silos and any(value_or(listed, {}) for listed in world.releases.values()):
        draft.notes.append("there is no index; the bundles themselves were compared")
    for name in stale:
        silo, place = lake.member(name), member_address(name)
        listing = world.releases[silo.region]
        if isinstance(listing, Unreadable):
            draft.blocked(f"{place}/bundle", "bundle", f"could not be read: {listing.why}")
            continue
        if facts[name].missing:
            draft.blocked(f"{place}/bundle", "bundle", facts[name].missing)
            continue
        account = accounts[name].id if name in accounts else account_id(silo, index.silos.get(name))
        listed: Stored | None = value_or(listing, {}).get(bundle_key(account)) if account else None
        entry = index.silos.get(name)
        made = plan_silo(lake, silo, catalogue, ports, account, entry, listed, wanted[name], facts[name])
        needs = (f"account/{name}", f"account/{name}/unit", master_address(lake, silo.region), UNITS)
        draft.changes.extend(made.changes)
        draft.notes.extend(made.notes)
        draft.guards.extend(made.guards)
        draft.steps.extend(made.steps(needs))


def plan_departed(draft: Draft, lake: Lake, index: Index) -> None:
    """Silos that were published and have no manifest any more: never deleted, forgotten once they were retired."""
    for name, entry in index.silos.items():
        if name in lake.members:
            continue
        address = f"{member_address(name)}/bundle"
        if entry.retired or name.startswith(CONSUMER):
            reason = "its manifest is gone; what its account holds stays there"
            draft.changes.append(Change(address, "bundle", Verb.DELETE, reason, retained=True))
            draft.steps.append(Record(address, (), name, None))
        else:
            draft.blocked(address, "bundle", "its manifest is gone: set spec.lifecycle to retired and apply that first")


@dataclass(frozen=True, slots=True)
class SiloPlan:
    changes: tuple[Change, ...] = ()
    notes: tuple[str, ...] = ()
    publish: Publish | None = None
    record: Record | None = None
    guards: tuple[Guard, ...] = ()

    def steps(self, needs: tuple[str, ...]) -> Iterator[Step]:
        if self.publish is not None:
            made = self.publish
            yield Publish(made.address, needs, made.silo, made.inputs, made.digest, made.replaces)
        if self.record is not None:
            yield self.record


def plan_silo(
    lake: Lake,
    silo: Member,
    catalogue: Catalogue,
    ports: Ports,
    account: str,
    entry: Entry | None,
    listed: Stored | None,
    inputs: str,
    facts: Known,
) -> SiloPlan:
    """`listed` is the bundle's head in the bucket's listing, None where there is none."""
    address = f"{member_address(silo.key)}/bundle"
    rendered = render_silo(lake, silo.key, catalogue, facts.values)
    wanted = digest(rendered)
    publish = Publish(address, (), silo.key, inputs, wanted, listed.etag if listed else None)
    if listed is None:
        changes = tuple(bundle_changes(rendered, None, ports.create_only))
        return SiloPlan(changes, _lost(address, entry, account, silo), publish)
    bucket = ports.bucket(silo.region)
    match _published(bucket, listed):
        case Unreadable(why):
            return SiloPlan((Change(address, "bundle", Verb.BLOCKED, f"could not be read: {why}"),))
        case Absent():
            return SiloPlan(
                (Change(address, "bundle", Verb.BLOCKED, "it vanished while the plan was made: plan again"),)
            )
        case Present(opened):
            pass
    match opened:
        case None:
            broken = f"{address}: what lies in the bucket is not a bundle of ours; it will be written over"
            return SiloPlan(tuple(bundle_changes(rendered, None, ports.create_only)), (broken,), publish)
        case (bundle, stored) if bundle.digest == wanted:
            return _recorded(silo, account, entry, inputs, bundle, stored, facts)
        case (bundle, _):
            return _compared(lake, rendered, bundle, bucket, ports, publish)


def _published(bucket: Bucket, listed: Stored) -> Observed[tuple[Opened, Stored] | None]:
    """The published bundle, opened; None where the object is no bundle."""
    match bucket.get(listed.key):
        case Present(stored):
            try:
                return Present((open_bundle(stored.content), stored))
            except ArchiveRefused:
                return Present(None)
        case Absent():
            return Absent()
        case Unreadable() as failed:
            return failed


def _recorded(
    silo: Member, account: str, entry: Entry | None, inputs: str, bundle: Opened, stored: Stored, facts: Known
) -> SiloPlan:
    """What was published says what is wanted; only the index may be behind, as after a run that died."""
    proved = Entry(
        account,
        silo.region,
        inputs,
        bundle.digest,
        stored.etag,
        stored.version,
        str(bundle.release.get("commit", "")),
        entry.published if entry else "",
        retired(silo),
        facts.digest,
    )
    if entry == proved:
        return SiloPlan()
    note = f"{member_address(silo.key)}/bundle: the index is behind the bucket; an apply corrects it"
    return SiloPlan((), (note,), None, Record(f"index/{silo.key}", (), silo.key, proved))


def _lost(address: str, entry: Entry | None, account: str, silo: Member) -> tuple[str, ...]:
    """What to say of a silo that was published before and has no bundle where it is wanted now."""
    if entry is None:
        return ()
    if (entry.account, entry.region) == (account, silo.region):
        return (f"{address}: the index knows it, the bucket does not have it",)
    return (f"{address}: it moves; what account {entry.account} has in {entry.region} stays there, data included",)


def _compared(
    lake: Lake, rendered: Rendered, bundle: Opened, bucket: Bucket, ports: Ports, publish: Publish
) -> SiloPlan:
    new = {template.address: template for template in rendered.nested}
    same = {a for a, key in bundle.nested.items() if a in new and new[a].asset.key == key}
    reads = {a: partial(bucket.get, key) for a, key in bundle.nested.items() if a not in same}
    old: dict[str, Mapping[str, Any]] = {a: new[a].body for a in same}
    notes = []
    for address, read in side_by_side(reads).items():
        match read:
            case Present(stored):
                old[address] = json.loads(stored.content)
            case Absent():
                notes.append(
                    f"{member_address(rendered.silo)}/{address}: its published template is gone from the bucket"
                )
            case Unreadable(why):
                place = f"{member_address(rendered.silo)}/{address}"
                return SiloPlan((Change(place, "template", Verb.BLOCKED, f"could not be read: {why}"),))
    there = Published(bundle.digest, bundle.template, old)
    changes = tuple(bundle_changes(rendered, there, ports.create_only))
    changes = (*changes, *rest_change(rendered.silo, changes))
    return SiloPlan(changes, tuple(notes), publish, guards=tuple(_contracts(lake, rendered, old)))


def _contracts(lake: Lake, rendered: Rendered, old: Mapping[str, Mapping[str, Any]]) -> Iterator[Guard]:
    """Guards for the flows that were published before and whose contract is another now."""
    wanted = {template.address for template in rendered.nested}
    for flow in lake.flows_of(rendered.silo):
        address = f"flow/{flow.name}"
        before = published(old[address]) if address in old and address in wanted else None
        if before is not None:
            found = judge(before, flow.contract)
            place = f"{member_address(rendered.silo)}/{address}"
            yield from contract_broken(place, flow.contract.compatibility, found, _readers(lake, flow))


def _readers(lake: Lake, flow: Flow) -> list[str]:
    shares = [share for share in lake.shares.values() if share.silo == flow.silo]
    shared = [f"share/{s.name}" for s in shares if any(fnmatchcase(flow.name, table) for table in s.tables)]
    return [*(f"target {target.type}" for target in flow.targets), *shared]
