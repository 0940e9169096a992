"""What was published last for each silo: a cache with proof, never the truth (the code bucket's listing is)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Entry:
    account: str
    region: str
    inputs: str  # of all that decided the bundle: tool version, digests of blueprints and manifests
    bundle: str  # digest of what the bundle says
    etag: str
    version: str  # object version, what a rollback would name
    commit: str
    published: str  # ISO 8601, UTC
    retired: bool = False
    facts: str = ""  # digest of the observed facts that the bundle was published with
    site: str = ""  # ETag of the web app's pages beside it; empty where it has none
    site_version: str = ""


@dataclass(frozen=True, slots=True)
class GuardsApplied:
    """The guards as the last apply left them: a change that weakens one must not lift it for itself."""

    max_silos_changed: int
    protect_data: bool
    allow_destroy: tuple[str, ...]  # addresses


@dataclass(frozen=True, slots=True)
class Index:
    silos: Mapping[str, Entry]  # by a member's key: a silo's name, or consumer/<name>
    etag: str = ""  # of the index object itself; empty when there is none yet
    guards: GuardsApplied | None = None

    def text(self) -> bytes:
        silos = {name: asdict(entry) for name, entry in sorted(self.silos.items())}
        guards = {"guards": asdict(self.guards)} if self.guards else {}
        return json.dumps({"format": FORMAT, "silos": silos, **guards}, indent=1, sort_keys=True).encode() + b"\n"


class IndexUnknown(Exception):
    """The index was written by a newer siloctl, or is not an index."""


def parse(text: bytes, etag: str) -> Index:
    """Read an index; raises IndexUnknown rather than guess."""
    try:
        data = json.loads(text)
        if data["format"] > FORMAT:
            raise IndexUnknown(f"its format is {data['format']}, this siloctl knows {FORMAT}: use a newer siloctl")
        silos = {name: Entry(**entry) for name, entry in sorted(data["silos"].items())}
        return Index(silos, etag, _guards(data["guards"]) if "guards" in data else None)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise IndexUnknown(f"it is not an index: {error}") from error


def _guards(data: Mapping[str, Any]) -> GuardsApplied:
    addresses = tuple(str(address) for address in data["allow_destroy"])
    return GuardsApplied(int(data["max_silos_changed"]), bool(data["protect_data"]), addresses)
