"""Lakes built by hand: the smallest that say what a test is about."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from types import MappingProxyType

from controller.kinds.consumer import Consumer
from controller.kinds.flow import Column, Contract, Flow, Transform
from controller.kinds.silo import NewAccount, Release, Silo
from controller.resolve.lake import Lake
from tests.conftest import NOTHING, manifest, organization, silo

SALES, FINANCE = "200000000001", "200000000003"
PLANT = NewAccount("acme-plant", "aws+plant@acme.example")


def sales(**changed: object) -> Silo:
    return replace(silo("sales", SALES, "Lake/Silos/Commercial"), **changed)


def finance(**changed: object) -> Silo:
    return replace(silo("finance", FINANCE, "Lake/Silos/Finance", "eu-central-1"), **changed)


def plant(**changed: object) -> Silo:
    return replace(silo("plant", PLANT, "Lake/Silos/Operations"), **changed)


def consumer(name: str = "board", account: str = "300000000008") -> Consumer:
    return Consumer(
        manifest("Consumer", name), name, account, "Lake/Analytics", "eu-west-1", ("x@acme.example",), NOTHING, None
    )


def allowing(made: Silo, *addresses: str) -> Silo:
    return replace(made, release=Release(addresses))


def columns(*said: str) -> tuple[Column, ...]:
    """`order_id string!`: a name, a type, and an exclamation mark where it is required."""
    return tuple(
        Column(name, kind.rstrip("!"), kind.endswith("!"), False, (), name)
        for name, kind in (one.split(" ", 1) for one in said)
    )


def flow(
    name: str = "orders",
    silo: str = "sales",
    *,
    schedule: str = "rate(1 hour)",
    compatibility: str = "backward",
    holds: Iterable[Column] = columns("order_id string!", "total int"),
) -> Flow:
    return Flow(
        manifest=manifest("Flow", name),
        name=name,
        silo=silo,
        source_type="http",
        source={"auth": "iam", "buffer": {"seconds": 300, "mebibytes": 64}},
        contract=Contract(compatibility, tuple(holds), ("order_id",), None),
        transform=Transform("glue", None, 2, "G.1X"),
        schedule=schedule,
        targets=(),
    )


def lake(*silos: Silo, flows: Iterable[Flow] = (), **changed: object) -> Lake:
    """`changed` are fields of the Organization."""
    named = {one.name: one for one in sorted(flows, key=lambda one: one.name)}
    by_silo = {name: tuple(f for f in named.values() if f.silo == name) for name in {f.silo for f in named.values()}}
    return Lake(
        replace(organization(), **changed),
        MappingProxyType({one.name: one for one in sorted(silos, key=lambda one: one.name)}),
        NOTHING,
        NOTHING,
        MappingProxyType(named),
        NOTHING,
        NOTHING,
        MappingProxyType(by_silo),
    )


def small() -> Lake:
    """Two accounts that exist, in two regions, one to be created, and a flow."""
    return lake(sales(), finance(), plant(), flows=[flow()])
