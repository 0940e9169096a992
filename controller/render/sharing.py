"""Each Share as one intent: who may read which tables, told to every policy that takes part from one place.

By policy, the tables that the same readers may read are one grant, so that a bucket's policy grows with the number of
different circles of readers and not with that of shares. Units and accounts are grants of their own: an account is a
principal, a unit is a condition.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from controller.kinds.flow import Flow
from controller.kinds.share import Share
from controller.kinds.silo import Silo
from controller.model.bundle import canonical, sha256
from controller.model.facts import AccountOf, Fact, OrganizationId, UnitPath, UnitPrincipal
from controller.model.ownership import logical_id
from controller.resolve.lake import Lake, Member, retired
from controller.resolve.reach import matched, within

ID = 8  # hex digits that tell apart the circles of readers of one silo


@dataclass(frozen=True, slots=True)
class Grant:
    """Tables by policy; one of `units` and `accounts` is empty."""

    units: tuple[str, ...]
    accounts: tuple[str, ...]
    tables: tuple[Flow, ...]

    @property
    def id(self) -> str:
        """The same as long as the readers are the same, whatever else is shared with them."""
        return sha256(canonical([self.units, self.accounts]))[:ID]


@dataclass(frozen=True, slots=True)
class ColumnGrant:
    """One table by Lake Formation to one principal, without some columns."""

    unit: str  # one of unit and account is empty
    account: str
    table: Flow
    excluded: tuple[str, ...]

    @property
    def id(self) -> str:
        return sha256(canonical([self.table.name, self.unit, self.account]))[:ID]


@dataclass(frozen=True, slots=True)
class Giver:
    """A silo and those of its tables that one member may read."""

    silo: Silo
    tables: tuple[Flow, ...]


def policy_grants(lake: Lake, silo: str) -> tuple[Grant, ...]:
    """In the order of their readers."""
    units: dict[str, set[str]] = {}
    accounts: dict[str, set[str]] = {}
    flows = {flow.name: flow for flow in lake.flows_of(silo)}
    for share in _shares(lake, silo, "policy"):
        for flow in matched(share, tuple(flows.values())):
            units.setdefault(flow.name, set()).update(share.organizational_units)
            accounts.setdefault(flow.name, set()).update(share.accounts)
    by_units = _merged({name: _topmost(paths) for name, paths in units.items()})
    by_accounts = _merged({name: tuple(sorted(ids)) for name, ids in accounts.items()})
    return (
        *(Grant(readers, (), tuple(flows[name] for name in names)) for readers, names in by_units),
        *(Grant((), readers, tuple(flows[name] for name in names)) for readers, names in by_accounts),
    )


def column_grants(lake: Lake, silo: str) -> tuple[ColumnGrant, ...]:
    """In the order of table and principal. Of two shares of a table with one principal, what either leaves out goes."""
    excluded: dict[tuple[str, str, str], set[str]] = {}
    flows = {flow.name: flow for flow in lake.flows_of(silo)}
    for share in _shares(lake, silo, "lakeformation"):
        principals = [*((unit, "") for unit in share.organizational_units), *(("", one) for one in share.accounts)]
        for flow in matched(share, tuple(flows.values())):
            sensitive = {column.name for column in flow.contract.columns if column.sensitive}
            asked = {column.name for column in flow.contract.columns} & set(share.exclude_columns)
            for unit, account in principals:
                excluded.setdefault((flow.name, unit, account), set()).update(sensitive | asked)
    return tuple(
        ColumnGrant(unit, account, flows[name], tuple(sorted(left_out)))
        for (name, unit, account), left_out in sorted(excluded.items())
    )


def received(lake: Lake, member: Member) -> tuple[Giver, ...]:
    """What other silos share with the member, in the order of their names."""
    found: dict[str, dict[str, Flow]] = {}
    for share in lake.shares.values():
        if share.silo != member.key and reaches(share, member) and not retired(lake.silos[share.silo]):
            tables = found.setdefault(share.silo, {})
            tables.update({flow.name: flow for flow in matched(share, lake.flows_of(share.silo))})
    return tuple(
        Giver(lake.silos[name], tuple(tables[flow] for flow in sorted(tables)))
        for name, tables in sorted(found.items())
        if tables
    )


def left_out(lake: Lake, member: Member, table: Flow) -> frozenset[str]:
    """Columns that some share of the table leaves out for the member: what one hides, no other one shows."""
    shares = (one for one in lake.shares.values() if one.silo == table.silo and reaches(one, member))
    return frozenset(name for one in shares if matched(one, (table,)) for name in one.exclude_columns)


def reaches(share: Share, member: Member) -> bool:
    return member.account in share.accounts or within(member.organizational_unit, share.organizational_units)


def facts_of(grants: Iterable[Grant], granted: Iterable[ColumnGrant]) -> tuple[Fact, ...]:
    """What the templates of the giving silo take as parameters for these."""
    policies = tuple(grants)
    found: set[Fact] = {UnitPath(path) for grant in policies for path in grant.units}
    found |= {UnitPrincipal(grant.unit) for grant in granted if grant.unit}
    if policies:
        found.add(OrganizationId())
    return tuple(sorted(found, key=lambda fact: fact.parameter))


def storage_values(grants: tuple[Grant, ...]) -> dict[str, Any]:
    """For the bucket's policy one statement a circle, for the key's one over all units and one over all accounts."""
    units = sorted({path for grant in grants for path in grant.units})
    return {
        "grants": [_grant(grant) for grant in grants],
        "unit_parameters": [UnitPath(path).parameter for path in _topmost(units)],
        "reading_accounts": sorted({account for grant in grants for account in grant.accounts}),
        "parameters": _parameters(facts_of(grants, ())),
    }


def sharing_values(grants: tuple[Grant, ...], granted: tuple[ColumnGrant, ...]) -> dict[str, Any]:
    return {
        "grants": [_grant(grant) for grant in grants],
        "column_grants": [_column_grant(grant) for grant in granted],
        "prefixes": sorted({f"{grant.table.name}/" for grant in granted}),
        "parameters": _parameters(facts_of(grants, granted)),
    }


def giver_values(giver: Giver, database: Callable[[str], str], region: str) -> dict[str, Any]:
    account = giver.silo.account
    known = isinstance(account, str)
    return {
        "id": logical_id(giver.silo.name),
        "silo": giver.silo.name,
        "database": database(giver.silo.name),
        "region": giver.silo.region,
        "here": giver.silo.region == region,
        "account": account if known else None,
        "parameter": None if known else AccountOf(giver.silo.name).parameter,
        "tables": [{"id": logical_id(flow.name), "flow": flow.name, "table": flow.table} for flow in giver.tables],
    }


def _shares(lake: Lake, silo: str, via: str) -> Iterator[Share]:
    return (share for share in lake.shares.values() if share.silo == silo and share.via == via)


def _topmost(paths: Iterable[str]) -> tuple[str, ...]:
    """Without units that lie below another one: a unit's pattern takes in all below it."""
    ordered = sorted(set(paths))
    return tuple(path for path in ordered if not within(path, [other for other in ordered if other != path]))


def _merged(readers: Mapping[str, tuple[str, ...]]) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Tables that the same readers may read, together; both in order."""
    found: dict[tuple[str, ...], list[str]] = {}
    for name, who in sorted(readers.items()):
        if who:
            found.setdefault(who, []).append(name)
    return [(who, tuple(names)) for who, names in sorted(found.items())]


def _grant(grant: Grant) -> dict[str, Any]:
    return {
        "id": grant.id,
        "units": [UnitPath(path).parameter for path in grant.units],
        "accounts": list(grant.accounts),
        "tables": [{"flow": flow.name, "table": flow.table} for flow in grant.tables],
    }


def _column_grant(grant: ColumnGrant) -> dict[str, Any]:
    return {
        "id": grant.id,
        "account": grant.account or None,
        "parameter": UnitPrincipal(grant.unit).parameter if grant.unit else None,
        "table": grant.table.table,
        "excluded": list(grant.excluded),
    }


def _parameters(facts: Iterable[Fact]) -> list[dict[str, str]]:
    return [{"parameter": fact.parameter, "description": fact.description} for fact in facts]
