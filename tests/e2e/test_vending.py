"""Credentials vended in a deployed silo that has a key of its own: the deployed function, its roles, its stack."""

from __future__ import annotations

import json
import shutil
from collections import Counter
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
from tests.functions.loading import modules
from tests.functions.webapp import ADMIN, REGION, STACK, Backend, as_partner, signed

pytestmark = pytest.mark.emulator

audit, credential, settings, template = modules("webapp", "backend", "audit", "credential", "settings", "template")

MANIFESTS = Path(__file__).parents[2] / "manifests"
ACCOUNT, BUCKET = "200000000002", "acme-logistics-dropzone-200000000002"
SHELF = "acme-logistics-vend-200000000002"
BACKEND = f"arn:aws:iam::{ACCOUNT}:role/lake/workload/lake-{REGION}-webapp-backend"
LOOKS = {"DescribeChangeSet", "DescribeStacks", "GetTemplate"}  # asked again until CloudFormation has begun
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


def filled(count: int) -> None:
    """As many more credentials as that, in one update instead of one by one."""
    lambdas, stacks = (clients.client(name, ACCOUNT, REGION) for name in ("lambda", "cloudformation"))
    said = lambdas.get_function_configuration(FunctionName=FUNCTION)["Environment"]["Variables"]
    place = settings.read({**said, "AWS_REGION": REGION})
    document = template.read(stacks.get_template(StackName=STACK)["TemplateBody"])
    now = datetime.now(UTC)
    for number in range(count):
        asked = {
            "protocols": ["api"],
            "permissions": ["upload"],
            "hours": 24,
            "prefix": f"inbound/fastfreight/{number}",
        }
        made = credential.asked({"name": f"many-{number:03}", **asked}, place, now, ADMIN, "reveal", f"key{number}")
        document = document.put(made, audit.Entry(made.at, ADMIN, audit.VENDED, made.name))
    s3, laid = clients.as_role("s3", BACKEND, REGION), {"Bucket": SHELF, "Key": "templates/many"}
    s3.put_object(**laid, Body=template.write(document, place))
    stacks.update_stack(
        StackName=STACK,
        TemplateURL=s3.generate_presigned_url("get_object", Params=laid),
        Parameters=[{"ParameterKey": name, "UsePreviousValue": True} for name in template.parameters(place)],
        Capabilities=["CAPABILITY_NAMED_IAM"],
    )


def test_the_hundredth_and_a_half_is_vended_like_the_second_and_read_by_siloctl(
    backend: Backend, embedded: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def asked(name: str) -> tuple[dict[str, str], Counter[str]]:
        embedded.gateway.calls.clear()
        pair = backend.pair(name, prefix=f"{OWN}/{name}")
        calls = Counter(call.operation for call in embedded.gateway.calls if call.caller == BACKEND)
        for operation in LOOKS:
            assert calls.pop(operation) < 12
        return pair, calls

    backend.pair("first", prefix=f"{OWN}/first")
    _, few = asked("second")
    filled(148)
    assert backend.settled() == "UPDATE_COMPLETE"
    pair, many = asked("last")
    assert many == few + Counter(("PutObject",)), "the template goes another way, and nothing is asked of each"
    as_partner("s3", pair).put_object(Bucket=BUCKET, Key=f"{OWN}/last/a.csv", Body=b"a")
    assert len(backend.template["Metadata"]["lake:vended"]) == 151
    s3 = clients.client("s3", ACCOUNT, REGION)
    laid = s3.list_objects_v2(Bucket=SHELF, Prefix="templates/")["Contents"]
    assert len(laid) == 2
    kept = s3.get_object(Bucket=SHELF, Key=max(laid, key=lambda one: one["LastModified"])["Key"])
    assert kept["ServerSideEncryption"] == "aws:kms"
    assert pair["secretAccessKey"] not in kept["Body"].read().decode()
    (rule,) = s3.get_bucket_lifecycle_configuration(Bucket=SHELF)["Rules"]
    assert rule["Expiration"] == {"Days": 1}

    said = backend.call("GET", "/api/partners").said["credentials"]
    assert Counter(one["state"] for one in said if one["origin"] == "vended") == {"active": 151}
    for words in (["status"], ["drift"]):
        capsys.readouterr()
        assert run(["--manifests", str(tmp_path), *words, "--format", "json"]) == Exit.OK
        told = json.loads(capsys.readouterr().out)
        found = told["vended"] if "vended" in told else told["silos"][0]["vended"]
        assert len(found) == 151
    assert run(["--manifests", str(tmp_path), "partner", "adopt", "logistics/last"]) == Exit.OK
