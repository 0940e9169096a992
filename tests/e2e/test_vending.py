"""Credentials vended in a deployed silo that has a key of its own: the deployed function, its roles, its stack."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from botocore.exceptions import ClientError

from controller.cli import run
from controller.cli.exit import Exit
from controller.engine.validate import load_lake
from controller.load.places import blueprints
from controller.local import clients
from tests.functions.webapp import REGION, STACK, Backend, as_partner, signed

pytestmark = pytest.mark.emulator

MANIFESTS = Path(__file__).parents[2] / "manifests"
ACCOUNT, BUCKET = "200000000002", "acme-logistics-dropzone-200000000002"
FUNCTION = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:lake-webapp-backend"
OWN = "inbound/fastfreight/returns"


@pytest.fixture
def backend(embedded: Any, tmp_path: Path) -> Backend:
    for kind, name in (("silos", "logistics"), ("flows", "shipments"), ("partners", "fastfreight")):
        (tmp_path / kind).mkdir()
        shutil.copy(MANIFESTS / kind / f"{name}.yaml", tmp_path / kind)
    shutil.copy(MANIFESTS / "organization.yaml", tmp_path)
    path = tmp_path / "silos/logistics.yaml"
    said = yaml.safe_load(path.read_text())
    del said["spec"]["sftp"]
    path.write_text(yaml.safe_dump(said))
    embedded.reset(load_lake(tmp_path, blueprints(), datetime.now(UTC).date())[0])
    assert run(["--manifests", str(tmp_path), "apply", "--yes", "--wait", "--timeout", "240s"]) == Exit.OK
    return Backend([FUNCTION], ACCOUNT)


def refused(call: Callable[[], Any]) -> bool:
    try:
        call()
    except ClientError as error:
        return error.response["Error"]["Code"] in ("AccessDenied", "InvalidClientTokenId", "InvalidAccessKeyId")
    return False


def test_a_pair_is_vended_used_and_revoked_by_the_roles_of_the_template(backend: Backend, embedded: Any) -> None:
    config = backend.call("GET", "/api/config", who="").said
    assert config["bucket"] == BUCKET
    assert backend.call("GET", "/api/partners").said["dropzones"] == [
        {"prefix": "inbound/fastfreight/", "flow": "shipments"}
    ]
    pair = backend.pair("returns", prefix=f"{OWN}/", permissions=["upload", "list", "download"])
    s3 = as_partner("s3", pair)
    s3.put_object(Bucket=BUCKET, Key=f"{OWN}/a.csv", Body=b"a")
    assert s3.get_object(Bucket=BUCKET, Key=f"{OWN}/a.csv")["Body"].read() == b"a"
    assert refused(lambda: s3.put_object(Bucket=BUCKET, Key="inbound/fastfreight/a.csv", Body=b"a"))
    assert refused(lambda: s3.delete_object(Bucket=BUCKET, Key=f"{OWN}/a.csv"))
    assert refused(lambda: s3.list_objects_v2(Bucket=BUCKET.replace("dropzone", "raw")))

    said = backend.call("POST", "/api/partner/session", signed(pair, config["sts"]["endpoint"], config["site"]), who="")
    assert (said.status, said.said["prefix"], said.said["encryption"]) == (200, f"{OWN}/", "kms")

    iam, secrets = (clients.client(name, ACCOUNT, REGION) for name in ("iam", "secretsmanager"))
    user = iam.get_user(UserName="vended-returns")["User"]
    assert user["PermissionsBoundary"]["PermissionsBoundaryArn"].endswith(
        f":policy/lake/lake-partner-boundary-{REGION}"
    )
    tags = {tag["Key"]: tag["Value"] for tag in user["Tags"]}
    assert (tags["lake:organization"], tags["lake:silo"]) == ("acme", "logistics"), "as all of the silo's"
    kept = secrets.describe_secret(SecretId="lake/partners/logistics/vended-returns")
    assert ":key/" in kept["KmsKeyId"]
    stack = clients.client("cloudformation", ACCOUNT, REGION).describe_stacks(StackName=STACK)["Stacks"][0]
    assert stack["RoleARN"].endswith(f":role/lake/vending/lake-{REGION}-vending")
    assert not stack.get("Outputs")

    found = {one["name"]: one["origin"] for one in backend.call("GET", "/api/partners").said["credentials"]}
    assert found == {"fastfreight": "git", "returns": "vended"}
    assert backend.call("DELETE", "/api/credentials/returns").status == 202
    backend.settled()
    assert refused(lambda: s3.put_object(Bucket=BUCKET, Key=f"{OWN}/b.csv", Body=b"b"))
    assert backend.call("DELETE", "/api/credentials/fastfreight").status == 404, "what git declares, git ends"
    assert pair["secretAccessKey"] not in json.dumps(backend.template)
