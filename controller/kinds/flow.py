"""A Flow: one stream of data of a silo, from its source through raw to its targets, with its columns' contract."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from controller.model.manifest import Manifest


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    type: str  # string | boolean | int | bigint | double | date | timestamp | decimal(p,s)
    required: bool
    sensitive: bool
    allowed: tuple[str, ...]  # empty: any value
    source_name: str  # `from`: the field's name at the source; the column's own where absent


@dataclass(frozen=True, slots=True)
class Partition:
    column: str
    granularity: str  # day | month | year


@dataclass(frozen=True, slots=True)
class Contract:
    compatibility: str  # backward | full | none
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    partition_by: Partition | None


@dataclass(frozen=True, slots=True)
class Transform:
    type: str  # glue
    script: str | None  # a path below the manifests' folder; None: the built-in clean-up by contract
    workers: int
    worker_type: str


@dataclass(frozen=True, slots=True)
class Target:
    """`type` is processed, redshift or quicksight; `values` holds what that type needs (table, dataset)."""

    type: str
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Flow:
    manifest: Manifest
    name: str
    silo: str
    source_type: str
    source: Mapping[str, Any]  # the manifest's `source` without `type`, complete by its blueprint's schema
    contract: Contract
    transform: Transform
    schedule: str  # rate(...) | cron(...) | on-arrival
    targets: tuple[Target, ...]

    @property
    def table(self) -> str:
        """The Glue table: the flow's name, hyphens as underscores."""
        return self.name.replace("-", "_")


def read(manifest: Manifest) -> Flow:
    """A manifest of the right shape, complete by its schema's defaults."""
    spec = manifest.data["spec"]
    source, contract, transform = spec["source"], spec["contract"], spec["transform"]
    partition = contract.get("partitionBy")
    return Flow(
        manifest,
        name=manifest.name,
        silo=spec["silo"],
        source_type=source["type"],
        source=_without_type(source),
        contract=Contract(
            compatibility=contract["compatibility"],
            columns=tuple(_column(column) for column in contract["columns"]),
            key=tuple(contract["key"]),
            partition_by=Partition(partition["column"], partition["granularity"]) if partition else None,
        ),
        transform=Transform(transform["type"], transform.get("script"), transform["workers"], transform["workerType"]),
        schedule=spec["schedule"],
        targets=tuple(Target(target["type"], _without_type(target)) for target in spec["targets"]),
    )


def _column(data: Mapping[str, Any]) -> Column:
    return Column(
        name=data["name"],
        type=data["type"],
        required=data["required"],
        sensitive=data["sensitive"],
        allowed=tuple(data.get("allowed", ())),
        source_name=data.get("from", data["name"]),
    )


def _without_type(data: Mapping[str, Any]) -> Mapping[str, Any]:
    return {name: value for name, value in data.items() if name != "type"}
