"""The SQL by which a run of a flow reaches its table in the warehouse: one transaction, safe to run again.

New columns of the contract are added to a table that is there already. What a run wrote is copied to a table of the
session, and merged by the contract's key.
"""

from __future__ import annotations

from collections.abc import Mapping

from controller.kinds.flow import Column, Flow
from controller.model.bundle import sha256

TEXT = "VARCHAR(65535)"  # bytes; a longer value fails the COPY. Redshift developer guide, "Character types"
TYPES = {
    "string": TEXT,
    "boolean": "BOOLEAN",
    "int": "INTEGER",
    "bigint": "BIGINT",
    "double": "DOUBLE PRECISION",
    "date": "DATE",
    "timestamp": "TIMESTAMP",
}
RESERVED_PREFIX = "lake_"  # tables and procedures of ours
STAGING = '"lake_staging"'  # of the session alone
# COPY reads columns by position: after the contract's come those that the job adds (scripts/process.py).
JOB_COLUMNS = (("_arrived_at", "TIMESTAMP"), ("_source_file", TEXT))


def target_table(flow: Flow) -> str | None:
    """Schema and table with a dot between; None for a flow that loads no warehouse."""
    return next((str(target.values["table"]) for target in flow.targets if target.type == "redshift"), None)


def statements(flow: Flow, table: str) -> Mapping[str, str]:
    """By name, in the order in which they run; between `staging` and `merge` the files are copied."""
    schema, name = table.split(".")
    columns = flow.contract.columns
    procedure = f'"{schema}"."lake_columns_{sha256(name.encode())[:8]}"'
    return {
        "schema": f'CREATE SCHEMA IF NOT EXISTS "{schema}"',
        "table": f'CREATE TABLE IF NOT EXISTS "{schema}"."{name}" ({_defined(columns)})',
        "columns": _new_columns(procedure, schema, name, columns),
        "call": f"CALL {procedure}()",
        "staging": f"CREATE TEMP TABLE {STAGING} ({_defined(columns, JOB_COLUMNS)})",
        "merge": _merge(schema, name, flow),
    }


def type_of(column: Column) -> str:
    return TYPES.get(column.type) or column.type.upper()  # decimal(p,s) is called the same


def _defined(columns: tuple[Column, ...], more: tuple[tuple[str, str], ...] = ()) -> str:
    pairs = (*((column.name, type_of(column)) for column in columns), *more)
    return ", ".join(f'"{name}" {kind}' for name, kind in pairs)


def _new_columns(procedure: str, schema: str, name: str, columns: tuple[Column, ...]) -> str:
    """ALTER TABLE knows no IF NOT EXISTS (Redshift developer guide); only a procedure can ask first."""
    wanted = "|".join(f"{column.name} {type_of(column)}" for column in columns)
    known = f"table_schema = '{schema}' AND table_name = '{name}'"
    add = f'\'ALTER TABLE "{schema}"."{name}" ADD COLUMN "\''
    return "\n".join(  # names are checked: see _merge
        (
            f"CREATE OR REPLACE PROCEDURE {procedure}() AS $$",
            "DECLARE",
            f"  wanted {TEXT} := '{wanted}';",
            "  one VARCHAR(255);",
            "  there INTEGER;",
            "BEGIN",
            f"  FOR place IN 1..{len(columns)} LOOP",
            "    one := split_part(wanted, '|', place);",
            f"    SELECT COUNT(*) INTO there FROM svv_columns WHERE {known} AND column_name = split_part(one, ' ', 1);",  # noqa: S608
            "    IF there = 0 THEN",
            f"      EXECUTE {add} || split_part(one, ' ', 1) || '\" ' || substring(one, strpos(one, ' ') + 1);",
            "    END IF;",
            "  END LOOP;",
            "END;",
            "$$ LANGUAGE plpgsql",
        )
    )


def _merge(schema: str, name: str, flow: Flow) -> str:
    """Names are letters, digits and underscores, as schema and checks see to, so that quotes hold them."""
    names, key = [column.name for column in flow.contract.columns], flow.contract.key
    same = " AND ".join(f'"{name}"."{column}" = {STAGING}."{column}"' for column in key)
    changed = [column for column in names if column not in key] or list(key)
    updates = ", ".join(f'"{column}" = {STAGING}."{column}"' for column in changed)
    listed = ", ".join(f'"{column}"' for column in names)
    values = ", ".join(f'{STAGING}."{column}"' for column in names)
    return " ".join(
        (
            f'MERGE INTO "{schema}"."{name}" USING {STAGING} ON {same}',
            f"WHEN MATCHED THEN UPDATE SET {updates}",
            f"WHEN NOT MATCHED THEN INSERT ({listed}) VALUES ({values})",  # noqa: S608
        )
    )
