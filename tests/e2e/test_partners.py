"""Partners on the embedded AWS: vended by an apply, at work with their pair, refused all else, rotated and revoked."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from controller.cli import run
from controller.cli.exit import Exit
from controller.local.clients import client
from tests.e2e.printed import execute

pytestmark = pytest.mark.emulator

ACCOUNT, REGION, BUCKET = "200000000001", "eu-west-1", "acme-sales-dropzone-200000000001"
SECRET = "lake/partners/sales/marketpulse"
OWN, OTHERS, RAW, POLICY = "inbound/marketpulse/x", "inbound/other/x", "acme-sales-raw-200000000001", "{}"
ME = {"UserName": "marketpulse"}
REFUSALS = frozenset({"AccessDenied", "AccessDeniedException", "403", "InvalidAccessKeyId", "InvalidClientTokenId"})


def days(number: int) -> str:
    return str(datetime.now(UTC).date() + timedelta(number))


def declare(folder: str, *, expires: str = "", rotate: str = "", more: str = "") -> None:
    place = Path(folder) / "partners"
    place.mkdir(exist_ok=True)
    place.joinpath("marketpulse.yaml").write_text(
        f"""apiVersion: lake/v1
kind: Partner
metadata:
  name: marketpulse
spec:
  contact: feeds@marketpulse.example
  access:
    - silo: sales
      dropzone: inbound/marketpulse
      protocols: [web, api]
      permissions: [upload, list]
  credentials: {{expires: {expires or days(90)}{rotate}}}
{more}""",
        encoding="utf-8",
    )


def apply(folder: str) -> None:
    assert run(["--manifests", folder, "apply", "--yes", "--wait", "--timeout", "120s"]) == Exit.OK


def secret() -> dict[str, str]:
    answer = client("secretsmanager", ACCOUNT, REGION).get_secret_value(SecretId=SECRET)
    found: dict[str, str] = json.loads(answer["SecretString"])
    return found


def as_partner(service: str, pair: dict[str, str]) -> Any:
    """A client as the partner has it: its pair, and nothing else of this process."""
    return boto3.Session(pair["accessKeyId"], pair["secretAccessKey"], region_name=REGION).client(service)


def tomorrow(monkeypatch: pytest.MonkeyPatch) -> None:
    """The controller's next day; the embedded AWS stays in this one."""

    class Tomorrow(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return datetime.now(tz) + timedelta(1)

    monkeypatch.setattr("controller.cli.lake.datetime", Tomorrow)


def siloctl(folder: str, capsys: pytest.CaptureFixture[str], *words: str, exits: Exit = Exit.OK) -> str:
    capsys.readouterr()
    status = run(["--manifests", folder, *words])
    told = capsys.readouterr()
    assert status == exits, told.out + told.err
    return told.out


def refused(call: Callable[[], Any]) -> bool:
    try:
        call()
    except ClientError as error:
        return error.response["Error"]["Code"] in REFUSALS
    return False


MUST_NOT: dict[str, tuple[str, str, dict[str, Any]]] = {
    "write beside its prefix": ("s3", "put_object", {"Bucket": BUCKET, "Key": OTHERS, "Body": b"x"}),
    "write to a longer name": ("s3", "put_object", {"Bucket": BUCKET, "Key": "inbound/marketpulse2/x", "Body": b"x"}),
    "write by going up": ("s3", "put_object", {"Bucket": BUCKET, "Key": "inbound/x", "Body": b"x"}),
    "write to the bucket's root": ("s3", "put_object", {"Bucket": BUCKET, "Key": "x", "Body": b"x"}),
    "begin a multipart upload elsewhere": ("s3", "create_multipart_upload", {"Bucket": BUCKET, "Key": OTHERS}),
    "read its own file": ("s3", "get_object", {"Bucket": BUCKET, "Key": OWN}),
    "read another's file": ("s3", "get_object", {"Bucket": BUCKET, "Key": OTHERS}),
    "ask for another's file": ("s3", "head_object", {"Bucket": BUCKET, "Key": OTHERS}),
    "delete its own file": ("s3", "delete_object", {"Bucket": BUCKET, "Key": OWN}),
    "delete another's file": ("s3", "delete_object", {"Bucket": BUCKET, "Key": OTHERS}),
    "delete a version": ("s3", "delete_object", {"Bucket": BUCKET, "Key": OWN, "VersionId": "1"}),
    "copy another's file to itself": (
        "s3",
        "copy_object",
        {"Bucket": BUCKET, "Key": "inbound/marketpulse/y", "CopySource": {"Bucket": BUCKET, "Key": OTHERS}},
    ),
    "list the whole bucket": ("s3", "list_objects_v2", {"Bucket": BUCKET}),
    "list another's prefix": ("s3", "list_objects_v2", {"Bucket": BUCKET, "Prefix": "inbound/other/"}),
    "list its prefix without the slash": ("s3", "list_objects_v2", {"Bucket": BUCKET, "Prefix": "inbound/marketpulse"}),
    "list versions": ("s3", "list_object_versions", {"Bucket": BUCKET, "Prefix": "inbound/marketpulse/"}),
    "list buckets": ("s3", "list_buckets", {}),
    "read the bucket's policy": ("s3", "get_bucket_policy", {"Bucket": BUCKET}),
    "change the bucket's policy": ("s3", "put_bucket_policy", {"Bucket": BUCKET, "Policy": POLICY}),
    "make a file public": ("s3", "put_object_acl", {"Bucket": BUCKET, "Key": OWN, "ACL": "public-read"}),
    "tag a file": ("s3", "put_object_tagging", {"Bucket": BUCKET, "Key": OWN, "Tagging": {"TagSet": []}}),
    "write to the raw bucket": ("s3", "put_object", {"Bucket": RAW, "Key": OWN, "Body": b"x"}),
    "list the raw bucket": ("s3", "list_objects_v2", {"Bucket": RAW, "Prefix": "inbound/marketpulse/"}),
    "make a key": ("iam", "create_access_key", ME),
    "make a key active": ("iam", "update_access_key", {**ME, "AccessKeyId": "A" * 20, "Status": "Active"}),
    "give itself a policy": ("iam", "put_user_policy", {**ME, "PolicyName": "all", "PolicyDocument": POLICY}),
    "take off its boundary": ("iam", "delete_user_permissions_boundary", ME),
    "change its tags": ("iam", "tag_user", {**ME, "Tags": [{"Key": "lake:prefix", "Value": "inbound"}]}),
    "see users": ("iam", "list_users", {}),
    "become the deployment": (
        "sts",
        "assume_role",
        {
            "RoleArn": f"arn:aws:iam::{ACCOUNT}:role/lake/lake-eu-west-1-cloudformation-codepipeline-rl",
            "RoleSessionName": "me",
        },
    ),
    "read its secret": ("secretsmanager", "get_secret_value", {"SecretId": SECRET}),
    "decrypt by itself": ("kms", "decrypt", {"KeyId": "alias/lake-data", "CiphertextBlob": b"x"}),
    "start a query": ("athena", "start_query_execution", {"QueryString": "select 1"}),
    "read the catalog": ("glue", "get_tables", {"DatabaseName": "sales"}),
    "read stacks": ("cloudformation", "describe_stacks", {}),
}


def test_a_partner_works_with_its_pair_and_for_nothing_else(two_silos: str) -> None:
    declare(two_silos)
    apply(two_silos)
    pair = secret()
    assert pair["bucket"] == BUCKET and pair["prefix"] == "inbound/marketpulse/"
    s3 = as_partner("s3", pair)
    client("s3", ACCOUNT, REGION).put_object(Bucket=BUCKET, Key=OTHERS, Body=b"secret")

    s3.put_object(Bucket=BUCKET, Key=OWN, Body=b"a,b")
    upload = s3.create_multipart_upload(Bucket=BUCKET, Key="inbound/marketpulse/big")["UploadId"]
    s3.abort_multipart_upload(Bucket=BUCKET, Key="inbound/marketpulse/big", UploadId=upload)
    listed = s3.list_objects_v2(Bucket=BUCKET, Prefix="inbound/marketpulse/")
    assert [each["Key"] for each in listed["Contents"]] == [OWN]
    assert as_partner("sts", pair).get_caller_identity()["Arn"].endswith(":user/partners/sales/marketpulse")

    clients = {service: as_partner(service, pair) for service in {service for service, _, _ in MUST_NOT.values()}}
    done = []
    for what, (service, operation, values) in MUST_NOT.items():
        call = getattr(clients[service], operation)
        if not refused(lambda call=call, values=values: call(**values)):  # type: ignore[misc]
            done.append(what)
    assert done == [] and len(MUST_NOT) >= 30


def test_a_key_rotates_when_it_is_due_and_the_old_one_works_on(
    two_silos: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    declare(two_silos, rotate=f", rotateEveryDays: 30, issued: {days(-29)}")
    apply(two_silos)
    before = secret()
    assert "1 credential, all well." in siloctl(two_silos, capsys, "partner", "list")
    assert f"issued: {days(0)}" in siloctl(two_silos, capsys, "partner", "rotate", "marketpulse")

    tomorrow(monkeypatch)
    planned = siloctl(two_silos, capsys, "plan")
    assert "MarketpulseKeyB will be created" in planned and "partners/marketpulse.yaml" in planned
    assert "rotation due" in siloctl(two_silos, capsys, "partner", "list", exits=Exit.ERROR)
    assert "rotation due" in siloctl(two_silos, capsys, "status", exits=Exit.ERROR)
    apply(two_silos)

    after = secret()
    assert after["accessKeyId"] != before["accessKeyId"]
    for pair in (before, after):
        as_partner("s3", pair).put_object(Bucket=BUCKET, Key=OWN, Body=b"x")


def test_an_expired_partner_has_inactive_keys_and_is_refused(
    two_silos: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    declare(two_silos, expires=days(0))
    apply(two_silos)
    pair = secret()
    tomorrow(monkeypatch)
    assert "still active" in siloctl(two_silos, capsys, "partner", "list", exits=Exit.ERROR)

    apply(two_silos)

    assert refused(lambda: as_partner("s3", pair).put_object(Bucket=BUCKET, Key=OWN, Body=b"x"))
    assert refused(lambda: as_partner("sts", pair).get_caller_identity())
    told = json.loads(siloctl(two_silos, capsys, "partner", "show", "marketpulse", "--format", "json"))
    assert told["credentials"][0]["state"] == "expired" and not told["credentials"][0]["keys"][0]["active"]


def test_a_revoked_partner_is_refused_at_once_and_stays_so_by_git(
    two_silos: str, capsys: pytest.CaptureFixture[str]
) -> None:
    declare(two_silos)
    apply(two_silos)
    pair = secret()
    as_partner("s3", pair).put_object(Bucket=BUCKET, Key=OWN, Body=b"x")

    told = siloctl(two_silos, capsys, "partner", "revoke", "marketpulse")

    assert f"key {pair['accessKeyId']} is inactive" in told and "  revoked: true" in told
    assert refused(lambda: as_partner("s3", pair).put_object(Bucket=BUCKET, Key=OWN, Body=b"x"))
    assert "disabled" in siloctl(two_silos, capsys, "status", exits=Exit.ERROR)

    declare(two_silos, more="  revoked: true\n")
    apply(two_silos)
    assert "revoked" in siloctl(two_silos, capsys, "partner", "list")
    assert refused(lambda: as_partner("sts", pair).get_caller_identity())


def test_a_user_of_somebody_else_below_the_partners_path_is_told(
    two_silos: str, capsys: pytest.CaptureFixture[str]
) -> None:
    apply(two_silos)
    iam = client("iam", ACCOUNT, REGION)
    iam.create_user(UserName="sneaky", Path="/partners/sales/")
    key = iam.create_access_key(UserName="sneaky")["AccessKey"]["AccessKeyId"]

    assert "not in git" in siloctl(two_silos, capsys, "partner", "list", exits=Exit.ERROR)
    assert "silo/sales/partner/sneaky" in siloctl(two_silos, capsys, "status", exits=Exit.ERROR)
    assert f"key {key} is inactive" in siloctl(two_silos, capsys, "partner", "revoke", "sneaky")
    assert iam.list_access_keys(UserName="sneaky")["AccessKeyMetadata"][0]["Status"] == "Inactive"


def drifted(folder: str, capsys: pytest.CaptureFixture[str], exits: Exit = Exit.CHANGES) -> list[dict[str, Any]]:
    told = siloctl(folder, capsys, "drift", "--format", "json", "--detailed-exitcode", exits=exits)
    found: list[dict[str, Any]] = json.loads(told)["drift"]
    return found


def test_drift_tells_of_credentials_and_its_commands_put_them_back(
    two_silos: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    declare(two_silos, rotate=f", rotateEveryDays: 30, issued: {days(-29)}")
    apply(two_silos)
    assert drifted(two_silos, capsys, Exit.OK) == []

    iam, ours = client("iam", ACCOUNT, REGION), secret()["accessKeyId"]
    iam.update_access_key(UserName="marketpulse", AccessKeyId=ours, Status="Inactive")
    iam.create_access_key(UserName="marketpulse")
    iam.create_user(UserName="sneaky", Path="/partners/sales/")
    iam.create_access_key(UserName="sneaky")

    found = drifted(two_silos, capsys)
    assert [(one["address"].rpartition("/")[2], one["class"]) for one in found] == [
        ("marketpulse", "credential-changed"),
        ("marketpulse", "credential-foreign"),
        ("sneaky", "credential-foreign"),
    ]
    assert found[0]["source"]["file"] == f"{two_silos}/partners/marketpulse.yaml"
    for one in found:
        execute(one["reassert"], two_silos)
    assert drifted(two_silos, capsys, Exit.OK) == []
    as_partner("s3", secret()).put_object(Bucket=BUCKET, Key=OWN, Body=b"x")

    tomorrow(monkeypatch)
    (due,) = drifted(two_silos, capsys)
    assert due["class"] == "credential-unrotated" and due["since"] == days(1)
    execute(due["reassert"], two_silos)
    assert secret()["accessKeyId"] != ours


def test_no_secret_leaves_secrets_manager(two_silos: str, capsys: pytest.CaptureFixture[str]) -> None:
    declare(two_silos)
    apply(two_silos)
    reports = ("plan", "partner list", "partner show marketpulse", "status", "drift")
    for words in (*reports, *(f"{report} --format json" for report in reports)):
        run(["--manifests", two_silos, *words.split()])
    told = capsys.readouterr()
    texts = {"output": told.out, "errors": told.err, **_stacks(), **_objects()}

    kept = secret()["secretAccessKey"]
    assert len(kept) >= 20 and len(texts) > 10
    assert [name for name, text in texts.items() if kept in text] == []


def _stacks() -> dict[str, str]:
    """What CloudFormation shows of each stack of the silo: template, outputs and parameters, events."""
    api, found = client("cloudformation", ACCOUNT, REGION), {}
    for stack in api.describe_stacks()["Stacks"]:
        name = stack["StackId"]
        found[f"{name} itself"] = str(stack)
        found[f"{name} template"] = str(api.get_template(StackName=name)["TemplateBody"])
        found[f"{name} events"] = str(api.describe_stack_events(StackName=name)["StackEvents"])
        found[f"{name} resources"] = str(api.describe_stack_resources(StackName=name)["StackResources"])
    return found


def _objects() -> dict[str, str]:
    """Everything in the buckets of the master and of the silo, zips opened."""
    found = {}
    for account in ("100000000001", ACCOUNT):
        s3 = client("s3", account, REGION)
        for bucket in s3.list_buckets()["Buckets"]:
            for entry in s3.list_objects_v2(Bucket=bucket["Name"]).get("Contents", ()):
                content = s3.get_object(Bucket=bucket["Name"], Key=entry["Key"])["Body"].read()
                if content[:2] == b"PK":
                    with zipfile.ZipFile(io.BytesIO(content)) as archive:
                        content = b"".join(archive.read(name) for name in archive.namelist())
                found[f"{bucket['Name']}/{entry['Key']}"] = content.decode("latin-1")
    return found
