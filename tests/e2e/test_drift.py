"""Drift on the embedded AWS, through the real command line: a quiet lake is quiet, what is changed by hand is found."""

from __future__ import annotations

import json
import shlex
from typing import Any

import pytest

from controller.cli import run
from controller.cli.exit import Exit
from controller.local.clients import client

pytestmark = pytest.mark.emulator

SALES, RAW, DROPZONE = "200000000001", "acme-sales-raw-200000000001", "acme-sales-dropzone-200000000001"


def test_drift_finds_what_was_changed_by_hand_and_nothing_else(
    two_silos: str, capsys: pytest.CaptureFixture[str]
) -> None:
    def drift(exits: Exit) -> dict[str, Any]:
        capsys.readouterr()
        status = run(["--manifests", two_silos, "drift", "--format", "json", "--detailed-exitcode"])
        out, err = capsys.readouterr()
        assert status == exits, out + err
        return {finding["address"]: finding for finding in json.loads(out)["drift"]}

    assert run(["--manifests", two_silos, "apply", "--yes", "--wait", "--timeout", "120s"]) == Exit.OK
    assert drift(Exit.OK) == {}

    s3 = client("s3", SALES, "eu-west-1")
    policy = json.loads(s3.get_bucket_policy(Bucket=RAW)["Policy"])
    contractor = {
        "Sid": "Contractor",
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::555555555555:root"},
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{RAW}/*",
    }
    policy["Statement"].append(contractor)
    s3.put_bucket_policy(Bucket=RAW, Policy=json.dumps(policy))
    s3.put_bucket_versioning(Bucket=DROPZONE, VersioningConfiguration={"Status": "Suspended"})
    found = drift(Exit.CHANGES)
    assert list(found) == ["silo/sales/storage/DropzoneBucket", "silo/sales/storage/RawPolicy"]
    assert found["silo/sales/storage/DropzoneBucket"]["actual"] == {"VersioningConfiguration.Status": "Suspended"}
    opened = found["silo/sales/storage/RawPolicy"]
    assert (opened["class"], opened["actual"]) == ("policy-changed", {"Statement[Contractor]": contractor})
    assert opened["source"]["file"] == "silos/sales.yaml"

    # The first way out works as it is printed.
    words = shlex.split(opened["reassert"], comments=True)
    assert words[:3] == ["aws", "s3api", "put-bucket-policy"]
    given = dict(zip(words[3::2], words[4::2], strict=True))
    client("s3", SALES, given["--region"]).put_bucket_policy(Bucket=given["--bucket"], Policy=given["--policy"])
    assert list(drift(Exit.CHANGES)) == ["silo/sales/storage/DropzoneBucket"]
