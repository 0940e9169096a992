"""A lake of every kind, four silos and a consumer, from nothing to Healthy, and what becomes of changes."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from controller.cli import run
from controller.cli.exit import Exit
from controller.engine.validate import load_lake
from controller.load.places import blueprints
from controller.local.clients import client
from controller.local.resources import store

pytestmark = pytest.mark.emulator

ACME = Path(__file__).parents[1] / "lakes" / "acme"
ANALYTICS, REGION = "300000000001", "eu-west-1"
WAIT = ("--wait", "--timeout", "300s")
MEMBERS = {"finance", "logistics", "manufacturing", "sales", "consumer/group-analytics"}

Siloctl = Callable[..., str]


@pytest.fixture
def siloctl(embedded: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Siloctl:
    """The command on a copy of the lake whose dates are still to come; answers what it said on stdout."""
    folder = tmp_path / "lake"
    shutil.copytree(ACME, folder)
    later = (datetime.now(UTC).date() + timedelta(days=200)).isoformat()
    for path in folder.rglob("*.yaml"):
        path.write_text(re.sub(r"expires: \d{4}-\d\d-\d\d", f"expires: {later}", path.read_text()))
    lake, problems = load_lake(folder, blueprints(), datetime.now(UTC).date())
    assert problems == ()
    embedded.reset(lake)

    def called(*words: str, exits: Exit = Exit.OK) -> str:
        capsys.readouterr()
        status = run(["--manifests", str(folder), *words])
        out, err = capsys.readouterr()
        assert status == exits, f"{words}: {out}\n{err}"
        return out

    return called


def healths(siloctl: Siloctl) -> dict[str, tuple[str, str]]:
    document = json.loads(siloctl("status", "--format", "json"))
    return {one["silo"]: (one["sync"], one["health"]) for one in document["silos"]}


def shown() -> set[str]:
    """The consumer's data sets."""
    kept = store.listed(ANALYTICS, REGION, "AWS::QuickSight::DataSet").values()
    return {one.properties["DataSetId"] for one in kept}


def test_the_lake_of_every_kind_is_made_kept_and_changed(siloctl: Siloctl, tmp_path: Path) -> None:
    """One story, since each deployment takes seconds."""
    siloctl("validate")
    siloctl("plan", "--detailed-exitcode", exits=Exit.CHANGES)
    siloctl("apply", "--yes", *WAIT)
    assert healths(siloctl) == dict.fromkeys(MEMBERS, ("Synced", "Healthy"))
    assert siloctl("plan", "--detailed-exitcode").startswith("No changes.")
    assert siloctl("drift", "--detailed-exitcode").startswith("No drift.")

    account = next(
        one["Id"]
        for one in client("organizations", "100000000001", REGION).list_accounts()["Accounts"]
        if one["Name"] == "acme-manufacturing"
    )
    bucket = f"acme-manufacturing-raw-{account}"
    s3 = client("s3", account, REGION)
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Suspended"})
    assert "silo/manufacturing/storage/RawBucket" in siloctl("drift", "--detailed-exitcode", exits=Exit.CHANGES)
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})

    glue = client("glue", ANALYTICS, REGION)
    assert {one["Name"] for one in glue.get_tables(DatabaseName="sales")["TableList"]} == {
        "complaints",
        "orders",
        "web_sessions",
    }
    assert shown() == {"lake-sales-complaints", "lake-sales-orders", "lake-sales-web-sessions"}
    (tmp_path / "lake/shares/sales-to-analytics.yaml").unlink()
    said = siloctl("plan")
    assert "consumer/group-analytics/catalogs/LinkSalesOrders will be destroyed" in said
    siloctl("apply", "--yes", *WAIT)
    assert [one["Name"] for one in glue.get_tables(DatabaseName="sales")["TableList"]] == ["complaints"]
    assert shown() == {"lake-sales-complaints"}
    assert healths(siloctl) == dict.fromkeys(MEMBERS, ("Synced", "Healthy"))
    assert siloctl("plan", "--detailed-exitcode").startswith("No changes.")
    assert siloctl("drift", "--detailed-exitcode").startswith("No drift.")
