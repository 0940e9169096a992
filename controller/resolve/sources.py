"""What a flow's source says, against its contract and its silo."""

from __future__ import annotations

from collections.abc import Iterator

from controller.kinds.flow import Flow
from controller.model.ownership import PARTNERS_SECRETS
from controller.model.problem import Problem
from controller.resolve.columns import unknown_column
from controller.resolve.specs import Specs


def check(specs: Specs) -> Iterator[Problem]:
    for flow in specs.flows.values():
        yield from _incremental(flow)
        yield from _engine(flow)
        yield from _credentials(flow)
        silo = specs.silos.get(flow.silo)
        regions = specs.organization.regions if specs.organization else ()
        if silo and silo.region in regions:  # a silo in no region has its own problem
            yield from _region(flow, silo.region)


def _incremental(flow: Flow) -> Iterator[Problem]:
    column = flow.source.get("incremental", {}).get("column")
    known = tuple(one.source_name for one in flow.contract.columns)
    if column is not None and column not in known:
        yield unknown_column(flow, "spec.source.incremental.column", column, known)


def _engine(flow: Flow) -> Iterator[Problem]:
    engine, url = flow.source.get("engine"), flow.source.get("url", "")
    if engine is not None and url.split(":")[1] != engine:
        message = f"the engine is {engine}, but the address is one of {url.split(':')[1]}"
        yield Problem.of(flow.manifest, "engine-url", "spec.source.url", message, f"begin it with jdbc:{engine}:")


def _credentials(flow: Flow) -> Iterator[Problem]:
    """A flow that named a partner's pair as its own password would hand it to whatever host it reads from."""
    if str(flow.source.get("credentialsSecret", "")).startswith(PARTNERS_SECRETS):
        message = f"secrets below {PARTNERS_SECRETS} are partners' own pairs"
        hint = "keep the source's credentials in a secret of their own, such as lake/erp"
        yield Problem.of(flow.manifest, "reserved-name", "spec.source.credentialsSecret", message, hint)


def _region(flow: Flow, region: str) -> Iterator[Problem]:
    """Networks, agents and endpoint services are of one region: the silo's."""
    places = {
        "spec.source.network.availabilityZone": flow.source.get("network", {}).get("availabilityZone", "")[:-1],
        "spec.source.agent": (flow.source.get("agent", "").split(":") + [""] * 4)[3],
        "spec.source.privateLink": (flow.source.get("privateLink", "").split(".") + [""] * 4)[3],
    }
    for field, found in places.items():
        if found and found != region:
            message = f"this is in {found}, but silo {flow.silo} is in {region}"
            yield Problem.of(flow.manifest, "wrong-region", field, message)
