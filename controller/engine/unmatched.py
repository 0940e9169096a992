"""Default silos: the lake with one for each account of the silo units that no manifest names, from one look at them.

Everything after works on the completed lake, so that a default silo is planned, applied and watched as any other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from controller.diff.change import Change, Verb
from controller.diff.template import KEEPING
from controller.engine.draft import Draft
from controller.engine.observe import read_index, side_by_side
from controller.engine.ports import Ports
from controller.engine.ways_out import DECLARE
from controller.model.bundle import Rendered
from controller.model.index import Entry, Index
from controller.model.observed import Absent, Observed, Present, Unreadable
from controller.model.ownership import bundle_key, member_address
from controller.model.world import Resident, Tree
from controller.plan.guard import left_behind
from controller.plan.plan import Guard
from controller.plan.step import Record
from controller.publish.archive import ArchiveRefused
from controller.publish.bundle import Opened, open_bundle
from controller.resolve.lake import Defaults, Lake
from controller.resolve.unmatched import FIELD, nobodys, orphaned, wanted, with_silos

ACCOUNTS = "organization/accounts"  # the address of what could not be read of them


def completed(lake: Lake, ports: Ports) -> Lake:
    """For who has not read the organization and the index anyway. Asks nothing where nobody gets a default silo."""
    if not wanted(lake.organization):
        return lake
    organization = lake.organization
    tree = ports.organizations.tree(organization.units)
    return with_defaults(lake, tree, read_index(ports, organization.home_region), ports)


def with_defaults(lake: Lake, tree: Observed[Tree], index: Observed[Index], ports: Ports) -> Lake:
    """The lake and its default silos; where something cannot be read, without any, and saying why.

    Costs two listings for each unit in the silo units, and for an account that the index does not know a look into each
    region's bucket.
    """
    if not wanted(lake.organization):
        return lake
    match tree, index:
        case Unreadable(why), _:
            return _unknown(lake, why)
        case Absent(), _:
            return _unknown(lake, "the account is not in an organization")
        case _, Unreadable(why):
            return _unknown(lake, f"the index could not be read: {why}")
        case Present(seen), Present(known):
            return _observed(lake, seen, known.silos, ports)
        case Present(seen), _:
            return _observed(lake, seen, {}, ports)


def _unknown(lake: Lake, why: str) -> Lake:
    return replace(lake, defaults=Defaults(unread=why))


def _observed(lake: Lake, tree: Tree, entries: Mapping[str, Entry], ports: Ports) -> Lake:
    tops = [tree.units[path] for path in lake.organization.silo_units if path in tree.units]
    match ports.organizations.residents(tops):
        case Present(residents):
            pass
        case Absent():
            residents = ()
        case Unreadable(why):
            return _unknown(lake, why)
    nobody = nobodys(lake, residents, tree.management_account, entries)
    published = {entry.account for entry in entries.values()}
    before = _before(lake, [one for one in nobody if one.account.id not in published], ports)
    if before.unread:
        return _unknown(lake, before.unread)
    return with_silos(lake, residents, nobody, entries, before.named, before.refused)


@dataclass
class _Before:
    """What was published for accounts that the index does not know: it was lost, or forgot them."""

    named: dict[str, str] = field(default_factory=dict)  # account -> the name of its default silo
    refused: dict[str, str] = field(default_factory=dict)  # account -> why it gets none
    unread: str = ""


def _before(lake: Lake, new: Sequence[Resident], ports: Ports) -> _Before:
    found = _Before()
    places = {
        f"{region}/{one.account.id}": partial(ports.bucket(region).get, bundle_key(one.account.id))
        for region in lake.organization.regions
        for one in new
    }
    for place, read in side_by_side(places).items():
        account = place.rpartition("/")[2]
        match read:
            case Present(stored):
                _lying(found, account, stored.content)
            case Unreadable(why):
                found.unread = found.unread or f"{bundle_key(account)}: could not be read: {why}"
            case Absent():
                pass
    return found


def _lying(found: _Before, account: str, content: bytes) -> None:
    try:
        bundle = open_bundle(content)
    except ArchiveRefused:
        return  # the plan of the silo says so, and writes over it
    if bundle.default:
        found.named[account] = bundle.silo
    else:
        found.refused[account] = (
            f"it has what was published for {member_address(bundle.silo)}, which no manifest declares any more: "
            "declare it, or move the account out of the unit"
        )


def plan_unmatched(draft: Draft, lake: Lake, index: Index) -> None:
    """What is said of default silos beside their bundles; `index` is as it was read."""
    if lake.defaults.unread:
        draft.blocked(ACCOUNTS, "account", f"could not be read: {lake.defaults.unread}")
    draft.notes.extend(_notes(lake, index))
    for name, entry in orphaned(lake, index):
        address = f"{member_address(name)}/bundle"
        if key := lake.defaults.holders.get(entry.account) or _holder(lake, entry.account):
            draft.notes.append(f"{address}: account {entry.account} is {member_address(key)} now")
            draft.steps.append(Record(f"index/{name}", (), name, None))
        else:
            at = lake.organization.manifest.at(FIELD)
            reason = f"{departed(lake, entry)}: it is forgotten, and what its account holds and runs stays there"
            draft.changes.append(Change(address, "bundle", Verb.DELETE, reason, source=at, retained=True))
            draft.steps.append(Record(address, (), name, None))


def heir(lake: Lake, entry: Entry) -> str:
    """The member that a manifest gives the account to, in the region where the entry was published."""
    key = _holder(lake, entry.account)
    return key if key and lake.member(key).region == entry.region else ""


def _holder(lake: Lake, account: str) -> str:
    return next((key for key in lake.members if lake.member(key).account == account), "")


def _notes(lake: Lake, index: Index) -> Iterator[str]:
    for name, one in lake.defaults.residents.items():
        if name not in index.silos:
            told = f"account {one.account.id} ({one.account.name}) in {one.unit.path} has no manifest"
            yield f"{told}: it gets a default silo {name}; {DECLARE} {name} prints the manifest that declares it"
    for account, why in lake.defaults.refused.items():
        yield f"account {account} has no manifest, and gets no default silo: {why}"


def departed(lake: Lake, entry: Entry) -> str:
    """Why an account has no default silo any more, in words."""
    account = entry.account
    if not wanted(lake.organization):
        return f"no manifest names account {account}, and {FIELD} is {lake.organization.unmatched_accounts}"
    if state := lake.defaults.closed.get(account):
        return f"account {account} is {state}"
    if why := lake.defaults.refused.get(account):
        return why
    return f"account {account} left the silo units"


def renamed(
    rendered: Rendered,
    entry: Entry | None,
    bundle: Opened,
    old: Mapping[str, Mapping[str, Any]],
    changes: Sequence[Change],
) -> tuple[tuple[Change, ...], tuple[Guard, ...]]:
    """A default silo that gets another name: its buckets are made anew, and AWS keeps those of the old name.

    What CloudFormation keeps is not lost, so it does not stop the apply; `old` are the published templates by address.
    """
    if not (entry.default if entry else bundle.default) or bundle.silo == rendered.silo:
        return tuple(changes), ()
    place = member_address(rendered.silo)
    kept = {
        f"{place}/{template.address}/{name}"
        for template in rendered.nested
        for name, resource in template.body["Resources"].items()
        if _kept(resource) and _kept(old.get(template.address, {}).get("Resources", {}).get(name, {}))
    }
    lifted = tuple(
        replace(change, destroys_data=False, reason=f"{change.reason}; AWS keeps the old one, outside of the stack")
        if change.destroys_data and change.verb is Verb.REPLACE and change.address in kept
        else change
        for change in changes
    )
    return lifted, (left_behind(f"{place}/bundle", bundle.silo),) if lifted != tuple(changes) else ()


def _kept(resource: Mapping[str, Any]) -> bool:
    return resource.get("UpdateReplacePolicy") in KEEPING
