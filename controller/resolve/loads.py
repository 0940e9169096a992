"""Warehouses and dashboards: sizes in order, names that Redshift takes, principals of the silo's own account."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from controller.kinds.consumer import Consumer
from controller.kinds.flow import Flow
from controller.kinds.silo import Silo
from controller.model.problem import Problem
from controller.resolve.reserved import REDSHIFT
from controller.resolve.specs import Specs
from controller.resolve.warehouse import RESERVED_PREFIX, statements

STATEMENT_BYTES = 65_535  # the contract's columns are a text in SQL; the Data API itself takes 100 KB a statement
SCALE_MAX = 37  # digits after the point; Redshift database developer guide, "Numeric types"
SCHEMAS = ("information_schema", "catalog_history", "sys")  # Redshift's own, beside pg_*

_SCALE = re.compile(r"decimal\([0-9]+,([0-9]+)\)")


def check(specs: Specs) -> Iterator[Problem]:
    for silo in specs.silos.values():
        yield from _capacity(silo)
    yield from _principals(specs)
    for flow in specs.flows.values():
        for index, target in enumerate(flow.targets):
            field = f"spec.targets[{index}]"
            if target.type == "redshift":
                yield from _named(flow, f"{field}.table", str(target.values["table"]))
                yield from _fits(flow, str(target.values["table"]))
            elif target.type == "quicksight" and all(column.sensitive for column in flow.contract.columns):
                message = "every column is sensitive, and those are left out of dashboards"
                yield Problem.of(flow.manifest, "target-unavailable", f"{field}.type", message)


def _capacity(silo: Silo) -> Iterator[Problem]:
    said = silo.warehouse or {}
    base, most = said.get("baseCapacity", 0), said.get("maxCapacity", 0)
    if most < base:
        message = f"the warehouse begins with {base} units and may have {most} at most"
        yield Problem.of(
            silo.manifest, "capacity-order", "spec.warehouse", message, f"set maxCapacity to {base} or more"
        )


def _principals(specs: Specs) -> Iterator[Problem]:
    """QuickSight's users belong to one account; their region is QuickSight's, not the silo's."""
    owners: tuple[Silo | Consumer, ...] = (*specs.silos.values(), *specs.consumers.values())
    known = Counter(owner.account for owner in owners if isinstance(owner.account, str))
    known.update(one.master_account for one in specs.organizations.values())
    for owner in owners:
        if not isinstance(owner.account, str) or known[owner.account] > 1:  # not known yet, or a fault of its own
            continue
        for index, principal in enumerate((owner.dashboards or {}).get("principals", ())):
            account = principal.split(":")[4]
            if account != owner.account:
                message = f"this is a principal of account {account}, and the manifest's is {owner.account}"
                yield Problem.of(owner.manifest, "wrong-account", f"spec.dashboards.principals[{index}]", message)


def _named(flow: Flow, field: str, table: str) -> Iterator[Problem]:
    schema, name = table.split(".")
    for word in (schema, name):
        if word in REDSHIFT:
            message = f'"{word}" is a reserved word of Redshift: every query would have to quote it'
            yield Problem.of(flow.manifest, "reserved-name", field, message, f"such as {word}_data")
    if schema.startswith("pg_") or schema in SCHEMAS:
        message = f'"{schema}" is a schema of Redshift itself'
        yield Problem.of(flow.manifest, "reserved-name", field, message, f"such as {flow.silo}.{name}")
    if name.startswith(RESERVED_PREFIX):
        message = f"tables that begin with {RESERVED_PREFIX} are those that loading needs"
        yield Problem.of(flow.manifest, "reserved-name", field, message)


def _fits(flow: Flow, table: str) -> Iterator[Problem]:
    for index, column in enumerate(flow.contract.columns):
        scale = _SCALE.fullmatch(column.type)
        if scale and int(scale[1]) > SCALE_MAX:
            message = (
                f"{column.type} has {scale[1]} digits after the point; Redshift, which this flow loads, has {SCALE_MAX}"
            )
            yield Problem.of(flow.manifest, "column-type", f"spec.contract.columns[{index}].type", message)
    longest = max(len(statement) for statement in statements(flow, table).values())
    if longest > STATEMENT_BYTES * 0.9:
        message = (
            f"loading the contract's columns takes a statement of {longest:,} bytes; {STATEMENT_BYTES:,} are the most"
        )
        hint = "fewer columns or shorter names, or no redshift target"
        yield Problem.of(flow.manifest, "template-too-large", "spec.contract.columns", message, hint)
