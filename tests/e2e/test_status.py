"""Status on the embedded AWS, through the real command line: one silo turns healthy, another's deployment fails."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from controller.cli import run
from controller.cli.exit import Exit
from controller.local.clients import client
from tests.e2e.printed import execute

pytestmark = pytest.mark.emulator


def test_status_tells_healthy_silos_and_the_line_behind_a_failed_one(
    two_silos: str, capsys: pytest.CaptureFixture[str]
) -> None:
    def silos(exits: Exit) -> dict[str, dict[str, object]]:
        capsys.readouterr()
        assert run(["--manifests", two_silos, "status", "--format", "json"]) == exits
        return {silo["silo"]: silo for silo in json.loads(capsys.readouterr().out)["silos"]}

    # Somebody else's bucket has the name that finance needs: bucket names are unique in all of AWS.
    client("s3", "999999999999", "eu-central-1").create_bucket(
        Bucket="acme-finance-raw-200000000003", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
    )
    assert run(["--manifests", two_silos, "status"]) == Exit.ERROR
    told = capsys.readouterr().out
    assert told.count("is not enrolled yet") == 2 and "AccessDenied" not in told
    assert run(["--manifests", two_silos, "drift", "--detailed-exitcode"]) == Exit.OK
    assert "Nothing to compare yet." in capsys.readouterr().out

    assert run(["--manifests", two_silos, "apply", "--yes", "--wait", "--timeout", "120s"]) == Exit.ERROR
    told = capsys.readouterr().err
    assert "silo/sales is Synced, Healthy" in told

    found = silos(Exit.ERROR)
    assert (found["sales"]["sync"], found["sales"]["health"]) == ("Synced", "Healthy")
    assert (found["finance"]["sync"], found["finance"]["health"]) == ("OutOfSync", "Degraded")
    stack = next(part for part in found["finance"]["parts"] if part["address"] == "silo/finance/stack")
    assert "silo/finance/storage/RawBucket" in stack["reason"]
    assert stack["source"]["file"] == f"{two_silos}/silos/finance.yaml" and stack["source"]["line"] > 1

    assert run(["--manifests", two_silos, "status", "--silo", "sales"]) == Exit.OK
    assert "1 silo, all Synced and Healthy." in capsys.readouterr().out

    # What it says to do about a first deployment that failed is done as it is printed.
    client("s3", "999999999999", "eu-central-1").delete_bucket(Bucket="acme-finance-raw-200000000003")
    _take_away("acme-finance-logs-200000000003")  # access logs came in before the roll-back
    execute(str(stack["advice"]).partition("never made: ")[2], two_silos)
    assert run(["--manifests", two_silos, "status", "--wait", "--timeout", "120s"]) == Exit.OK

    # A silo whose manifest is taken away goes on, and is not forgotten.
    (Path(two_silos) / "silos/finance.yaml").unlink()
    left = silos(Exit.ERROR)
    assert left["finance"]["account"] == "200000000003" and "its manifest is gone" in str(
        left["finance"]["sync_reason"]
    )


def _take_away(bucket: str) -> None:
    s3 = client("s3", "200000000003", "eu-central-1")
    if any(one["Name"] == bucket for one in s3.list_buckets()["Buckets"]):
        for each in s3.list_object_versions(Bucket=bucket).get("Versions", ()):
            s3.delete_object(Bucket=bucket, Key=each["Key"], VersionId=each["VersionId"])
        s3.delete_bucket(Bucket=bucket)
