"""A Consumer: an account that only reads what silos share with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from controller.model.manifest import Manifest


@dataclass(frozen=True, slots=True)
class Consumer:
    manifest: Manifest
    name: str
    account: str
    organizational_unit: str
    region: str
    owners: tuple[str, ...]
    queries: Mapping[str, Any]
    dashboards: Mapping[str, Any] | None
