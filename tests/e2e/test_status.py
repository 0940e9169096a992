"""Status on the embedded AWS, through the real command line: one silo turns healthy, another's deployment fails."""

from __future__ import annotations

import json

import pytest

from controller.cli import run
from controller.cli.exit import Exit
from controller.local.clients import client

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
    assert "nothing was published" in capsys.readouterr().out

    assert run(["--manifests", two_silos, "apply", "--yes", "--wait", "--timeout", "120s"]) == Exit.ERROR
    told = capsys.readouterr().err
    assert "silo/sales is Synced, Healthy" in told

    found = silos(Exit.ERROR)
    assert (found["sales"]["sync"], found["sales"]["health"]) == ("Synced", "Healthy")
    assert (found["finance"]["sync"], found["finance"]["health"]) == ("OutOfSync", "Degraded")
    stack = next(part for part in found["finance"]["parts"] if part["address"] == "silo/finance/stack")
    assert "silo/finance/storage/RawBucket" in stack["reason"]
    assert stack["source"]["file"] == "silos/finance.yaml" and stack["source"]["line"] > 1

    assert run(["--manifests", two_silos, "status", "--silo", "sales"]) == Exit.OK
    assert "1 silo, all Synced and Healthy." in capsys.readouterr().out
