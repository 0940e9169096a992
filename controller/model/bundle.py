"""What is rendered and published: templates, assets, bundles. By content: the same input is the same bytes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from controller.model.ownership import ASSETS
from controller.model.source import Source


def canonical(value: Any) -> bytes:
    """JSON with sorted keys and no spaces: one value, one text."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@dataclass(frozen=True)
class Asset:
    """A file in the code bucket under the digest of its content; `extension` such as `.json` or `.py`."""

    content: bytes = field(repr=False)
    extension: str

    @cached_property
    def digest(self) -> str:
        return sha256(self.content)

    @property
    def key(self) -> str:
        return f"{ASSETS}{self.digest}{self.extension}"


@dataclass(frozen=True)
class Template:
    """One CloudFormation template, parsed: long-form intrinsic functions, no YAML tags.

    `address` is empty for a root, else the blueprint's place below its silo, such as `storage` or `flow/orders`.
    `sources` tells for each logical id which manifest line asked for it.
    """

    address: str
    body: Mapping[str, Any]
    sources: Mapping[str, Source]

    @cached_property
    def asset(self) -> Asset:
        return Asset(canonical(self.body), ".json")


@dataclass(frozen=True)
class Site:
    """The pages of a web app. `digest` is known without what only `pack` reads, and so is that they differ."""

    digest: str
    pack: Callable[[], bytes] = field(
        repr=False, compare=False
    )  # raises ControllerError for a library that is not there


@dataclass(frozen=True)
class Rendered:
    """All that one silo's bundle says, before it is packed."""

    silo: str  # a member's key: a silo's name, or consumer/<name>
    root: Template
    nested: tuple[Template, ...]  # in the order of their addresses
    scripts: tuple[Asset, ...]  # job scripts and function zips
    parameters: Mapping[str, str]  # of the root stack, without what only packing knows
    tags: Mapping[str, str]  # of the root stack; never anything that changes from release to release
    site: Site | None = None  # lies beside the bundle, in a zip of its own
    default: bool = False  # no manifest declares the silo
    folder: str = ""  # of the manifests, as the user typed it: a bundle says places from there

    @property
    def assets(self) -> tuple[Asset, ...]:
        found = {asset.key: asset for asset in (*(t.asset for t in self.nested), *self.scripts)}
        return tuple(found[key] for key in sorted(found))


@dataclass(frozen=True)
class Bundle:
    """The zip that a silo's pipeline deploys. `digest` is over what it says; commit and time are not part of it."""

    silo: str
    digest: str
    content: bytes = field(repr=False)
