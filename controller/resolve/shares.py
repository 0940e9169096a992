"""Shares: to somebody, of tables that exist, by a means that can do what is asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase

from controller.kinds.flow import Flow
from controller.kinds.share import Share
from controller.model.problem import Problem, Severity
from controller.resolve.reach import matched, within
from controller.resolve.references import nearest
from controller.resolve.specs import Specs


def check(specs: Specs) -> Iterator[Problem]:
    for share in specs.shares.values():
        yield from _receivers(specs, share)
        if share.silo in specs.silos:
            yield from _tables(specs, share)
        if share.via == "policy":
            yield from _sensitive(specs, share)
        if share.exclude_columns and share.via == "policy":
            message = "a policy shares whole tables: it cannot leave out columns"
            yield Problem.of(
                share.manifest, "needs-lakeformation", "spec.columns.exclude", message, "use via: lakeformation"
            )


def _sensitive(specs: Specs, share: Share) -> Iterator[Problem]:
    """A policy opens files, and a file holds all columns of its table."""
    for index, pattern in enumerate(share.tables):
        for flow in specs.flows_by_silo.get(share.silo, ()):
            if not fnmatchcase(flow.name, pattern):
                continue
            names = ", ".join(column.name for column in flow.contract.columns if column.sensitive)
            if names:
                message = f"{flow.name} has sensitive columns ({names}): a policy cannot leave them out"
                hint = "use via: lakeformation, which does, or name the other tables one by one"
                yield Problem.of(share.manifest, "needs-lakeformation", f"spec.from.tables[{index}]", message, hint)


def _no_flow(specs: Specs, share: Share, field: str, name: str, names: Mapping[str, Flow]) -> Iterator[Problem]:
    elsewhere = specs.flows.get(name)
    if elsewhere and elsewhere.silo not in specs.silos:
        return  # that flow's silo is the problem
    message = f'silo {share.silo} has no flow named "{name}"'
    hint = f"it is a flow of silo {elsewhere.silo}" if elsewhere else nearest(name, names)
    yield Problem.of(share.manifest, "unknown-reference", field, message, hint)


def _receivers(specs: Specs, share: Share) -> Iterator[Problem]:
    if not share.organizational_units and not share.accounts:
        yield Problem.of(share.manifest, "shared-with-nobody", "spec.to", "this share names neither units nor accounts")
    organization = specs.organization
    if organization is None:
        return
    for index, unit in enumerate(share.organizational_units):
        if not within(unit, organization.units):
            message = f"the unit {unit} is not below any unit of the Organization"
            hint = f"the units are {', '.join(organization.units)}"
            yield Problem.of(share.manifest, "unit-outside", f"spec.to.organizationalUnits[{index}]", message, hint)
    known = {silo.account for silo in specs.silos.values()} | {one.account for one in specs.consumers.values()}
    for index, account in enumerate(share.accounts):
        if account not in known and specs.complete("Silo", "Consumer"):
            message = f"account {account} is neither a Silo nor a Consumer of this lake"
            hint = "declare it as a Consumer, so that it gets what it needs to read the share"
            yield Problem.of(share.manifest, "unknown-account", f"spec.to.accounts[{index}]", message, hint)


def _tables(specs: Specs, share: Share) -> Iterator[Problem]:
    flows = specs.flows_by_silo.get(share.silo, ())
    names = {flow.name: flow for flow in flows}
    for index, pattern in enumerate(share.tables):
        if pattern in names or any(fnmatchcase(name, pattern) for name in names):
            continue
        field = f"spec.from.tables[{index}]"
        if "*" in pattern and specs.complete("Flow"):
            message = f'no flow of silo {share.silo} matches "{pattern}" yet'
            yield Problem.of(share.manifest, "matches-nothing", field, message, "", Severity.WARNING)
        elif "*" not in pattern and ("Flow", pattern) not in specs.faulty:
            yield from _no_flow(specs, share, field, pattern, names)
    columns = {column.name for flow in matched(share, flows) for column in flow.contract.columns}
    for index, name in enumerate(share.exclude_columns):
        if columns and name not in columns and specs.complete("Flow"):
            message = f'no shared table has a column "{name[:60]}"'
            yield Problem.of(share.manifest, "unknown-column", f"spec.columns.exclude[{index}]", message)
