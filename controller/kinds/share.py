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
