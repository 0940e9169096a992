"""What was published last for each silo: a cache with proof, never the truth (the code bucket's listing is)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Refused:
    """A release that was rolled back; it is not published again before it says something else, or somebody asks."""

    inputs: str
    bundle: str
    when: str  # ISO 8601, UTC
    why: str
    because: str = ""  # the member that failed, where this one went back with it; empty where it failed itself


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
    default: bool = False  # no manifest declared it: it was given to an account of a silo unit
    awaited: bool = False  # published over another release, and nobody has seen yet that it runs well
    former: Entry | None = None  # while it is awaited: the release to go back to, where one is known
    refused: Refused | None = None  # what was rolled back to this release
    narrowed: bool = False  # while it is awaited: it took access away, which what is before it would give back

    def over(self, before: Entry | None, narrows: bool = False) -> Entry:
        """This release as one that was published over `before`, None where nobody knows what that was.

        `narrows` where it takes access away that `before` gives.
        """
        if before is None or (before.account, before.region) != (self.account, self.region):
            return replace(self, awaited=True)
        former = before.former if before.awaited else before.proved
        return replace(self, awaited=True, former=former, narrowed=narrows or before.narrowed)

    def marked(self, like: Entry) -> Entry:
        """With what `like`, an entry of the same bundle, says of its way."""
        return replace(self, awaited=like.awaited, former=like.former, refused=like.refused, narrowed=like.narrowed)

    @property
    def proved(self) -> Entry:
        """The release by itself: nobody waits for it."""
        return replace(self, awaited=False, former=None, refused=None, narrowed=False)

    def text(self) -> dict[str, Any]:
        """What is the same for nearly all of them is left out."""
        marks = ("default", "awaited", "former", "refused", "narrowed")
        return {key: value for key, value in asdict(self).items() if key not in marks or value}

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> Entry:
        former, refused = data.get("former"), data.get("refused")
        return cls(
            **{
                **data,
                "former": cls.read(former) if former else None,
                "refused": Refused(**refused) if refused else None,
            }
        )


@dataclass(frozen=True, slots=True)
class WaveApplied:
    name: str
    match_labels: Mapping[str, str]
    percent: int | None


@dataclass(frozen=True, slots=True)
class GuardsApplied:
    """The guards as the last apply left them: a change that weakens one must not lift it for itself."""

    max_silos_changed: int
    protect_data: bool
    allow_destroy: tuple[str, ...]  # addresses
    waves: tuple[WaveApplied, ...] = ()  # in their order; none where the index says nothing of them
    bake_seconds: int = 0


@dataclass(frozen=True, slots=True)
class Index:
    silos: Mapping[str, Entry]  # by a member's key: a silo's name, or consumer/<name>
    etag: str = ""  # of the index object itself; empty when there is none yet
    guards: GuardsApplied | None = None

    def text(self) -> bytes:
        silos = {name: entry.text() for name, entry in sorted(self.silos.items())}
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
        silos = {name: Entry.read(entry) for name, entry in sorted(data["silos"].items())}
        return Index(silos, etag, _guards(data["guards"]) if "guards" in data else None)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise IndexUnknown(f"it is not an index: {error}") from error


def _guards(data: Mapping[str, Any]) -> GuardsApplied:
    addresses = tuple(str(address) for address in data["allow_destroy"])
    waves = tuple(WaveApplied(**wave) for wave in data.get("waves", ()))
    bake = int(data.get("bake_seconds", 0))
    return GuardsApplied(int(data["max_silos_changed"]), bool(data["protect_data"]), addresses, waves, bake)
