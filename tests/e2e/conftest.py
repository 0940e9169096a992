"""A lake of two silos in a folder, and an embedded AWS that has their accounts and nothing else."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from controller.engine.validate import load_lake
from controller.load.places import blueprints

MANIFESTS = Path(__file__).parents[1] / "lakes" / "plain"


@pytest.fixture
def two_silos(embedded: Any, tmp_path: Path) -> str:
    """The folder of manifests of sales and finance, without flows."""
    (tmp_path / "silos").mkdir()
    for name in ("organization.yaml", "silos/sales.yaml", "silos/finance.yaml"):
        shutil.copy(MANIFESTS / name, tmp_path / name)
    lake, _ = load_lake(tmp_path, blueprints(), datetime.now(UTC).date())
    embedded.reset(lake)
    return str(tmp_path)
