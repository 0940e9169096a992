"""A Consumer: an account that only reads what silos share with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from controller.model.manifest import Manifest
from controller.model.ownership import CONSUMER


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

    @property
    def key(self) -> str:
        """What the index and all maps of members call it; no silo's name has a slash."""
        return f"{CONSUMER}{self.name}"


def read(manifest: Manifest) -> Consumer:
    """A manifest of the right shape, complete by its schema's defaults."""
    spec = manifest.data["spec"]
    return Consumer(
        manifest,
        name=manifest.name,
        account=spec["account"],
        organizational_unit=spec["organizationalUnit"],
        region=spec["region"],
        owners=tuple(spec["owners"]),
        queries=spec["queries"],
        dashboards=spec.get("dashboards"),
    )
