"""Plan silos: render those that are looked into, open what was published, tell the difference resource by resource."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from controller.diff.change import Change, Verb
from controller.diff.narrowing import narrows
from controller.diff.release import Published, bundle_changes, rest_change
from controller.engine.accounts import account_id
from controller.engine.contract import contract_guards
from controller.engine.draft import Draft
from controller.engine.facts import Known
from controller.engine.masters import MASTER, master_address
from controller.engine.observe import World, side_by_side, value_or
from controller.engine.ports import Bucket, Ports
from controller.engine.silo_plan import Lying, SiloPlan, blocked
from controller.engine.site import left_behind, published_site, site_changes
from controller.engine.unmatched import heir, renamed
from controller.engine.unpublished import published, recorded, rolled_back, same
from controller.model.bundle import Asset, Rendered
from controller.model.index import Entry, Index, Refused
from controller.model.observed import Absent, Present, Unreadable
from controller.model.ownership import BUNDLE, CONSUMER, bundle_key, member_address, site_key
from controller.model.world import Account, Stored
from controller.plan.guard import UNKNOWN_BEFORE, unknown_before
from controller.plan.plan import Guard
from controller.plan.step import Publish, Record
from controller.publish.bundle import Opened, digest
from controller.render.blueprint import Catalogue
from controller.render.silo import render_silo
from controller.resolve.lake import Lake, Member


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
    allowed: Collection[str],
    ports: Ports,
) -> dict[str, SiloPlan]:
    """What is to be done for each that is looked into; `draft` gets only what speaks of none of them."""
    if isinstance(world.index, Unreadable):
        draft.blocked("index", "index", f"could not be read: {world.index.why}")
        return {}
    if isinstance(world.index, Absent):
        draft.notes.extend(_without_index(lake, world, accounts))
    stopped = draft.stopped
    plans: dict[str, SiloPlan] = {}
    for name in stale:
        silo, place = lake.member(name), member_address(name)
        listing = world.releases[silo.region]
        if isinstance(listing, Unreadable):
            plans[name] = blocked(f"{place}/bundle", f"could not be read: {listing.why}")
            continue
        if facts[name].missing:
            plans[name] = blocked(f"{place}/bundle", facts[name].missing)
            continue
        account = accounts[name].id if name in accounts else account_id(silo, index.silos.get(name))
        lies = Lying.of(value_or(listing, {}), account)
        entry = index.silos.get(name)
        refused = entry.refused if entry else None
        if refused and f"retry={place}" in allowed:
            draft.used.add(f"retry={place}")
            refused = None
        if refused and refused.because:  # it goes the way of the one that failed
            refused = None
        follows = len(lake.organization.rollout.waves) > 1 and (entry is not None or isinstance(world.index, Absent))
        made = plan_silo(
            lake, silo, catalogue, ports, account, entry, lies, wanted[name], facts[name], refused, follows
        )
        # The home region's bucket holds the lock and the index, whatever region the silo is in.
        masters = {MASTER, master_address(lake, silo.region)}
        needs = (f"account/{name}", f"account/{name}/unit", *sorted(masters))
        waits = next((one for one in needs if one in stopped), "")
        if waits and made.publish:
            those = "1 change waits" if len(made.changes) == 1 else f"{len(made.changes)} changes wait"
            plans[name] = blocked(f"{place}/bundle", f"{those} for {waits}, which is blocked")
            continue
        plans[name] = _judged(made).after(needs)
    return plans


def _judged(made: SiloPlan) -> SiloPlan:
    """With what a rollback would undo: access that is taken away on purpose does not come back by itself."""
    unknown = any(guard.code == UNKNOWN_BEFORE for guard in made.guards)
    return replace(made, publish=made.publish and replace(made.publish, narrows=unknown or narrows(made.changes)))


def _without_index(lake: Lake, world: World, accounts: Mapping[str, Account]) -> Iterator[str]:
    """What is said when bundles are there and nothing tells whose they are."""
    listed = {key for listing in world.releases.values() for key in value_or(listing, {}) if key.endswith(BUNDLE)}
    named = {account_id(silo, None) for silo in lake.silos.values()} | {account.id for account in accounts.values()}
    if listed:
        yield "there is no index; the bundles themselves were compared"
    for key in sorted(listed - {bundle_key(account) for account in named}):
        yield f"{key}: no manifest names its account, which goes on running it"


def plan_departed(draft: Draft, lake: Lake, index: Index) -> None:
    """Silos that were published and have no manifest any more: never deleted, forgotten once they were retired."""
    for name, entry in index.silos.items():
        if name in lake.members or entry.default:  # unmatched.py speaks of those that no manifest declared
            continue
        address = f"{member_address(name)}/bundle"
        if key := heir(lake, entry):
            _taken_over(draft, name, entry, key, index)
        elif entry.retired or name.startswith(CONSUMER):
            reason = "its manifest is gone; what its account holds stays there"
            draft.changes.append(Change(address, "bundle", Verb.DELETE, reason, retained=True))
            draft.steps.append(Record(address, (), name, None))
        else:
            draft.blocked(address, "bundle", "its manifest is gone: set spec.lifecycle to retired and apply that first")


def _taken_over(draft: Draft, name: str, entry: Entry, key: str, index: Index) -> None:
    """Of an account that has another name now the old one is forgotten, once something is published under the new."""
    place = member_address(key)
    draft.notes.append(f"{member_address(name)}/bundle: account {entry.account} is {place} now")
    known = index.silos.get(key)
    needs = tuple(step.address for step in draft.steps if step.address in (f"{place}/bundle", f"index/{key}"))
    if needs or (known is not None and known.account == entry.account):
        draft.steps.append(Record(f"index/{name}", needs, name, None))


def plan_silo(
    lake: Lake,
    silo: Member,
    catalogue: Catalogue,
    ports: Ports,
    account: str,
    entry: Entry | None,
    lies: Lying,
    inputs: str,
    facts: Known,
    refused: Refused | None = None,
    follows: bool = False,
) -> SiloPlan:
    """`refused` is what must not be published again, `follows` whether what lies there came in a wave."""
    address = f"{member_address(silo.key)}/bundle"
    if entry and entry.account == account and entry.region != silo.region:
        return SiloPlan((_moved(address, silo, entry),))
    rendered = render_silo(lake, silo.key, catalogue, facts.values)
    wanted = digest(rendered)
    publish = Publish(address, (), silo.key, inputs, wanted, _etag(lies.bundle), _etag(lies.site))
    here = entry if entry and (entry.account, entry.region) == (account, silo.region) else None
    if refused is not None and refused.bundle == wanted:
        return rolled_back(silo, ports.bucket(silo.region), address, here, lies, refused)
    if lies.bundle is None:
        return _replaced(lake, silo, rendered, ports, here, publish, _lost(address, entry, here))
    bucket = ports.bucket(silo.region)
    match published(bucket, lies.bundle.key):
        case Unreadable(why):
            return blocked(address, f"could not be read: {why}")
        case Absent():
            return blocked(address, "it vanished while the plan was made: plan again")
        case Present(opened):
            pass
    match opened:
        case None:
            broken = f"{address}: what lies in the bucket is not a bundle of ours; it will be written over"
            return _replaced(lake, silo, rendered, ports, here, publish, (broken,))
        case (bundle, stored) if bundle.digest == wanted:
            default = silo.key in lake.defaults.residents
            record = partial(recorded, silo, account, entry, inputs, bundle, stored, facts, default, follows)
            proof = here if here and here.bundle == wanted else None
            pages = published_site(bucket, rendered.site, site_key(account), lies.site, proof)
            return same(silo, pages, lies, publish, record)
        case (bundle, _):
            return _compared(lake, rendered, bundle, bucket, ports, publish, entry)


def _replaced(
    lake: Lake,
    silo: Member,
    rendered: Rendered,
    ports: Ports,
    entry: Entry | None,
    publish: Publish,
    notes: tuple[str, ...],
) -> SiloPlan:
    """No bundle of ours lies where it should. What the silo runs is the version that the index names, if it is kept."""
    bucket = ports.bucket(silo.region)
    match published(bucket, bundle_key(entry.account), entry.version) if entry else None:
        case Present((bundle, _)):
            made = _compared(lake, rendered, bundle, bucket, ports, publish, entry)
            return replace(made, notes=(*notes, *made.notes))
        case Unreadable(why):
            return blocked(publish.address, f"could not be read: {why}")
        case _:
            changes = (
                *bundle_changes(rendered, None, ports.create_only),
                *site_changes(silo, rendered.site, ""),
            )
            return SiloPlan(changes, notes, publish, guards=(unknown_before(publish.address),) if entry else ())


def _etag(listed: Stored | None) -> str | None:
    return None if listed is None else listed.etag


def _moved(address: str, silo: Member, entry: Entry) -> Change:
    """Buckets stay with their data, and their names hold the account, not the region: no second set can be made."""
    kind = silo.manifest.kind
    reason = (
        f"it is in {entry.region}, and its buckets' names are taken there: set spec.region back, or write a {kind} of "
        f"another account for {silo.region} and {'remove' if kind == 'Consumer' else 'retire'} this one"
    )
    return Change(address, "bundle", Verb.BLOCKED, reason, source=silo.manifest.at("spec.region"))


def _lost(address: str, entry: Entry | None, here: Entry | None) -> tuple[str, ...]:
    """What to say of a silo that was published before, `here` or elsewhere, and has no bundle where it is wanted."""
    if entry is None:
        return ()
    if here is not None:
        return (f"{address}: the index knows it, the bucket does not have it",)
    return (f"{address}: it moves; what account {entry.account} has in {entry.region} stays there, data included",)


def _compared(
    lake: Lake,
    rendered: Rendered,
    bundle: Opened,
    bucket: Bucket,
    ports: Ports,
    publish: Publish,
    entry: Entry | None,
) -> SiloPlan:
    new = {template.address: template for template in rendered.nested}
    same = {a for a, key in bundle.nested.items() if a in new and new[a].asset.key == key}
    reads = {a: partial(bucket.get, key) for a, key in bundle.nested.items() if a not in same}
    old: dict[str, Mapping[str, Any]] = {a: new[a].body for a in same}
    notes: list[str] = []
    unknown: list[Guard] = []
    for address, read in side_by_side(reads).items():
        place = f"{member_address(rendered.silo)}/{address}"
        match read:
            case Present(stored) if Asset(stored.content, ".json").key == stored.key:
                old[address] = json.loads(stored.content)
            case Present():
                notes.append(f"{place}: its published template was changed in the bucket by hand")
                unknown.append(unknown_before(place))
            case Absent():
                notes.append(f"{place}: its published template is gone from the bucket")
                unknown.append(unknown_before(place))
            case Unreadable(why):
                return SiloPlan((Change(place, "template", Verb.BLOCKED, f"could not be read: {why}"),))
    there = Published(bundle.digest, bundle.template, old, bundle.parameters, bundle.tags)
    tagged_at = lake.organization.manifest.at("spec.tags")
    silo = lake.member(rendered.silo)
    changes = (
        *bundle_changes(rendered, there, ports.create_only, tagged_at),
        *site_changes(silo, rendered.site, bundle.site),
    )
    notes += left_behind(silo, rendered.site, bundle.site)
    changes = (*changes, *rest_change(rendered.silo, changes))
    changes, left = renamed(rendered, entry, bundle, old, changes)
    return SiloPlan(changes, tuple(notes), publish, guards=(*unknown, *left, *contract_guards(lake, rendered, old)))
