"""The code bucket as the master's template makes it, with the key that seals it: whom it lets in, whom it refuses."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.exceptions import ClientError

from controller.local import clients, organization
from controller.local.organization.tree import backend_of, parent_path
from controller.model.bundle import canonical
from controller.model.ownership import MASTER_STACK, bundle_key, code_bucket
from controller.render.accounts import render_master
from controller.render.blueprint import Catalogue

REGION = "eu-central-1"  # not the home region: its master stack is the bucket and its key, and nothing else
CHILD, DIRECT, CONSUMER = "200000000003", "400000000001", "400000000002"
NEAR, OUTSIDE, STRAY = "400000000003", "400000000004", "400000000005"
PLACES = {
    DIRECT: "Lake/Silos",
    CONSUMER: "Lake/Analytics",
    NEAR: "Lake/Near",
    STRAY: "Lake",
    OUTSIDE: None,
}


@dataclass
class Lake:
    embedded: Any
    bucket: str
    master: Any

    def pipeline(self, account: str) -> Any:
        """S3 as the pipeline's role of an account, which its own policies let do anything."""
        iam = clients.client("iam", account, REGION)
        name = f"lake-{REGION}-codepipeline-rl"
        trust = policy({"Principal": {"Service": "codepipeline.amazonaws.com"}, "Action": "sts:AssumeRole"})
        made = iam.create_role(RoleName=name, Path="/lake/", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
        iam.put_role_policy(
            RoleName=name, PolicyName="all", PolicyDocument=policy({"Action": ["s3:*", "kms:*"], "Resource": "*"})
        )
        return clients.as_role("s3", made, REGION)

    def take(self, s3: Any, account: str) -> str:
        return str(s3.get_object(Bucket=self.bucket, Key=bundle_key(account))["Body"].read().decode())


def policy(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]})


@pytest.fixture
def lake(embedded: Any, small_lake: Any, aws: Callable[..., Any]) -> Lake:
    embedded.reset(small_lake, places=PLACES)
    _rename_alike(embedded)
    units = ",".join(_path(embedded, path) + "*" for path in small_lake.organization.units)
    stacks = aws("cloudformation", region=REGION)
    stacks.create_stack(
        StackName=MASTER_STACK,
        TemplateBody=canonical(render_master(small_lake.organization, REGION, Catalogue.read()).body).decode(),
        Parameters=[
            {"ParameterKey": "OrganizationId", "ParameterValue": embedded.seeded.organization},
            {"ParameterKey": "UnitPaths", "ParameterValue": units},
        ],
        Capabilities=["CAPABILITY_NAMED_IAM"],
    )
    while stacks.describe_stacks(StackName=MASTER_STACK)["Stacks"][0]["StackStatus"] == "CREATE_IN_PROGRESS":
        time.sleep(0.05)
    assert stacks.describe_stacks(StackName=MASTER_STACK)["Stacks"][0]["StackStatus"] == "CREATE_COMPLETE"
    made = Lake(
        embedded, code_bucket(small_lake.organization.code_bucket.name_prefix, REGION), aws("s3", region=REGION)
    )
    for account in (CHILD, *PLACES):
        made.master.put_object(Bucket=made.bucket, Key=bundle_key(account), Body=account.encode())
    made.master.put_object(Bucket=made.bucket, Key="assets/sha256/abc.json", Body=b"{}")
    return made


def _path(embedded: Any, path: str) -> str:
    master = embedded.seeded.master
    return parent_path(backend_of(master), organization.unit_id(embedded.seeded.management, path))


def _rename_alike(embedded: Any) -> None:
    """Give the unit Near an id that begins with that of the silos' unit."""
    management = embedded.seeded.management
    near, silos = (organization.unit_id(management, path) for path in ("Lake/Near", "Lake/Silos"))
    backend = backend_of(management)
    assert backend is not None
    for each in (*backend.ou, *backend.accounts):
        each.id = f"{silos}0" if each.id == near else each.id
        each.parent_id = f"{silos}0" if each.parent_id == near else each.parent_id


def test_the_policy_does_not_count_as_public(lake: Lake) -> None:
    assert lake.master.get_bucket_policy_status(Bucket=lake.bucket)["PolicyStatus"] == {"IsPublic": False}


@pytest.mark.parametrize("account", [CHILD, DIRECT, CONSUMER], ids=["in a child unit", "in the unit", "a consumer"])
def test_an_account_of_the_units_reads_its_own_release_and_the_assets(lake: Lake, account: str) -> None:
    s3 = lake.pipeline(account)

    assert lake.take(s3, account) == account
    assert s3.head_object(Bucket=lake.bucket, Key=bundle_key(account))["ServerSideEncryption"] == "aws:kms"
    assert s3.get_object(Bucket=lake.bucket, Key="assets/sha256/abc.json")["Body"].read() == b"{}"
    assert s3.get_bucket_versioning(Bucket=lake.bucket)["Status"] == "Enabled"


@pytest.mark.parametrize("account", [NEAR, OUTSIDE, STRAY], ids=["a sibling whose id begins alike", "outside", "above"])
def test_any_other_account_is_refused_its_release_and_the_assets(lake: Lake, account: str) -> None:
    s3 = lake.pipeline(account)

    for key in (bundle_key(account), "assets/sha256/abc.json"):
        with pytest.raises(ClientError, match="AccessDenied"):
            s3.get_object(Bucket=lake.bucket, Key=key)


def test_another_silos_release_and_every_write_are_refused(lake: Lake) -> None:
    s3 = lake.pipeline(CHILD)

    with pytest.raises(ClientError, match="AccessDenied"):
        lake.take(s3, DIRECT)
    with pytest.raises(ClientError, match="AccessDenied"):
        s3.put_object(Bucket=lake.bucket, Key=bundle_key(CHILD), Body=b"mine")
    with pytest.raises(ClientError, match="AccessDenied"):
        s3.delete_object(Bucket=lake.bucket, Key=bundle_key(CHILD))
    with pytest.raises(ClientError, match="AccessDenied"):
        s3.list_objects_v2(Bucket=lake.bucket)


def test_an_account_that_moves_out_is_refused_from_then_on(lake: Lake) -> None:
    s3 = lake.pipeline(CHILD)
    assert lake.take(s3, CHILD) == CHILD
    management = lake.embedded.seeded.management

    clients.client("organizations", management, "us-east-1").move_account(
        AccountId=CHILD,
        SourceParentId=organization.unit_id(management, "Lake/Silos/Finance"),
        DestinationParentId=lake.embedded.seeded.root,
    )

    with pytest.raises(ClientError, match="AccessDenied"):
        lake.take(s3, CHILD)


def test_plain_http_is_refused_even_to_the_master(lake: Lake) -> None:
    def plain(request: Any, **_: Any) -> None:
        request.headers["x-lake-plain-http"] = "1"

    lake.master.meta.events.register("before-send.s3", plain)

    with pytest.raises(ClientError, match=r"explicit deny in a resource-based policy \(TlsOnly\)"):
        lake.take(lake.master, CHILD)
