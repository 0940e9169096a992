"""Plan: the lake against one look at AWS. Only silos whose inputs changed are rendered, fetched and compared."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial

from controller.diff.baseline import TEMPLATE, TYPE, baseline_diff
from controller.diff.change import Change, Later, Verb
from controller.diff.organization import account_change, missing_units, unit_change
from controller.diff.release import is_current
from controller.diff.stack import stack_changes
from controller.engine.observe import World, observe, side_by_side, value_or
from controller.engine.ports import Ports
from controller.engine.silo import SiloPlan, plan_silo
from controller.kinds.silo import NewAccount, Silo
from controller.model.index import Entry, Index
from controller.model.observed import Absent, Observed, Present, Unreadable
from controller.model.ownership import bundle_key
from controller.model.world import Account, StackSet, Stored, Tree
from controller.plan.guard import destroys_data, too_many_silos, unused
from controller.plan.plan import Guard, Plan
from controller.plan.step import (
    CreateAccount,
    CreateUnit,
    DeployUnits,
    MoveAccount,
    Record,
    ReleaseUnits,
    RetryAccounts,
    SettleStack,
    Step,
    WriteBaseline,
    WriteStack,
)
from controller.render.accounts import render_baseline, render_master
from controller.render.blueprint import Catalogue
from controller.render.silo import inputs
from controller.resolve.lake import Lake

MASTER = "master/stack"
BASELINE_UNITS = "baseline/units"


@dataclass(frozen=True, slots=True)
class Options:
    full: bool = False  # render and compare every silo, whatever the index says
    allowed: frozenset[str] = frozenset()  # what --allow named
    commit: str = "uncommitted"


@dataclass(frozen=True, slots=True)
class Prepared:
    """A plan and what carries it out."""

    plan: Plan
    steps: tuple[Step, ...]
    lake: Lake
    catalogue: Catalogue
    options: Options
    tree: Tree | None
    accounts: Mapping[str, Account]  # by silo, where they were looked up
    index: Index


@dataclass
class _Draft:
    """What the parts of a plan add to; parts run in the order of the apply."""

    changes: list[Change] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    guards: list[Guard] = field(default_factory=list)

    def blocked(self, address: str, type: str, reason: str) -> None:
        self.changes.append(Change(address, type, Verb.BLOCKED, reason))


def make_plan(lake: Lake, catalogue: Catalogue, ports: Ports, options: Options) -> Prepared:
    """Compare and say what an apply would do. Reads only.

    Raises ManifestsInvalid where a blueprint refuses what a manifest asks for, ControllerError for the wrong account.
    """
    world = observe(lake.organization, ports)
    draft = _Draft()
    index = value_or(world.index, Index({}))
    wanted = {name: inputs(lake, name, catalogue) for name in lake.silos}
    stale = _stale(lake, world, index, wanted, options.full)
    tree, accounts = _accounts(draft, lake, [lake.silos[name] for name in stale], world, index, ports)
    _masters(draft, lake, catalogue, world, tree, ports)
    _baseline(draft, lake, catalogue, world, tree, accounts, ports)
    _silos(draft, lake, catalogue, world, index, stale, wanted, accounts, ports, options)
    _departed(draft, lake, index)
    _guard(draft, lake, stale, options)
    plan = Plan(
        tuple(draft.changes),
        tuple(draft.guards),
        tuple(draft.notes),
        {"regions": len(lake.organization.regions), "silos": len(lake.silos), "flows": len(lake.flows)},
        _fingerprints(wanted, world, index),
    )
    return Prepared(plan, tuple(draft.steps), lake, catalogue, options, tree, accounts, index)


def _stale(lake: Lake, world: World, index: Index, wanted: Mapping[str, str], full: bool) -> tuple[str, ...]:
    """The silos to look into: published from other inputs, not as the index says, or not enrolled in the baseline."""
    enrolled = value_or(world.baseline, StackSet({}, {}, False, {})).instances
    return tuple(
        name
        for name, silo in lake.silos.items()
        if full or not _settled(silo, index.silos.get(name), wanted[name], world, enrolled)
    )


def _settled(silo: Silo, entry: Entry | None, wanted: str, world: World, enrolled: Mapping[str, object]) -> bool:
    account = account_id(silo, entry)
    listed = value_or(world.releases.get(silo.region, Absent()), {}).get(bundle_key(account)) if account else None
    return account in enrolled and is_current(entry, wanted, account, silo.region, listed)


def account_id(silo: Silo, entry: Entry | None) -> str:
    """The silo's account as far as it is known without asking; empty before it is created."""
    if isinstance(silo.account, str):
        return silo.account
    return entry.account if entry else ""


def _accounts(
    draft: _Draft, lake: Lake, silos: list[Silo], world: World, index: Index, ports: Ports
) -> tuple[Tree | None, Mapping[str, Account]]:
    """Units and accounts of the silos that are looked into, and the baseline's units; answers what was found."""
    organization = lake.organization
    match world.tree:
        case Unreadable(why):
            draft.blocked("organization", "organization", f"could not be read: {why}")
            return None, {}
        case Absent():
            draft.blocked("organization", "organization", "the account is not in an organization")
            return None, {}
        case Present(tree):
            pass
    paths = sorted({*organization.units, *(silo.organizational_unit for silo in silos)})
    if silos:
        match ports.organizations.tree(paths):
            case Present(deeper):
                tree = deeper
            case Unreadable(why):
                draft.blocked("organization", "organization", f"could not be read: {why}")
                return None, {}
    for path in missing_units(paths, tree):
        draft.changes.append(unit_change(path))
        parent = path.rpartition("/")[0]
        draft.steps.append(CreateUnit(f"unit/{path}", (f"unit/{parent}",) if parent else (), path))
    found = _look_up(silos, index, ports)
    for silo in silos:
        change = account_change(silo, found[silo.name], tree)
        if change is not None:
            draft.changes.append(change)
            draft.steps.extend(_account_steps(silo, change))
    return tree, {name: seen.value for name, seen in found.items() if isinstance(seen, Present)}


def _look_up(silos: Iterable[Silo], index: Index, ports: Ports) -> dict[str, Observed[Account]]:
    """Each silo's account: by its id where it is known, else by its e-mail address among all accounts."""
    known = {silo.name: account_id(silo, index.silos.get(silo.name)) for silo in silos}
    unknown = [silo for silo in silos if not known[silo.name]]
    found: dict[str, Observed[Account]] = {}
    if unknown:
        match ports.organizations.accounts():
            case Present(accounts):
                by_email = {account.email.lower(): account.id for account in accounts}
                known.update({s.name: by_email.get(_email(s), "") for s in unknown})
                found.update({s.name: Absent() for s in unknown if not known[s.name]})
            case Absent():
                found.update({s.name: Absent() for s in unknown})
            case Unreadable() as failed:
                found.update({s.name: failed for s in unknown})
    read = ports.organizations.account
    reads = {name: partial(read, account) for name, account in known.items() if name not in found}
    return {**found, **side_by_side(reads)}


def _email(silo: Silo) -> str:
    return silo.account.email.lower() if isinstance(silo.account, NewAccount) else ""


def _account_steps(silo: Silo, change: Change) -> Iterator[Step]:
    unit = silo.organizational_unit
    if change.verb is Verb.BLOCKED:
        return
    if change.verb is Verb.CREATE and isinstance(silo.account, NewAccount):
        yield CreateAccount(change.address, (), silo.name, silo.account.name, silo.account.email)
        yield MoveAccount(f"{change.address}/unit", (change.address, f"unit/{unit}"), silo.name, unit)
    else:
        yield MoveAccount(change.address, (f"unit/{unit}",), silo.name, unit)


def _masters(draft: _Draft, lake: Lake, catalogue: Catalogue, world: World, tree: Tree | None, ports: Ports) -> None:
    organization = lake.organization
    parameters = master_parameters(lake, tree)
    for region in organization.regions:
        address = master_address(lake, region)
        template = render_master(organization, region, catalogue)
        seen = world.masters[region]
        changes = list(stack_changes(address, template, parameters, seen, ports.create_only)) if tree else []
        draft.changes.extend(changes)
        if any(change.verb is Verb.BLOCKED for change in changes):
            continue
        needs = tuple(f"unit/{path}" for path in organization.units)
        if changes:
            draft.steps.append(WriteStack(address, needs, region))
        elif isinstance(seen, Present) and seen.value.status.endswith("_IN_PROGRESS"):
            draft.notes.append(f"{address} is {seen.value.status}: an apply waits for it")
            draft.steps.append(SettleStack(address, needs, region))


def master_address(lake: Lake, region: str) -> str:
    return MASTER if region == lake.organization.home_region else f"{MASTER}/{region}"


def master_parameters(lake: Lake, tree: Tree | None) -> dict[str, str | Later]:
    """The observed facts that the code bucket's policy rests on."""
    if tree is None:
        return {}
    absent = next((path for path in lake.organization.units if path not in tree.units), None)
    paths = sorted(f"{tree.units[path].id_path}*" for path in lake.organization.units if path in tree.units)
    units = Later(f"unit/{absent}", "Id") if absent else ",".join(paths)
    return {"OrganizationId": tree.organization_id, "UnitPaths": units}


def _baseline(
    draft: _Draft,
    lake: Lake,
    catalogue: Catalogue,
    world: World,
    tree: Tree | None,
    accounts: Mapping[str, Account],
    ports: Ports,
) -> None:
    organization = lake.organization
    if tree is None:
        return
    if isinstance(world.baseline, Unreadable):
        draft.blocked(TEMPLATE, TYPE, f"could not be read: {world.baseline.why}")
        return
    current = value_or(world.baseline, None)
    wanted = render_baseline(organization, catalogue)
    diff = baseline_diff(wanted, organization.units, organization.regions, tree.units, current, ports.create_only)
    draft.changes.extend(diff.changes)
    masters = tuple(master_address(lake, region) for region in organization.regions)
    if diff.template:
        draft.steps.append(WriteBaseline(TEMPLATE, masters, current is not None))
    deploy = {*diff.deploy, *_left_out(draft, lake, tree, current, accounts)}
    if deploy:
        needs = (*masters, TEMPLATE, *(f"unit/{path}" for path in organization.units))
        draft.steps.append(DeployUnits(BASELINE_UNITS, needs, tuple(sorted(deploy))))
    if diff.release:
        draft.steps.append(ReleaseUnits("baseline/release", (TEMPLATE,), diff.release))
        draft.guards.extend(_releases(diff.changes))
    if diff.retry:
        draft.steps.append(RetryAccounts("baseline/retry", (TEMPLATE, BASELINE_UNITS), diff.retry))


def _left_out(
    draft: _Draft, lake: Lake, tree: Tree, current: StackSet | None, accounts: Mapping[str, Account]
) -> Iterator[str]:
    """Units to deploy again: an account is in its unit, the unit is targeted, and yet it has no baseline.

    An account that is to be moved gets its baseline from the move itself.
    """
    for name, account in sorted(accounts.items()):
        unit = tree.units.get(lake.silos[name].organizational_unit)
        if current is None or unit is None or account.parent != unit.id or account.id in current.instances:
            continue
        path = next(p for p in lake.organization.units if f"{unit.path}/".startswith(f"{p}/"))
        if path in tree.units and tree.units[path].id in current.targets:
            reason = "the account is in its unit and has no baseline yet"
            draft.changes.append(Change(f"baseline/account/{account.id}", TYPE, Verb.CREATE, reason))
            yield path


def _releases(changes: Iterable[Change]) -> Iterator[Guard]:
    for change in changes:
        if change.verb is Verb.DELETE and change.address.startswith("baseline/unit/"):
            yield Guard(
                "releases-unit",
                f"the accounts of {change.address} would get no more updates",
                blocks=True,
                address=change.address,
                allow=f"destroy={change.address}",
            )


def _silos(
    draft: _Draft,
    lake: Lake,
    catalogue: Catalogue,
    world: World,
    index: Index,
    stale: Iterable[str],
    wanted: Mapping[str, str],
    accounts: Mapping[str, Account],
    ports: Ports,
    options: Options,
) -> None:
    if isinstance(world.index, Unreadable):
        draft.blocked("index", "index", f"could not be read: {world.index.why}")
        return
    if not index.silos and any(value_or(listed, {}) for listed in world.releases.values()):
        draft.notes.append("there is no index; the bundles themselves were compared")
    for name in stale:
        silo = lake.silos[name]
        listing = world.releases[silo.region]
        if isinstance(listing, Unreadable):
            draft.blocked(f"silo/{name}/bundle", "bundle", f"could not be read: {listing.why}")
            continue
        account = accounts[name].id if name in accounts else account_id(silo, index.silos.get(name))
        listed: Stored | None = value_or(listing, {}).get(bundle_key(account)) if account else None
        entry = index.silos.get(name)
        made: SiloPlan = plan_silo(lake, silo, catalogue, ports, account, entry, listed, wanted[name])
        needs = (f"account/{name}", f"account/{name}/unit", master_address(lake, silo.region), BASELINE_UNITS)
        draft.changes.extend(made.changes)
        draft.notes.extend(made.notes)
        draft.steps.extend(made.steps(needs))


def _departed(draft: _Draft, lake: Lake, index: Index) -> None:
    """Silos that were published and have no manifest any more: never deleted, forgotten once they were retired."""
    for name, entry in index.silos.items():
        if name in lake.silos:
            continue
        address = f"silo/{name}/bundle"
        if entry.retired:
            reason = "it was retired and its manifest is gone; its data stays in its account"
            draft.changes.append(Change(address, "bundle", Verb.DELETE, reason, retained=True))
            draft.steps.append(Record(address, (), name, None))
        else:
            draft.blocked(address, "bundle", "its manifest is gone: set spec.lifecycle to retired and apply that first")


def _guard(draft: _Draft, lake: Lake, stale: Iterable[str], options: Options) -> None:
    organization = lake.organization
    granted = {f"silo/{s.name}/{address}" for s in lake.silos.values() for address in s.release.allow_destroy}
    touched = {change.address.split("/")[1] for change in draft.changes if change.address.startswith("silo/")}
    draft.guards = [guard for guard in draft.guards if guard.allow not in options.allowed]
    draft.guards.extend(destroys_data(draft.changes, organization.guards, options.allowed, granted))
    draft.guards.extend(too_many_silos(len(touched & set(stale)), organization.guards, options.allowed))
    draft.guards.extend(unused(options.allowed, draft.changes))


def _fingerprints(wanted: Mapping[str, str], world: World, index: Index) -> dict[str, str]:
    """What the plan was made from: a saved plan is stale when one of these has moved."""
    listed = sorted(
        f"{region}/{key}={stored.etag}"
        for region, listing in world.releases.items()
        for key, stored in value_or(listing, {}).items()
    )
    return {
        "inputs": _digest(f"{name}={digest}" for name, digest in sorted(wanted.items())),
        "index": index.etag,
        "bundles": _digest(listed),
    }


def _digest(lines: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
