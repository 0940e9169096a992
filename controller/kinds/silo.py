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

    @property
    def key(self) -> str:
        """What the index and all maps of members call it."""
        return self.name


def read(manifest: Manifest) -> Silo:
    """A manifest of the right shape, complete by its schema's defaults."""
    spec = manifest.data["spec"]
    account = spec["account"]
    return Silo(
        manifest,
        name=manifest.name,
        labels=manifest.data["metadata"]["labels"],
        account=account if isinstance(account, str) else NewAccount(**account["create"]),
        organizational_unit=spec["organizationalUnit"],
        region=spec["region"],
        owners=tuple(spec["owners"]),
        encryption=spec["encryption"]["type"],
        dropzone=_layer(spec["storage"]["dropzone"]),
        raw=_layer(spec["storage"]["raw"]),
        processed=_layer(spec["storage"]["processed"]),
        webapp=_enabled(spec.get("webapp")),
        sftp=_enabled(spec.get("sftp")),
        warehouse=spec.get("warehouse"),
        dashboards=spec.get("dashboards"),
        lifecycle=spec["lifecycle"],
        release=Release(tuple(spec["release"]["allowDestroy"])),
    )


def _layer(data: Mapping[str, Any]) -> Layer:
    lock = data.get("objectLock")
    return Layer(
        archive_after_days=data.get("archiveAfterDays"),
        expire_after_days=data.get("expireAfterDays"),
        object_lock=ObjectLock(lock["mode"], lock["days"]) if lock else None,
    )


def _enabled(data: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """A component's fields without the switch; None where it is off."""
    if not data or not data["enabled"]:
        return None
    return {name: value for name, value in data.items() if name != "enabled"}
