"""Contracts that parquet, Glue, Athena and Redshift can hold."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime
from difflib import get_close_matches

from controller.kinds.flow import Column, Flow
from controller.model.problem import Problem, Severity
from controller.resolve.reserved import ATHENA, REDSHIFT
from controller.resolve.specs import Specs

TYPES = ("string", "boolean", "int", "bigint", "double", "date", "timestamp")
NAME_MAX = 127  # characters; Redshift's identifiers are the shortest
RAW_PARTITIONS = ("dt", "file")  # what the raw table adds: the day and, for files, which one
PRECISION_MAX = 38  # digits of a decimal; Athena, Redshift and parquet agree

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_DECIMAL = re.compile(r"decimal\(\s*([0-9]{1,3})\s*,\s*([0-9]{1,3})\s*\)")
_OTHER_NAMES = {
    "integer": "int",
    "smallint": "int",
    "long": "bigint",
    "text": "string",
    "varchar": "string",
    "char": "string",
    "float": "double",
    "real": "double",
    "number": "decimal(18,2)",
    "numeric": "decimal(18,2)",
    "decimal": "decimal(18,2)",
    "bool": "boolean",
    "datetime": "timestamp",
    "time": "timestamp",
}


def check(specs: Specs) -> Iterator[Problem]:
    for flow in specs.flows.values():
        columns = flow.contract.columns
        for index, column in enumerate(columns):
            field = f"spec.contract.columns[{index}]"
            yield from _name(flow, column, field)
            yield from _type(flow, column, field)
            yield from _allowed(flow, column, field)
        yield from _twice(flow)
        yield from _taken(flow)
        yield from _key(flow)
        yield from _partition(flow)


def _name(flow: Flow, column: Column, field: str) -> Iterator[Problem]:
    name = column.name
    if not _NAME.fullmatch(name) or len(name) > NAME_MAX:
        message = f'"{name[:60]}" cannot be a column: lower-case letters, digits and underscores, {NAME_MAX} at most'
        plain = re.sub(r"[^a-z0-9]+", "_", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()).strip("_")[:60]
        hint = f"such as {{name: {plain}, from: {name[:60]}}}" if _NAME.fullmatch(plain) else "begin with a letter"
        yield Problem.of(flow.manifest, "column-name", f"{field}.name", message, hint)
        return
    loads = any(target.type == "redshift" for target in flow.targets)
    if loads and name in REDSHIFT:
        message = f'"{name}" is a reserved word of Redshift, which this flow loads'
        hint = f"such as {{name: {name}_value, from: {name}}}"
        yield Problem.of(flow.manifest, "reserved-column", f"{field}.name", message, hint)
    elif name in ATHENA:
        message = f'"{name}" is a reserved word of Athena: every query has to quote it'
        hint = f"such as {{name: {name}_value, from: {name}}}"
        yield Problem.of(flow.manifest, "reserved-column", f"{field}.name", message, hint, Severity.WARNING)


def _type(flow: Flow, column: Column, field: str) -> Iterator[Problem]:
    if column.type in TYPES:
        return
    decimal = _DECIMAL.fullmatch(column.type)
    if decimal is None:
        message = f'there is no column type "{column.type}": {", ".join(TYPES)} or decimal(p,s)'
        bare = column.type.lower().split("(")[0].strip()
        other = _OTHER_NAMES.get(bare) or next(iter(get_close_matches(bare, TYPES, 1, 0.6)), "")
        hint = f'did you mean "{other}"?' if other else 'such as "decimal(12,2)"'
        yield Problem.of(flow.manifest, "column-type", f"{field}.type", message, hint)
        return
    precision, scale = int(decimal[1]), int(decimal[2])
    if not 1 <= precision <= PRECISION_MAX or scale > precision or " " in column.type:
        message = f'"{column.type}": digits go from 1 to {PRECISION_MAX}, and no more of them are behind the point'
        yield Problem.of(
            flow.manifest, "column-type", f"{field}.type", message, 'such as "decimal(12,2)", without spaces'
        )


def _allowed(flow: Flow, column: Column, field: str) -> Iterator[Problem]:
    for index, value in enumerate(column.allowed):
        if not _fits(value, column.type):
            message = f'"{value[:60]}" is no value of type {column.type}'
            yield Problem.of(flow.manifest, "allowed-value", f"{field}.allowed[{index}]", message)


def _fits(value: str, type_: str) -> bool:
    try:
        match type_:
            case "boolean":
                return value in ("true", "false")
            case "int" | "bigint":
                return bool(re.fullmatch(r"-?[0-9]{1,19}", value))
            case "date":
                return bool(date.fromisoformat(value))
            case "timestamp":
                return bool(datetime.fromisoformat(value))
    except ValueError:
        return False
    if type_ == "double" or type_.startswith("decimal("):
        return bool(re.fullmatch(r"-?[0-9]{1,38}([.][0-9]{1,38})?", value))
    return True


def _twice(flow: Flow) -> Iterator[Problem]:
    names: set[str] = set()
    origins: dict[str, str] = {}
    for index, column in enumerate(flow.contract.columns):
        field = f"spec.contract.columns[{index}]"
        if column.name.lower() in names:
            message = f'the column "{column.name[:60]}" is there twice; Glue does not tell upper from lower case'
            yield Problem.of(flow.manifest, "duplicate-column", f"{field}.name", message)
        elif column.source_name in origins:
            message = f'"{column.source_name[:60]}" already fills the column "{origins[column.source_name][:60]}"'
            yield Problem.of(flow.manifest, "duplicate-column", f"{field}.from", message)
        names.add(column.name.lower())
        origins.setdefault(column.source_name, column.name)


def _taken(flow: Flow) -> Iterator[Problem]:
    """Hive tables list partitions beside the columns: a column that is called like one breaks every query."""
    partition = flow.contract.partition_by
    own = (f"{partition.column}_{partition.granularity}",) if partition else ()
    for index, column in enumerate(flow.contract.columns):
        if column.name in (*RAW_PARTITIONS, *own):
            message = f'the flow\'s tables have a partition called "{column.name}" already'
            hint = f"such as {{name: {column.name}_value, from: {column.name}}}"
            yield Problem.of(flow.manifest, "duplicate-column", f"spec.contract.columns[{index}].name", message, hint)


def _key(flow: Flow) -> Iterator[Problem]:
    columns = {column.name: column for column in flow.contract.columns}
    for index, name in enumerate(flow.contract.key):
        field = f"spec.contract.key[{index}]"
        if name not in columns:
            yield unknown_column(flow, field, name, tuple(columns))
        elif not columns[name].required:
            message = f'the key column "{name}" must be required: a record without it has no identity'
            hint = f"add required: true at {flow.manifest.at(f'spec.contract.columns[{list(columns).index(name)}]')}"
            yield Problem.of(flow.manifest, "key-not-required", field, message, hint)


def _partition(flow: Flow) -> Iterator[Problem]:
    partition = flow.contract.partition_by
    if partition is None:
        return
    types = {column.name: column.type for column in flow.contract.columns}
    field = "spec.contract.partitionBy.column"
    if partition.column not in types:
        yield unknown_column(flow, field, partition.column, tuple(types))
    elif types[partition.column] not in ("date", "timestamp"):
        message = (
            f'"{partition.column}" is a {types[partition.column]}; a {partition.granularity} is found in dates only'
        )
        hint = "partition by a date or timestamp column"
        yield Problem.of(flow.manifest, "partition-type", field, message, hint)


def unknown_column(flow: Flow, field: str, name: str, names: tuple[str, ...]) -> Problem:
    close = get_close_matches(name, names, 1, 0.6)
    hint = f'did you mean "{close[0]}"?' if close else f"the columns are {', '.join(names[:8])}"
    return Problem.of(flow.manifest, "unknown-column", field, f'there is no column "{name[:60]}"', hint)
