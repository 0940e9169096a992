"""What a consumer is given: its queries, and what its dashboards may read and show of what is shared with it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from controller.kinds.consumer import Consumer
from controller.model.ownership import logical_id
from controller.render.sharing import Giver, left_out, reaches
from controller.render.targets import shown_columns
from controller.resolve.lake import Lake
from controller.resolve.reach import matched

DAILY = "daily"  # the other value of `refresh`: each look at a dashboard asks the shared table itself


def queries_values(lake: Lake, consumer: Consumer, givers: Iterable[dict[str, Any]]) -> dict[str, Any]:
    shown = consumer.dashboards
    return {
        "consumer": consumer.name,
        "bucket_prefix": f"{lake.organization.name}-{consumer.name}",
        "organization": lake.organization.name,
        "principals": sorted(set(shown["principals"])) if shown else [],
        "scan_limit_bytes": consumer.queries["scanLimitGiB"] * 2**30,
        "owners": sorted(set(consumer.owners)),
        "givers": [_read(giver) for giver in givers] if shown else [],
        "columns": bool(shown) and _by_columns(lake, consumer),
    }


def data_sets(
    lake: Lake, consumer: Consumer, givers: Iterable[Giver], database: Callable[[str], str]
) -> dict[str, Any]:
    """One for each table that is shared; of none where no column is left to see."""
    shown = consumer.dashboards or {}
    found = [
        {
            "id": logical_id(giver.silo.name) + logical_id(table.name),
            "data_set": f"lake-{giver.silo.name}-{table.name}",
            "name": f"{giver.silo.name}: {table.name}",
            "database": database(giver.silo.name),
            "table": table.table,
            "columns": columns,
        }
        for giver in givers
        for table in giver.tables
        if (columns := shown_columns(table, left_out(lake, consumer, table)))
    ]
    return {"principals": sorted(set(shown["principals"])), "copied": shown["refresh"] == DAILY, "data_sets": found}


def _read(giver: dict[str, Any]) -> dict[str, Any]:
    return {name: giver[name] for name in ("silo", "region", "account", "parameter")}


def _by_columns(lake: Lake, consumer: Consumer) -> bool:
    """Whether anything comes by Lake Formation, which gives out files by itself."""
    shares = (one for one in lake.shares.values() if one.via == "lakeformation" and reaches(one, consumer))
    return any(matched(one, lake.flows_of(one.silo)) for one in shares)
