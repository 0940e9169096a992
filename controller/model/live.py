"""What a silo's account was seen to run: its pipeline, its stacks, their resources."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Place:
    """Where a silo lives."""

    account: str
    region: str


@dataclass(frozen=True, slots=True)
class SharedTable:
    """A table of another account; `files` are its bucket and folder, None where Lake Formation hands them out."""

    owner: Place
    database: str
    name: str
    files: tuple[str, str] | None


@dataclass(frozen=True, slots=True)
class LiveTable:
    """An entry of a catalog; columns are names and types, in their order."""

    columns: tuple[tuple[str, str], ...]
    partitions: tuple[tuple[str, str], ...]
    location: str


@dataclass(frozen=True, slots=True)
class LivePipeline:
    """Its newest execution; `status` is empty where it never ran."""

    status: str  # InProgress | Succeeded | Failed | Stopped | Stopping | Superseded | Cancelled
    revision: str  # the object version of the bundle that it took
    started: str  # ISO 8601
    error: str  # of the action that failed, in AWS's words
    polling_disabled_at: str  # ISO 8601; empty while it polls
    updated: str = ""  # ISO 8601: when that execution's state changed last


@dataclass(frozen=True, slots=True)
class LiveStack:
    id: str
    name: str
    status: str
    reason: str
    updated: str  # ISO 8601
    parameters: Mapping[str, str]
    outputs: Mapping[str, str]
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LiveResource:
    logical_id: str
    physical_id: str
    type: str
    status: str


@dataclass(frozen=True, slots=True)
class FailedResource:
    """The first that failed in a stack's newest operation; `nested` is its stack's logical id in the root, or empty."""

    nested: str
    logical_id: str
    type: str
    reason: str


@dataclass(frozen=True, slots=True)
class LiveDifference:
    path: str  # /Properties below the resource, such as /VersioningConfiguration/Status
    expected: Any
    actual: Any


@dataclass(frozen=True, slots=True)
class LiveDrift:
    """What CloudFormation's own detection found of one resource, or why it found nothing out.

    Without a logical id it speaks of the whole stack: some of its resources could not be compared.
    """

    logical_id: str
    physical_id: str
    type: str
    deleted: bool
    differences: tuple[LiveDifference, ...]
    unread: str = ""  # why it could not be compared
