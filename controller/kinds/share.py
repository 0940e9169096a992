"""A Share: tables of one silo that organizational units or accounts may read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from controller.model.manifest import Manifest


@dataclass(frozen=True, slots=True)
class Share:
    manifest: Manifest
    name: str
    silo: str
    tables: tuple[str, ...]  # flow names; * stands for any characters
    organizational_units: tuple[str, ...]
    accounts: tuple[str, ...]
    permissions: tuple[str, ...]
    via: str  # policy | lakeformation
    exclude_columns: tuple[str, ...]
    expires: date | None


def read(manifest: Manifest) -> Share:
    """A manifest of the right shape, complete by its schema's defaults."""
    spec = manifest.data["spec"]
    expires = spec.get("expires")
    return Share(
        manifest,
        name=manifest.name,
        silo=spec["from"]["silo"],
        tables=tuple(spec["from"]["tables"]),
        organizational_units=tuple(spec["to"]["organizationalUnits"]),
        accounts=tuple(spec["to"]["accounts"]),
        permissions=tuple(spec["permissions"]),
        via=spec["via"],
        exclude_columns=tuple(spec["columns"]["exclude"]),
        expires=None if expires is None else date.fromisoformat(expires),
    )
