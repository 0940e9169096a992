"""The contracts of a silo's flows: as they were published, and as the manifests have them now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from controller.diff.contract import judge, published
from controller.kinds.flow import Flow
from controller.model.bundle import Rendered
from controller.plan.guard import contract_broken
from controller.plan.plan import Guard
from controller.resolve.lake import Lake


def contract_guards(lake: Lake, rendered: Rendered, old: Mapping[str, Mapping[str, Any]]) -> Iterator[Guard]:
    """Guards for the flows that were published before and whose contract is another now."""
    wanted = {template.address for template in rendered.nested}
    for flow in lake.flows_of(rendered.silo):
        address = f"flow/{flow.name}"
        before = published(old[address]) if address in old and address in wanted else None
        if before is not None:
            found = judge(before, flow.contract)
            place = f"silo/{rendered.silo}/{address}"
            yield from contract_broken(place, flow.contract.compatibility, found, _readers(lake, flow))


def _readers(lake: Lake, flow: Flow) -> list[str]:
    shares = [share for share in lake.shares.values() if share.silo == flow.silo]
    shared = [f"share/{s.name}" for s in shares if any(fnmatchcase(flow.name, table) for table in s.tables)]
    return [*(f"target {target.type}" for target in flow.targets), *shared]
