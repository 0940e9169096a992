"""The templates that are judged: each case of each blueprint, and all that whole lakes render, with their comments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from controller.engine.validate import load_lake
from controller.load.places import folder
from controller.model.bundle import canonical
from controller.render.accounts import render_baseline, render_master
from controller.render.blueprint import FOLDERS, Catalogue
from controller.render.environment import Environment
from controller.render.intrinsic import parse
from controller.render.silo import render_silo
from tools.audit.reasons import Reason, beside, numbered

ROOT = Path(__file__).resolve().parents[2]
LAKES = ("manifests", "tests/lakes/acme")
TODAY = date(2026, 1, 1)  # before any expiry in these lakes


@dataclass(frozen=True, slots=True)
class Judged:
    """One template, what in it is accepted, and where it comes from."""

    name: str
    body: Mapping[str, Any]
    reasons: Mapping[str, tuple[Reason, ...]]  # by logical id

    @property
    def content(self) -> bytes:
        return canonical(self.body)


class Listening(Environment):
    """Keeps the text of what it renders, in whose comments the reasons stand."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        super().__init__(files)
        self.heard: list[tuple[str, str]] = []

    def text(self, name: str, values: Mapping[str, Any]) -> str:
        said = super().text(name, values)
        self.heard.append((name, said))
        return said


class Blueprints(Catalogue):
    """The blueprints, each reason in them with the place where it stands."""

    @cached_property
    def environment(self) -> Listening:
        return Listening({path: numbered(path, content) for path, content in self.files.items()})

    def taken(self) -> tuple[tuple[str, str], ...]:
        heard = tuple(self.environment.heard)
        self.environment.heard.clear()
        return heard


def templates() -> Iterator[Judged]:
    """Those of the cases first; a template that a lake makes more than once is judged once."""
    catalogue = Blueprints.read()
    assert isinstance(catalogue, Blueprints)
    seen: set[bytes] = set()
    for name, text in (*_of_cases(catalogue), *_of_lakes(catalogue)):
        judged = Judged(name, parse(text), beside(text))
        if judged.content not in seen:
            seen.add(judged.content)
            yield judged


def _of_cases(catalogue: Blueprints) -> Iterator[tuple[str, str]]:
    for above in FOLDERS:
        root = Path(str(folder(above)))
        for path in sorted(root.glob("**/cases/*/values.yaml")):
            blueprint = path.parents[2].relative_to(root).as_posix()
            blueprint = blueprint if above == "blueprints" else f"{above}/{blueprint}"
            values = yaml.safe_load(path.read_text(encoding="utf-8"))
            yield f"{blueprint}/cases/{path.parent.name}", catalogue.environment.text(blueprint, values)
    catalogue.taken()


def _of_lakes(catalogue: Blueprints) -> Iterator[tuple[str, str]]:
    for place in LAKES:
        lake, _ = load_lake(ROOT / place, catalogue.available | {"webapp"}, TODAY)
        for region in lake.organization.regions:
            render_master(lake.organization, region, catalogue)
        render_baseline(lake.organization, catalogue)
        for member in lake.members:
            render_silo(lake, member, catalogue)
        for number, (blueprint, text) in enumerate(catalogue.taken()):
            yield f"{place}/{number:03}/{blueprint}", text
