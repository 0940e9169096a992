"""Validate: the lake's folder in, one consistent lake out, or all problems at once.

Offline: nothing of AWS, and nothing that renders, is imported.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from controller.load.files import read_files, read_script
from controller.load.manifests import load
from controller.model.errors import ManifestsInvalid
from controller.model.manifest import Manifest
from controller.model.problem import Problem, Severity, ordered
from controller.resolve.lake import Lake
from controller.resolve.resolution import resolve, resolve_alone


@dataclass(frozen=True, slots=True)
class Findings:
    """`lake` is None when there are errors, and when a single file is no lake by itself."""

    lake: Lake | None
    problems: tuple[Problem, ...]
    manifests: int

    @property
    def valid(self) -> bool:
        return all(problem.severity is not Severity.ERROR for problem in self.problems)


def load_lake(folder: Path, available: frozenset[str], today: date) -> tuple[Lake, tuple[Problem, ...]]:
    """The lake and its warnings. Raises ManifestsInvalid, with all that was found.

    `available` names the blueprints that can be rendered, as `controller.load.places.blueprints` does.
    """
    findings = examine(folder, available, today)
    if findings.lake is None or not findings.valid:
        raise ManifestsInvalid(findings.problems)
    return findings.lake, findings.problems


def examine(place: Path, available: frozenset[str], today: date) -> Findings:
    """All that can be said of a folder of manifests, or of one file.

    A file without an Organization is no lake: what it refers to is not looked up.
    """
    files = read_files(place)
    loaded = load(files.found)
    read = (*files.problems, *loaded.problems)
    if not files.found:
        return Findings(None, ordered(read), loaded.count)
    if place.is_file() and not any(manifest.kind == "Organization" for manifest in loaded.manifests):
        alone = resolve_alone(loaded.manifests, available=available, today=today, mended=loaded.mended)
        return Findings(None, ordered((*read, *alone)), loaded.count)
    folder = place if place.is_dir() else place.parent
    resolution = resolve(
        loaded.manifests,
        _scripts(folder, (*loaded.manifests, *(one.manifest for one in loaded.mended))),
        place=str(place),
        available=available,
        today=today,
        faulty=loaded.faulty,
        mended=loaded.mended,
    )
    problems = ordered((*read, *resolution.problems))
    lake = resolution.lake if not any(problem.severity is Severity.ERROR for problem in problems) else None
    return Findings(lake, problems, loaded.count)


def _scripts(folder: Path, manifests: Iterable[Manifest]) -> dict[str, bytes | str]:
    paths = {
        manifest.data["spec"].get("transform", {}).get("script") for manifest in manifests if manifest.kind == "Flow"
    }
    return {path: read_script(folder, path) for path in sorted(path for path in paths if path)}
