"""What a manifest takes away, in the templates that say it: a rollback must not give it back."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest

from controller.aws.resource_types import create_only
from controller.diff.narrowing import narrows
from controller.diff.release import Published, bundle_changes
from controller.engine.validate import load_lake
from controller.load.places import blueprints
from controller.render.blueprint import Catalogue
from controller.render.silo import render_silo

ACME = Path(__file__).parents[2] / "lakes" / "acme"

DAY = date(2026, 11, 1)
PARTNER, SHARE, SALES = "partners/fastfreight.yaml", "shares/shipments-to-sales.yaml", "silos/sales.yaml"


@pytest.mark.parametrize(
    ("silo", "path", "old", "new", "taken"),
    [
        ("logistics", PARTNER, "spec:", "spec:\n  revoked: true", True),
        ("logistics", PARTNER, "expires: 2027-06-30", "expires: 2026-12-30", True),
        ("logistics", PARTNER, "[upload, list]", "[upload]", True),
        ("logistics", PARTNER, "203.0.113.0/24", "203.0.113.0/28", True),
        ("logistics", PARTNER, "protocols: [sftp, web, api]", "protocols: [api]", True),
        ("logistics", SHARE, "shipments-to-sales", "", True),
        ("sales", "shares/complaints-to-analytics.yaml", "2027-12-31", "2026-10-31", True),
        ("sales", SALES, "lake-admin@", "another-admin@", True),
        ("sales", "flows/orders.yaml", "seconds: 300", "seconds: 600", False),
    ],
)
def test_what_a_manifest_takes_away_narrows(
    silo: str, path: str, old: str, new: str, taken: bool, tmp_path: Path, catalogue: Catalogue
) -> None:
    shutil.copytree(ACME, tmp_path / "lake")
    before = load_lake(tmp_path / "lake", blueprints(), DAY)[0]
    file = tmp_path / "lake" / path
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new)) if new else file.unlink()
    after = load_lake(tmp_path / "lake", blueprints(), DAY)[0]
    was, will = render_silo(before, silo, catalogue), render_silo(after, silo, catalogue)
    there = Published("", was.root.body, {one.address: one.body for one in was.nested}, was.parameters, was.tags)
    changes = tuple(bundle_changes(will, there, create_only))
    assert changes
    assert narrows(changes) is taken
