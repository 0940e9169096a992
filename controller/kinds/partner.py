"""A Partner: a third party with temporary credentials for its own drop-zone prefixes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from controller.model.manifest import Manifest


@dataclass(frozen=True, slots=True)
class Access:
    silo: str
    dropzone: str  # a prefix of the drop zone, without slashes around it
    protocols: tuple[str, ...]  # web | api | sftp
    permissions: tuple[str, ...]  # upload | list | download | delete


@dataclass(frozen=True, slots=True)
class Partner:
    manifest: Manifest
    name: str
    contact: str
    access: tuple[Access, ...]
    expires: date
    rotate_every_days: int | None
    issued: date | None  # from which periods of rotation count
    revoked: bool
    source_cidrs: tuple[str, ...]
    max_object_mib: int | None
    ssh_public_keys: tuple[str, ...] = ()


def read(manifest: Manifest) -> Partner:
    """A manifest of the right shape, complete by its schema's defaults."""
    spec = manifest.data["spec"]
    return Partner(
        manifest,
        name=manifest.name,
        contact=spec["contact"],
        access=tuple(
            Access(one["silo"], one["dropzone"], tuple(one["protocols"]), tuple(one["permissions"]))
            for one in spec["access"]
        ),
        expires=date.fromisoformat(spec["credentials"]["expires"]),
        rotate_every_days=spec["credentials"].get("rotateEveryDays"),
        issued=date.fromisoformat(issued) if (issued := spec["credentials"].get("issued")) else None,
        revoked=spec["revoked"],
        source_cidrs=tuple(spec["sourceCidrs"]),
        max_object_mib=spec["limits"].get("maxObjectMiB"),
        ssh_public_keys=tuple(spec["sshPublicKeys"]),
    )
