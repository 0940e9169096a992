"""From a logical id in a silo's stacks back to its address and to the manifest line that asked for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from controller.model.ownership import logical_id, member_address
from controller.model.source import Source


@dataclass(frozen=True, slots=True)
class Origin:
    """Reads the `release.json` of a bundle; an empty release knows addresses only by their ids."""

    silo: str
    release: Mapping[str, Any]
    folder: str = ""  # of the manifests, as the user typed it

    def nested_address(self, nested: str) -> str:
        """`FlowOrders`, the root's resource, is the stack of `flow/orders`."""
        known = self.release.get("templates", {})
        return next((address for address in known if logical_id(*address.split("/")) == nested), nested)

    def address(self, nested: str, logical: str = "") -> str:
        words = (member_address(self.silo), self.nested_address(nested) if nested else "", logical)
        return "/".join(word for word in words if word)

    def source(self, nested: str, logical: str) -> Source | None:
        template = self.release.get("templates", {}).get(self.nested_address(nested) if nested else "", {})
        place = template.get("sources", {}).get(logical)
        return (
            Source((PurePath(self.folder) / str(place[0])).as_posix(), int(place[1]), int(place[2])) if place else None
        )
