"""A flow's contract that changes: may who reads its data go on, and does what is stored still fit?"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from controller.kinds.flow import Contract

ARGUMENT = "--contract"  # of the flow's job: how a published template says what its contract was


class Verdict(IntEnum):
    """From good to bad."""

    SAFE = 0
    BACKFILL = 1  # allowed, but what is stored has to be processed again
    BREAKING = 2

    def __str__(self) -> str:
        return {0: "safe", 1: "needs backfill", 2: "breaking"}[self.value]


@dataclass(frozen=True, slots=True)
class Difference:
    what: str
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Said:
    """What one column was said to be."""

    type: str
    required: bool


@dataclass(frozen=True, slots=True)
class Before:
    columns: Mapping[str, Said]
    key: tuple[str, ...]
    partition: tuple[str, str] | None


def published(template: Mapping[str, Any]) -> Before | None:
    """The contract in a flow's published template; None where it tells none that can be read."""
    jobs = [one["Properties"] for one in template.get("Resources", {}).values() if one.get("Type") == "AWS::Glue::Job"]
    told = next((text for job in jobs if isinstance(text := job.get("DefaultArguments", {}).get(ARGUMENT), str)), "")
    try:
        data = json.loads(told)
        partition = data["partition"]
        return Before(
            {column["name"]: Said(column["type"], column["required"]) for column in data["columns"]},
            tuple(data["key"]),
            (partition["column"], partition["granularity"]) if partition else None,
        )
    except (ValueError, KeyError, TypeError):
        return None


def judge(before: Before, after: Contract) -> tuple[Difference, ...]:
    """Each difference that is not safe, by `after.compatibility`.

    backward: what was stored can be read as what is wanted now. So no column goes, types only widen, and what is
    required was required before. full: besides, who still reads by the old contract can read what comes: no type
    changes at all, and what was required stays so. none: nothing breaks.
    """
    found = [*_columns(before, after), *_layout(before, after)]
    if after.compatibility == "none":
        found = [Difference(one.what, min(one.verdict, Verdict.BACKFILL)) for one in found]
    return tuple(one for one in found if one.verdict is not Verdict.SAFE)


def _columns(before: Before, after: Contract) -> Iterator[Difference]:
    now = {column.name: Said(column.type, column.required) for column in after.columns}
    full = after.compatibility == "full"
    for name in sorted({*before.columns, *now}):
        old, new = before.columns.get(name), now.get(name)
        if new is None:
            yield Difference(f"column {name} goes", Verdict.BREAKING)
        elif old is None:
            if new.required:
                yield Difference(f"column {name} is new and required; no stored record has it", Verdict.BREAKING)
        else:
            yield from _column(name, old, new, full)


def _column(name: str, old: Said, new: Said, full: bool) -> Iterator[Difference]:
    if old.type != new.type:
        verdict = Verdict.BREAKING if full else widening(old.type, new.type)
        yield Difference(f"column {name} turns from {old.type} to {new.type}", verdict)
    if new.required and not old.required:
        yield Difference(f"column {name} becomes required; stored records may lack it", Verdict.BREAKING)
    if full and old.required and not new.required:
        yield Difference(f"column {name} becomes optional; who reads it counts on it", Verdict.BREAKING)


def _layout(before: Before, after: Contract) -> Iterator[Difference]:
    partition = (after.partition_by.column, after.partition_by.granularity) if after.partition_by else None
    if before.key != after.key:
        yield Difference("the key changes, by which records replace each other", Verdict.BACKFILL)
    if before.partition != partition:
        yield Difference("the partitions change, so that stored files lie elsewhere", Verdict.BACKFILL)


def widening(old: str, new: str) -> Verdict:
    """May a column of type `old` be read as `new`?

    Athena reads a parquet int as a bigint (Athena user guide, schema updates); the others widen without loss, but
    what is stored has to be written anew.
    """
    if (old, new) == ("int", "bigint"):
        return Verdict.SAFE
    if (old, new) == ("int", "double"):
        return Verdict.BACKFILL
    narrow, wide = _decimal(old), _decimal(new)
    if narrow and wide and wide[1] >= narrow[1] and wide[0] - wide[1] >= narrow[0] - narrow[1]:
        return Verdict.BACKFILL
    return Verdict.BREAKING


def _decimal(type: str) -> tuple[int, int] | None:
    """Precision and scale: digits in all, digits after the point."""
    found = re.fullmatch(r"decimal\((\d+),\s*(\d+)\)", type)
    return (int(found[1]), int(found[2])) if found else None
