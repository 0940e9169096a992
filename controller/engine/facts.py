"""The observed facts of bundles: which ids AWS gave to the units and accounts that manifests call by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from controller.engine.accounts import account_id
from controller.model.bundle import canonical, sha256
from controller.model.facts import AccountOf, Fact, OrganizationId, UnitPath, UnitPrincipal
from controller.model.index import Index
from controller.model.observed import Absent, Observed, Present, Unreadable
from controller.model.world import Tree
from controller.render.blueprint import Catalogue
from controller.render.silo import needed
from controller.resolve.lake import Lake


@dataclass(frozen=True, slots=True)
class Known:
    """The facts of one member by parameter; `missing` says in words what is not known, and is empty where all is."""

    values: Mapping[str, str] = field(default_factory=dict)
    missing: str = ""

    @property
    def digest(self) -> str:
        """Empty for a bundle without facts, so that an index from before knows the same."""
        return sha256(canonical(dict(self.values))) if self.values else ""


def units_in_shares(lake: Lake) -> frozenset[str]:
    return frozenset(unit for share in lake.shares.values() for unit in share.organizational_units)


def known_facts(lake: Lake, key: str, catalogue: Catalogue, tree: Observed[Tree], index: Index) -> Known:
    """What the member's bundle is given; costs no call, for a plan has read the tree and the index anyway."""
    values: dict[str, str] = {}
    for fact in needed(lake, key, catalogue):
        value, missing = _value(lake, fact, tree, index)
        if missing:
            return Known(missing=missing)
        values[fact.parameter] = value
    return Known(values)


def _value(lake: Lake, fact: Fact, observed: Observed[Tree], index: Index) -> tuple[str, str]:
    """The value, or why there is none."""
    if isinstance(fact, AccountOf):
        account = account_id(lake.silos[fact.silo], index.silos.get(fact.silo))
        return account, "" if account else f"the account of silo/{fact.silo} is not known yet: apply, then plan again"
    match observed:
        case Present(tree):
            return _of_tree(fact, tree)
        case Absent():
            return "", "the account is not in an organization"
        case Unreadable(why):
            return "", f"the organization could not be read: {why}"


def _of_tree(fact: OrganizationId | UnitPath | UnitPrincipal, tree: Tree) -> tuple[str, str]:
    match fact:
        case OrganizationId():
            return tree.organization_id, ""
        case UnitPath(path) if path in tree.units:
            return f"{tree.units[path].id_path}*", ""
        case UnitPrincipal(path) if path in tree.units:
            place = f"{tree.management_account}:ou/{tree.organization_id}/{tree.units[path].id}"
            return f"arn:aws:organizations::{place}", ""
        case UnitPath(path) | UnitPrincipal(path):
            return "", f"the unit {path} of a Share does not exist: create it, or correct the Share"
