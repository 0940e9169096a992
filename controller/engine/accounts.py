"""Plan units and accounts: only of the silos that are looked into, and the units that the baseline targets."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial

from controller.diff.change import Change, Verb
from controller.diff.organization import account_change, missing_units, unit_change
from controller.engine.draft import Draft
from controller.engine.observe import World, side_by_side
from controller.engine.ports import Ports
from controller.kinds.silo import NewAccount
from controller.model.index import Entry, Index
from controller.model.observed import Absent, Observed, Present, Unreadable
from controller.model.world import Account, Tree
from controller.plan.step import CreateAccount, CreateUnit, MoveAccount, Step
from controller.resolve.lake import Lake, Member


def plan_accounts(
    draft: Draft, lake: Lake, names: Collection[str], world: World, index: Index, ports: Ports
) -> tuple[Tree | None, Mapping[str, Account]]:
    """Units and accounts of the silos that are looked into, and the baseline's units; answers what was found.

    Those of default silos were seen where they are, and are neither looked up again nor moved.
    """
    organization = lake.organization
    seen = {name: lake.defaults.residents[name] for name in names if name in lake.defaults.residents}
    silos = [lake.member(name) for name in names if name not in seen]
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
    tree = replace(tree, units={**tree.units, **{one.unit.path: one.unit for one in seen.values()}})
    found = _look_up(silos, index, ports)
    for silo in silos:
        change = account_change(silo, found[silo.key], tree, account_id(silo, index.silos.get(silo.key)))
        if change is not None:
            draft.changes.append(change)
            draft.steps.extend(_account_steps(silo, change))
    accounts = {name: answer.value for name, answer in found.items() if isinstance(answer, Present)}
    return tree, {**accounts, **{name: one.account for name, one in seen.items()}}


def account_id(silo: Member, entry: Entry | None) -> str:
    """The silo's account as far as it is known without asking; empty before it is created."""
    if isinstance(silo.account, str):
        return silo.account
    return entry.account if entry else ""


def _look_up(silos: Iterable[Member], index: Index, ports: Ports) -> dict[str, Observed[Account]]:
    """Each silo's account: by its id where it is known, else by its e-mail address among all accounts."""
    known = {silo.key: account_id(silo, index.silos.get(silo.key)) for silo in silos}
    unknown = [silo for silo in silos if not known[silo.key]]
    found: dict[str, Observed[Account]] = {}
    if unknown:
        match ports.organizations.accounts():
            case Present(accounts):
                by_email = {account.email.lower(): account.id for account in accounts}
                known.update({s.key: by_email.get(_email(s), "") for s in unknown})
                found.update({s.key: Absent() for s in unknown if not known[s.key]})
            case Absent():
                found.update({s.key: Absent() for s in unknown})
            case Unreadable() as failed:
                found.update({s.key: failed for s in unknown})
    read = ports.organizations.account
    reads = {name: partial(read, account) for name, account in known.items() if name not in found}
    return {**found, **side_by_side(reads)}


def _email(silo: Member) -> str:
    return silo.account.email.lower() if isinstance(silo.account, NewAccount) else ""


def _account_steps(silo: Member, change: Change) -> Iterator[Step]:
    unit = silo.organizational_unit
    if change.verb is Verb.BLOCKED:
        return
    if change.verb is Verb.CREATE and isinstance(silo.account, NewAccount):
        yield CreateAccount(change.address, (), silo.key, silo.account.name, silo.account.email)
        yield MoveAccount(f"{change.address}/unit", (change.address, f"unit/{unit}"), silo.key, unit)
    else:
        yield MoveAccount(change.address, (f"unit/{unit}",), silo.key, unit)
