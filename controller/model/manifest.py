"""One manifest as it was read: plain values, and on demand the place of each of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from controller.model.source import Source


class Positions(Protocol):
    """Finds the place of a field; reading positions costs more than reading values, so they are read when asked for."""

    def at(self, field: str) -> Source:
        """The place of `spec.access[1].silo`; of the nearest parent that exists where the field does not."""


@dataclass(frozen=True, slots=True)
class Manifest:
    path: str  # as the user would type it
    kind: str
    name: str
    data: Mapping[str, Any]  # the document, with the schema's defaults filled in
    digest: str  # sha256 of the text, as hex
    positions: Positions = field(repr=False, compare=False)

    @property
    def subject(self) -> str:
        """How messages and addresses call it, such as `flow/shipments`."""
        return f"{self.kind.lower()}/{self.name}"

    def at(self, field: str = "") -> Source:
        return self.positions.at(field)
