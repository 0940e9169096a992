"""The catalogue of blueprints: their files, their digests, and the templates that they become."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from controller import __version__
from controller.load.places import folder
from controller.model.archive import pack_files
from controller.model.bundle import Asset, canonical, sha256

if TYPE_CHECKING:
    from controller.render.environment import Environment

TEMPLATE = "template.yaml.j2"
SCHEMA = "schema.json"
REQUIREMENTS = "requirements.txt"  # of a function: packages that go into its zip
FOLDERS = ("blueprints", "pipeline")  # the latter's blueprints are called pipeline/<name>
NOT_RENDERED = frozenset({"README.md", "example.yaml", "cases", "vendor", "__pycache__"})


@dataclass(frozen=True)
class Catalogue:
    """Files by their path from the folder of blueprints, such as `flows/http/template.yaml.j2`.

    Only what can reach a template or a bundle is in it: a README or a golden case never changes a digest.
    """

    files: Mapping[str, bytes] = field(repr=False)
    version: str = __version__

    @classmethod
    def read(cls) -> Catalogue:
        found: dict[str, bytes] = {}
        for name in FOLDERS:
            root = folder(name)
            prefix = "" if name == "blueprints" else f"{name}/"
            found |= {f"{prefix}{path.relative_to(root).as_posix()}": path.read_bytes() for path in _walk(root)}
        return cls(dict(sorted(found.items())))

    @cached_property
    def available(self) -> frozenset[str]:
        """Names of blueprints that there are, such as `storage` and `flows/http`."""
        return frozenset(path.removesuffix(f"/{TEMPLATE}") for path in self.files if path.endswith(f"/{TEMPLATE}"))

    def digest_of(self, names: Iterable[str]) -> str:
        """One digest over these blueprints and all that they share."""
        wanted = frozenset(names)
        if wanted not in self._combined:
            parts = {name: self._digests[name] for name in wanted}
            self._combined[wanted] = sha256(canonical([self._digests["_shared"], parts]))
        return self._combined[wanted]

    def asset(self, path: str) -> Asset:
        """A file of a blueprint that goes to the code bucket as it is."""
        if path not in self._assets:
            self._assets[path] = Asset(self.files[path], PurePosixPath(path).suffix)
        return self._assets[path]

    def scripts(self, name: str) -> dict[str, Asset]:
        """What lies in the blueprint's `scripts/`, by name without its ending."""
        below = f"{name}/scripts/"
        return {PurePosixPath(path).stem: self.asset(path) for path in self.files if path.startswith(below)}

    def function(self, name: str, function: str) -> Asset:
        """The zip of what lies in the blueprint's `functions/<function>/`, with the packages that it pins.

        The same files and versions give the same bytes. Raises PackageUnusable.
        """
        below = f"{name}/functions/{function}/"
        if below not in self._assets:
            files = {path.removeprefix(below): file for path, file in self.files.items() if path.startswith(below)}
            if pinned := files.pop(REQUIREMENTS, None):
                from controller.render.packages import packages  # 40 ms: only for those who pack such a zip

                files = {**packages(pinned, f"{below}{REQUIREMENTS}"), **files}
            self._assets[below] = Asset(_packed(tuple(files.items())), ".zip")
        return self._assets[below]

    def gave(self, asset: Asset) -> bool:
        """Whether this very asset is a blueprint's, and not made of a manifest's script."""
        return any(one is asset for one in self._assets.values())

    def schema(self, name: str) -> Mapping[str, Any]:
        if name not in self._parsed:
            self._parsed[name] = json.loads(self.files[f"{name}/{SCHEMA}"])
        return self._parsed[name]

    def values_of(self, name: str) -> frozenset[str]:
        """The names of the values that the blueprint takes."""
        return frozenset(self.schema(name).get("properties", {}))

    @cached_property
    def environment(self) -> Environment:
        from controller.render.environment import Environment  # Jinja costs 50 ms: only for those who render

        return Environment(self.files)

    def render(self, name: str, values: Mapping[str, Any]) -> dict[str, Any]:
        """The blueprint's template as CloudFormation reads it, intrinsic functions in long form."""
        return self.environment.render(name, values)

    @cached_property
    def _assets(self) -> dict[str, Asset]:
        return {}

    @cached_property
    def _parsed(self) -> dict[str, Mapping[str, Any]]:
        return {}

    @cached_property
    def _combined(self) -> dict[frozenset[str], str]:
        return {}

    @cached_property
    def _digests(self) -> dict[str, str]:
        """The digest of each blueprint; `_shared` is that of all folders whose names begin with an underscore."""
        parts: dict[str, dict[str, str]] = {"_shared": {}, **{name: {} for name in self.available}}
        for path, content in self.files.items():
            parts.setdefault(self._owner(path), {})[path] = sha256(content)
        return {name: sha256(canonical(files)) for name, files in parts.items()}

    def _owner(self, path: str) -> str:
        words = path.split("/")
        if any(word.startswith("_") for word in words):
            return "_shared"
        return next((name for size in (1, 2) if (name := "/".join(words[:size])) in self.available), words[0])


@lru_cache(maxsize=32)  # more than there are functions; one that brings packages takes a tenth of a second to pack
def _packed(files: tuple[tuple[str, bytes], ...]) -> bytes:
    return pack_files(dict(files))


def _walk(root: Path) -> Iterable[Path]:
    for path in sorted(root.iterdir()):
        if path.name in NOT_RENDERED or path.name.startswith("."):
            continue
        if path.is_dir():
            yield from _walk(path)
        else:
            yield path
