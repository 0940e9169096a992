"""The acme lake in memory, changed by text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from functools import cache
from pathlib import Path

import pytest

from controller.load.files import ManifestFile
from controller.load.manifests import load
from controller.model.problem import ordered
from controller.resolve.resolution import Resolution, resolve

ACME = Path(__file__).parents[2] / "lakes" / "acme"
TODAY = date(2026, 11, 22)
FLOWS = ("http", "dropzone", "sap-odata", "jdbc", "mongodb", "cassandra", "smb", "s3")
COMPONENTS = ("storage", "webapp", "sftp", "partners", "sharing", "consumer", "warehouse", "dashboards")
EVERY_BLUEPRINT = frozenset({*COMPONENTS, *(f"flows/{flow}" for flow in FLOWS)})
SCRIPT = b"def transform(records):\n    return records\n"

Change = tuple[str, str, str]  # file, a piece of its text (nothing: the whole), what stands there instead
Judge = Callable[..., Resolution]


@cache
def acme() -> Mapping[str, str]:
    return {str(path.relative_to(ACME)): path.read_text() for path in sorted(ACME.rglob("*.yaml"))}


def changed(*changes: Change) -> dict[str, str]:
    texts = dict(acme())
    for file, old, new in changes:
        if old:
            assert old in texts[file], f"{file} has no {old!r}"
        texts[file] = texts[file].replace(old, new, 1) if old else new
    return {file: text for file, text in texts.items() if text}


@pytest.fixture
def judge() -> Judge:
    """Resolve the acme lake after changes; what loading finds is part of the answer."""

    def judged(
        *changes: Change,
        available: frozenset[str] = EVERY_BLUEPRINT,
        scripts: Mapping[str, bytes | str] | None = None,
        today: date = TODAY,
    ) -> Resolution:
        loaded = load(ManifestFile(file, text) for file, text in sorted(changed(*changes).items()))
        found = {"transforms/orders.py": SCRIPT} if scripts is None else scripts
        resolution = resolve(
            loaded.manifests,
            found,
            place="lake",
            available=available,
            today=today,
            faulty=loaded.faulty,
            mended=loaded.mended,
        )
        return Resolution(resolution.lake, ordered((*loaded.problems, *resolution.problems)))

    return judged
