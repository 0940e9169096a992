"""The project's own lake on the embedded AWS, through the command line: apply, apply again, one edit."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest

from controller.cli import run
from controller.cli.exit import Exit
from controller.engine.validate import load_lake
from controller.load.places import blueprints
from controller.model.ownership import INDEX_KEY, LOCK_KEY

pytestmark = pytest.mark.emulator

MANIFESTS = Path(__file__).parents[1] / "lakes" / "plain"


@pytest.fixture
def folder(embedded: Any, tmp_path: Path) -> Path:
    """The manifests of the repository, and an embedded AWS with the accounts that they name."""
    copied = tmp_path / "manifests"
    shutil.copytree(MANIFESTS, copied)
    lake, _ = load_lake(copied, blueprints(), datetime.now(UTC).date())
    embedded.reset(lake)
    return copied


def siloctl(folder: Path, *words: str) -> int:
    return run(["--manifests", str(folder), *words])


def writes(embedded: Any) -> list[str]:
    return [str(call) for call in embedded.calls if call.write]


def test_the_lake_is_applied_once_and_an_edit_of_one_line_is_one_change(
    embedded: Any, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert siloctl(folder, "plan", "--detailed-exitcode") == Exit.CHANGES
    assert writes(embedded) == []

    assert siloctl(folder, "apply", "--yes") == Exit.OK
    assert "cloudformation:CreateStackSet" in writes(embedded)

    embedded.calls.clear()
    capsys.readouterr()
    assert siloctl(folder, "plan", "--detailed-exitcode") == Exit.OK
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith("No changes.")

    assert siloctl(folder, "apply", "--yes") == Exit.OK
    assert writes(embedded) == []

    orders = folder / "flows" / "orders.yaml"
    orders.write_text(orders.read_text().replace("seconds: 300", "seconds: 120"))
    capsys.readouterr()
    assert siloctl(folder, "plan", "--detailed-exitcode") == Exit.CHANGES
    said = capsys.readouterr().out.splitlines()
    assert "Plan: 0 to add, 1 to change, 0 to destroy." in said
    assert [one for one in said if " silo/" in one] == [
        f"  ~ silo/sales/flow/orders/DeliveryStream will be updated in place  ({folder}/flows/orders.yaml:12)"
    ]

    embedded.calls.clear()
    assert siloctl(folder, "apply", "--yes") == Exit.OK
    written = [call.rpartition("/")[2] for call in writes(embedded) if "releases/" in call or "state/" in call]
    assert written == ["lock.json", "bundle.zip", "index.json", "lock.json"]
    assert siloctl(folder, "plan", "--detailed-exitcode") == Exit.OK


def test_a_bundle_overwritten_by_hand_is_found_and_written_over(
    two_silos: str, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = Path(two_silos)
    assert siloctl(folder, "apply", "--yes") == Exit.OK
    s3 = boto3.client("s3", region_name="eu-west-1")
    (bucket,) = [one["Name"] for one in s3.list_buckets()["Buckets"] if one["Name"].endswith("code-eu-west-1")]
    index = json.loads(s3.get_object(Bucket=bucket, Key=INDEX_KEY)["Body"].read())
    key = f"releases/{index['silos']['sales']['account']}/bundle.zip"
    s3.put_object(Bucket=bucket, Key=key, Body=b"not a bundle")

    capsys.readouterr()
    assert siloctl(folder, "plan") == Exit.OK
    assert "is not a bundle of ours" in capsys.readouterr().out
    assert siloctl(folder, "apply", "--yes") == Exit.OK
    assert siloctl(folder, "plan", "--detailed-exitcode") == Exit.OK
    left = s3.list_objects_v2(Bucket=bucket, Prefix=LOCK_KEY)
    assert left["KeyCount"] == 0


def test_credentials_of_another_account_are_an_error_with_a_way_out(
    two_silos: str, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = Path(two_silos)
    organization = folder / "organization.yaml"
    organization.write_text(organization.read_text().replace("100000000001", "100000000009"))
    assert siloctl(folder, "plan") == Exit.ERROR
    told = capsys.readouterr().err
    assert "the lake's master account is 100000000009" in told
    assert "hint: " in told
