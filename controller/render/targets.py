"""Where a flow's processed records go, as values: the tables, the warehouse, a data set for dashboards."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from controller.kinds.flow import Column, Flow
from controller.resolve.warehouse import statements, target_table

# QuickSight API reference, InputColumn; a decimal(p,s) is a DECIMAL
IN_DATA_SETS = {
    "string": "STRING",
    "boolean": "BOOLEAN",
    "int": "INTEGER",
    "bigint": "INTEGER",
    "double": "DECIMAL",
    "date": "DATETIME",
    "timestamp": "DATETIME",
}


def targets(flow: Flow) -> dict[str, Any]:
    """What the flow's own stack does with each target that the manifest names; false or null where it does not."""
    table, shown = target_table(flow), data_set(flow)
    return {
        "processed": any(target.type == "processed" for target in flow.targets),
        "redshift": None if table is None else dict(statements(flow, table)),
        "quicksight": None if shown is None else shown["id"],
    }


def data_set(flow: Flow) -> dict[str, Any] | None:
    """Without personal columns: who looks at a dashboard need not be who may know them."""
    name = next((target.values["dataset"] for target in flow.targets if target.type == "quicksight"), None)
    if name is None:
        return None
    return {
        "id": f"lake-{flow.name}",
        "flow": flow.name,
        "name": name,
        "table": flow.table,
        "columns": shown_columns(flow),
    }


def shown_columns(flow: Flow, left_out: Collection[str] = ()) -> list[dict[str, str]]:
    """Those that anybody may see who sees a dashboard, as QuickSight calls their types."""
    columns = [one for one in flow.contract.columns if not one.sensitive and one.name not in left_out]
    return [{"name": column.name, "type": _type(column)} for column in columns]


def _type(column: Column) -> str:
    return IN_DATA_SETS.get(column.type, "DECIMAL")
