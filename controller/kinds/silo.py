"""A Silo: one AWS account with its own buckets, catalog and pipeline."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from controller.model.manifest import Manifest


@dataclass(frozen=True, slots=True)
class NewAccount:
    """An account that the organization creates; it is found again by its e-mail address, which AWS keeps unique."""

    name: str
    email: str


@dataclass(frozen=True, slots=True)
class ObjectLock:
    mode: str  # governance | compliance
    days: int


@dataclass(frozen=True, slots=True)
class Layer:
    """The life cycle of one bucket; None where the manifest sets no limit."""

    archive_after_days: int | None = None
    expire_after_days: int | None = None
    object_lock: ObjectLock | None = None


@dataclass(frozen=True, slots=True)
class Release:
    allow_destroy: tuple[str, ...]  # addresses below silo/<name>/, such as storage/RawBucket


@dataclass(frozen=True, slots=True)
class Silo:
    manifest: Manifest
    name: str
    labels: Mapping[str, str]
    account: str | NewAccount
    organizational_unit: str
    region: str
    owners: tuple[str, ...]
    encryption: str  # kms | s3
    dropzone: Layer
    raw: Layer
    processed: Layer
    webapp: Mapping[str, Any] | None  # None where it is absent or not enabled
    sftp: Mapping[str, Any] | None
    warehouse: Mapping[str, Any] | None
    dashboards: Mapping[str, Any] | None
    lifecycle: str  # active | retired
    release: Release
