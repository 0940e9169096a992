"""What a silo's warehouse and dashboards are given."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from controller.kinds.flow import Flow
from controller.kinds.silo import Silo
from controller.model.ownership import logical_id
from controller.render.targets import data_set

WAREHOUSE = "warehouse"
DASHBOARDS = "dashboards"


def components(silo: Silo, flows: Iterable[Flow], database: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The name of each blueprint, which is the part's place too, with its values; none that the silo goes without."""
    if silo.warehouse is not None:
        yield WAREHOUSE, _warehouse(silo, silo.warehouse)
    if silo.dashboards is not None:
        shown = [{**found, "logical_id": logical_id(flow.name)} for flow in flows if (found := data_set(flow))]
        yield (
            DASHBOARDS,
            {
                "silo": silo.name,
                "encryption": silo.encryption,
                "database": database,
                "principals": sorted(set(silo.dashboards["principals"])),
                "data_sets": shown,
            },
        )


def _warehouse(silo: Silo, said: Mapping[str, Any]) -> dict[str, Any]:
    network = said.get("network")
    return {
        "silo": silo.name,
        "encryption": silo.encryption,
        "base_capacity": said["baseCapacity"],
        "max_capacity": said["maxCapacity"],
        "network": {
            "subnets": sorted(set(network["subnets"])),
            "security_groups": sorted(set(network["securityGroups"])),
        }
        if network
        else None,
    }
