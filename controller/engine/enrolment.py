"""The accounts of the lake's units against the manifests: whom no manifest names, and who is elsewhere than it says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from controller.diff.change import Detail
from controller.diff.drift import DriftClass, Finding
from controller.engine.found import Found
from controller.engine.observe import side_by_side
from controller.engine.ports import Ports
from controller.engine.residence import place_of
from controller.engine.ways_out import APPLY, DECLARE
from controller.kinds.silo import NewAccount
from controller.model.index import Entry
from controller.model.manifest import Manifest
from controller.model.observed import Absent, Observed, Present, Unreadable
from controller.model.ownership import BASELINE_SET, member_address
from controller.model.world import Account, Tree
from controller.resolve.lake import Lake


@dataclass(frozen=True, slots=True)
class _Wanted:
    manifest: Manifest
    unit: str


def enrolment(lake: Lake, ports: Ports, entries: Mapping[str, Entry]) -> Found:
    """Accounts with a baseline are those under the units: AWS deploys it to whoever enters."""
    found = Found()
    wanted = _wanted(lake, entries)
    match ports.organizations.tree((*lake.organization.units, *(one.unit for one in wanted.values()))):
        case Present(tree):
            pass
        case Unreadable(why):
            found.unreadable["organization"] = why
            return found
        case Absent():
            found.unreadable["organization"] = "the account is not in an organization"
            return found
    match ports.stack_sets.read(BASELINE_SET, (lake.organization.home_region,)):
        case Present(baseline):
            enrolled = frozenset(account for account, _ in baseline.instances)
            kinds = {tree.units[path].id: kind for path, kind in _kinds(lake).items() if path in tree.units}
            housed = {one.account: kinds.get(one.unit, "") for one in baseline.instances.values()}
        case Unreadable(why):
            found.unreadable["baseline"] = why
            enrolled, housed = frozenset(), {}
        case Absent():
            enrolled, housed = frozenset(), {}
    unsure = {entry.account for entry in entries.values() if entry.default} if lake.defaults.unread else set()
    reads = {one: partial(ports.organizations.account, one) for one in {*wanted, *enrolled} - unsure}
    departed = {
        entry.account: name for name, entry in entries.items() if name not in lake.members and not entry.default
    }
    created = _created(lake, entries)
    for account, seen in side_by_side(reads).items():
        email = seen.value.email.lower() if isinstance(seen, Present) else ""
        named = wanted.get(account) or created.get(email)
        _account(found, account, seen, named, tree, departed.get(account, ""), housed.get(account, ""))
    return found


def _kinds(lake: Lake) -> dict[str, str]:
    """By unit, the kind of manifest that an account below it is to have."""
    organization = lake.organization
    return dict.fromkeys(organization.consumer_units, "Consumer") | dict.fromkeys(organization.silo_units, "Silo")


def _created(lake: Lake, entries: Mapping[str, Entry]) -> dict[str, _Wanted]:
    """Accounts by their e-mail addresses, where only those tell: they are created, and nothing was published yet."""
    return {
        silo.account.email.lower(): _Wanted(silo.manifest, silo.organizational_unit)
        for name, silo in lake.silos.items()
        if isinstance(silo.account, NewAccount) and name not in entries
    }


def _wanted(lake: Lake, entries: Mapping[str, Entry]) -> dict[str, _Wanted]:
    places = {name: place_of(silo, entries.get(name)) for name, silo in lake.silos.items()}
    silos = {
        place.account: _Wanted(lake.silos[name].manifest, lake.silos[name].organizational_unit)
        for name, place in places.items()
        if place is not None
    }
    consumers = {c.account: _Wanted(c.manifest, c.organizational_unit) for c in lake.consumers.values()}
    return {**silos, **consumers}


def _account(
    found: Found,
    id: str,
    seen: Observed[Account],
    wanted: _Wanted | None,
    tree: Tree,
    departed: str,
    kind: str,
) -> None:
    address = wanted.manifest.subject if wanted else f"account/{id}"
    match seen:
        case Unreadable(why):
            found.unreadable[address] = why
        case Absent():
            found.unreadable[address] = f"the organization has no account {id}"
        case Present(account):
            found.compared["accounts"] += 1
            unit = _unit(account.parent, tree)
            if wanted is None and departed:
                found.findings.append(_departed(account, unit, tree, departed))
            elif wanted is None:
                found.findings.append(_unmanaged(account, unit, tree, kind))
            elif unit != wanted.unit:
                found.findings.append(_misplaced(account, unit, wanted))


def _unit(parent: str, tree: Tree) -> str:
    """The path of the unit with this id; the id itself where it lies off the paths that were read."""
    if parent == tree.root.id:
        return "(root)"
    return next((unit.path for unit in tree.units.values() if unit.id == parent), parent)


def _departed(account: Account, unit: str, tree: Tree, name: str) -> Finding:
    """To move it away first would leave its access and compute running, with nobody who could end them from here."""
    back = "write its manifest back"
    return Finding(
        DriftClass.UNMANAGED_ACCOUNT,
        f"account/{account.id}",
        "account",
        f"({account.name}) goes on running {member_address(name)}, whose manifest is gone",
        (Detail("organizationalUnit", None, unit),),
        reassert=f"{back} with spec.lifecycle: retired, {APPLY}, then {_move(account, tree)}",
        accept=f"{back} as it was",
    )


def _move(account: Account, tree: Tree) -> str:
    move = f"aws organizations move-account --account-id {account.id} --source-parent-id {account.parent}"
    return f"{move} --destination-parent-id {tree.root.id}  # in account {tree.management_account}"


def _unmanaged(account: Account, unit: str, tree: Tree, kind: str) -> Finding:
    fields = f'spec.account: "{account.id}" and spec.organizationalUnit: {unit}'
    printed = f": {DECLARE} {account.id} prints one" if kind == "Silo" and account.state == "ACTIVE" else ""
    return Finding(
        DriftClass.UNMANAGED_ACCOUNT,
        f"account/{account.id}",
        "account",
        f"({account.name}) is in a unit of the lake and no manifest names it",
        (Detail("organizationalUnit", None, unit),),
        reassert=_move(account, tree),
        accept=f"write a {kind or 'Silo or Consumer'} manifest with {fields}{printed}",
    )


def _misplaced(account: Account, unit: str, wanted: _Wanted) -> Finding:
    source = wanted.manifest.at("spec.organizationalUnit")
    return Finding(
        DriftClass.MISPLACED_ACCOUNT,
        f"account/{wanted.manifest.name}",
        "account",
        f"({account.id}) is in another unit than its manifest says",
        (Detail("organizationalUnit", wanted.unit, unit),),
        reassert=f"{APPLY} --full",  # else only the accounts of silos that change are looked up
        accept=f"set spec.organizationalUnit: {unit} at {source.path}:{source.line}",
        source=source,
    )
