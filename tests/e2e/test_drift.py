"""Drift on the embedded AWS, through the real command line: a quiet lake is quiet, what is changed by hand is found."""

from __future__ import annotations

import json
import shlex
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from controller.cli import run
from controller.cli.exit import Exit
from controller.local.clients import client
from tests.e2e.conftest import MANIFESTS
from tests.e2e.printed import execute

pytestmark = pytest.mark.emulator

Drift = Callable[[Exit], dict[str, Any]]

SALES, RAW, DROPZONE = "200000000001", "acme-sales-raw-200000000001", "acme-sales-dropzone-200000000001"


@pytest.fixture
def drift(two_silos: str, capsys: pytest.CaptureFixture[str]) -> Drift:
    """What `siloctl drift` finds, by address, once it exits as it should."""

    def found(exits: Exit) -> dict[str, Any]:
        capsys.readouterr()
        status = run(["--manifests", two_silos, "drift", "--format", "json", "--detailed-exitcode"])
        out, err = capsys.readouterr()
        assert status == exits, out + err
        return {finding["address"]: finding for finding in json.loads(out)["drift"]}

    return found


def test_drift_finds_what_was_changed_by_hand_and_nothing_else(two_silos: str, drift: Drift) -> None:
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
    assert opened["source"]["file"] == f"{two_silos}/silos/sales.yaml"

    # The first way out works as it is printed.
    words = shlex.split(opened["reassert"], comments=True)
    assert words[:3] == ["aws", "s3api", "put-bucket-policy"]
    given = dict(zip(words[3::2], words[4::2], strict=True))
    client("s3", SALES, given["--region"]).put_bucket_policy(Bucket=given["--bucket"], Policy=given["--policy"])
    assert list(drift(Exit.CHANGES)) == ["silo/sales/storage/DropzoneBucket"]


def test_what_was_changed_or_deleted_is_put_back_by_what_drift_prints(two_silos: str, drift: Drift) -> None:
    assert run(["--manifests", two_silos, "apply", "--yes", "--wait", "--timeout", "120s"]) == Exit.OK
    s3, sns = client("s3", SALES, "eu-west-1"), client("sns", SALES, "eu-west-1")
    s3.put_bucket_versioning(Bucket=DROPZONE, VersioningConfiguration={"Status": "Suspended"})
    (topic,) = [one["TopicArn"] for one in sns.list_topics()["Topics"] if SALES in one["TopicArn"]]
    sns.delete_topic(TopicArn=topic)
    kms = client("kms", SALES, "eu-west-1")
    key = next(one["TargetKeyId"] for one in kms.list_aliases()["Aliases"] if one["AliasName"] == "alias/lake-data")
    opened = json.loads(kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"])
    stranger = {
        "Sid": "Stranger",
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Action": "kms:Decrypt",
        "Resource": "*",
    }
    opened["Statement"].append(stranger)
    kms.put_key_policy(KeyId=key, PolicyName="default", Policy=json.dumps(opened))

    found = drift(Exit.CHANGES)
    told = {finding["address"].partition("/storage/")[2]: finding["message"] for finding in found.values()}
    assert (
        told.pop(next(name for name in told if name.startswith("Owner"))) == "was deleted by hand"
    )  # subscribed to it
    assert told == {
        "DropzoneBucket": "was changed by hand",
        "FailureTopic": "was deleted by hand",
        "Key": "was changed by hand",
    }
    assert stranger in found["silo/sales/storage/Key"]["actual"].values()
    assert "take what asks for it out" in found["silo/sales/storage/FailureTopic"]["accept"]
    commands = {finding["reassert"] for finding in found.values()}
    assert len(commands) == 1
    execute(commands.pop(), two_silos)
    assert drift(Exit.OK) == {}
    assert s3.get_bucket_versioning(Bucket=DROPZONE)["Status"] == "Enabled"


def test_a_tag_of_the_lake_is_told_and_put_back_and_other_peoples_are_left_alone(two_silos: str, drift: Drift) -> None:
    assert run(["--manifests", two_silos, "apply", "--yes", "--wait", "--timeout", "120s"]) == Exit.OK
    s3, kms = client("s3", SALES, "eu-west-1"), client("kms", SALES, "eu-west-1")
    key = next(one["TargetKeyId"] for one in kms.list_aliases()["Aliases"] if one["AliasName"] == "alias/lake-data")

    def tags(bucket: str) -> dict[str, str]:
        return {one["Key"]: one["Value"] for one in s3.get_bucket_tagging(Bucket=bucket)["TagSet"]}

    def tag(bucket: str, **changed: str) -> None:
        told = [{"Key": name, "Value": value} for name, value in {**tags(bucket), **changed}.items()]
        s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": told})

    tag(RAW, project="spring")
    kms.tag_resource(KeyId=key, Tags=[{"TagKey": "backup", "TagValue": "daily"}])
    assert drift(Exit.OK) == {}

    tag(RAW, **{"lake:silo": "finance"})
    tag(DROPZONE, **{"lake:flow": "made-up"})
    kms.untag_resource(KeyId=key, TagKeys=["lake:managed-by"])
    found = drift(Exit.CHANGES)
    assert {address.partition("/storage/")[2]: (one["expected"], one["actual"]) for address, one in found.items()} == {
        "DropzoneBucket": (None, {"Tags.lake:flow": "made-up"}),
        "Key": ({"Tags.lake:managed-by": "siloctl"}, None),
        "RawBucket": ({"Tags.lake:silo": "sales"}, {"Tags.lake:silo": "finance"}),
    }
    (again,) = {one["reassert"] for name, one in found.items() if not name.endswith("DropzoneBucket")}
    execute(again, two_silos)
    assert list(drift(Exit.CHANGES)) == ["silo/sales/storage/DropzoneBucket"]
    assert tags(RAW) == {**tags(RAW), "lake:silo": "sales", "project": "spring"}
    assert {"TagKey": "backup", "TagValue": "daily"} in kms.list_resource_tags(KeyId=key)["Tags"]


def test_what_cloudformation_does_not_look_at_is_read_by_ourselves(two_silos: str, drift: Drift) -> None:
    for name in ("flows/orders.yaml", "transforms/orders.py"):
        (Path(two_silos) / name).parent.mkdir()
        shutil.copy(MANIFESTS / name, Path(two_silos) / name)
    assert run(["--manifests", two_silos, "apply", "--yes", "--wait", "--timeout", "120s"]) == Exit.OK
    assert drift(Exit.OK) == {}

    glue, kms = client("glue", SALES, "eu-west-1"), client("kms", SALES, "eu-west-1")
    held = glue.get_table(DatabaseName="sales", Name="orders")["Table"]
    table = {name: held[name] for name in ("Name", "StorageDescriptor", "PartitionKeys", "TableType", "Parameters")}
    column = table["StorageDescriptor"]["Columns"][0]
    was, column["Type"] = column["Type"], "binary"
    glue.update_table(DatabaseName="sales", TableInput=table)
    glue.delete_table(DatabaseName="sales", Name="orders__raw")
    (crawler,) = [one["Name"] for one in glue.get_crawlers()["Crawlers"] if "RawCrawler" in one["Name"]]
    glue.delete_crawler(Name=crawler)
    key = next(one["TargetKeyId"] for one in kms.list_aliases()["Aliases"] if one["AliasName"] == "alias/lake-data")
    kms.disable_key(KeyId=key)

    found = {address.removeprefix("silo/sales/"): one for address, one in drift(Exit.CHANGES).items()}
    assert {name: one["message"] for name, one in found.items()} == {
        "flow/orders/ProcessedTable": "was changed by hand",
        "flow/orders/RawCrawler": "was deleted by hand",
        "flow/orders/RawTable": "was deleted by hand",
        "storage/Key": "was changed by hand",
    }
    changed = found["flow/orders/ProcessedTable"]
    assert (changed["expected"], changed["actual"]) == (
        {f"Columns[{column['Name']}]": was},
        {f"Columns[{column['Name']}]": "binary"},
    )
    assert found["storage/Key"]["actual"] == {"Enabled": "false"}
    for name in ("storage/Key", "flow/orders/ProcessedTable", "flow/orders/RawTable"):
        execute(found[name]["reassert"], two_silos)
    assert list(drift(Exit.CHANGES)) == ["silo/sales/flow/orders/RawCrawler"]
    assert found["flow/orders/RawCrawler"]["reassert"].startswith(f"take it out at {two_silos}/flows/orders.yaml:")
