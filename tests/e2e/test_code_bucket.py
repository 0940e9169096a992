"""Whom the code bucket lets in: the rendered policy, deployed, asked with real reads and decided by itself."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto.organizations.models import organizations_backends

from controller.access import Policies, Principal, Request, decide, read
from controller.cli.wiring import connect
from controller.engine.masters import master_parameters
from controller.local.clients import as_role, client
from controller.local.organization.tree import PARTITION, organization_id, organization_path, unit_id
from controller.model.observed import Present
from controller.model.ownership import MASTER_STACK, bundle_key
from controller.render.accounts import render_master
from controller.render.blueprint import Catalogue
from tests.fakes.lakes import lake, sales

pytestmark = pytest.mark.emulator

HOME, BUCKET = "eu-west-1", "acme-code-eu-west-1"
CHILD, DIRECT, NEIGHBOUR, LEFT, OUTSIDE = (f"20000000000{number}" for number in (1, 2, 4, 5, 6))
PLACES = {
    DIRECT: "Lake/Silos",  # the targeted unit itself; CHILD is in a unit below it
    NEIGHBOUR: "Lake/Silos-old",  # beside it, its id beginning with the same characters
    LEFT: "Lake/Silos",  # at first
    OUTSIDE: None,
}
ANYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
ASSET = "assets/sha256/abc.json"


@dataclass(frozen=True)
class Case:
    account: str
    key: str
    allowed: bool
    role: str = "lake-eu-west-1-codepipeline-rl"
    plain_http: bool = False

    @property
    def arn(self) -> str:
        return f"arn:aws:iam::{self.account}:role/lake/{self.role}"


CASES = {
    "a silo below the unit reads its bundle": Case(CHILD, bundle_key(CHILD), True),
    "a silo in the unit itself reads its bundle": Case(DIRECT, bundle_key(DIRECT), True),
    "a silo reads an asset": Case(CHILD, ASSET, True),
    "the role that CloudFormation works by reads an asset": Case(
        CHILD, ASSET, True, "lake-eu-west-1-cloudformation-codepipeline-rl"
    ),
    "a silo does not read another's bundle": Case(CHILD, bundle_key(DIRECT), False),
    "a silo does not read the state": Case(CHILD, "state/index.json", False),
    "a role of another name does not read a bundle": Case(CHILD, bundle_key(CHILD), False, "somebody"),
    "nobody reads without TLS": Case(CHILD, bundle_key(CHILD), False, plain_http=True),
    "a unit whose id begins with the same characters is another": Case(NEIGHBOUR, bundle_key(NEIGHBOUR), False),
    "and gets no asset": Case(NEIGHBOUR, ASSET, False),
    "an account that moved out is out": Case(LEFT, bundle_key(LEFT), False),
    "and loses the assets": Case(LEFT, ASSET, False),
    "an account outside of the organization is out": Case(OUTSIDE, bundle_key(OUTSIDE), False),
    "and its roles too, whatever they are called": Case(OUTSIDE, ASSET, False, "lake-x-codepipeline-rl"),
}


@pytest.fixture
def policy(embedded: Any) -> str:
    """The deployed bucket with something to read under each key; answers its policy's text."""
    wanted = lake(sales())
    embedded.reset(wanted, places=PLACES)
    management = embedded.seeded.management
    _alike(management, "Lake/Silos", "Lake/Silos-old")
    ports = connect(wanted.organization).ports
    tree = ports.organizations.tree(wanted.organization.units)
    assert isinstance(tree, Present)
    template = render_master(wanted.organization, HOME, Catalogue.read()).asset.content
    parameters = {name: str(value) for name, value in master_parameters(wanted, tree.value).items()}
    ports.stacks.write(MASTER_STACK, HOME, template, parameters, {}, lambda said: None)
    for key in sorted({case.key for case in CASES.values()}):
        assert ports.bucket(HOME).put(key, b"content", None) is not None
    for case in CASES.values():
        _role(case)
    root = unit_id(management, "")
    organizations = client("organizations", management, HOME)
    organizations.move_account(
        AccountId=LEFT, SourceParentId=unit_id(management, "Lake/Silos"), DestinationParentId=root
    )
    found: str = boto3.client("s3", region_name=HOME).get_bucket_policy(Bucket=BUCKET)["Policy"]
    return found


def _alike(management: str, path: str, other: str) -> None:
    """Give one unit an id that begins with another's."""
    backend = organizations_backends[management][PARTITION]
    old, new = unit_id(management, other), unit_id(management, path) + "0"
    next(unit for unit in backend.ou if unit.id == old).id = new
    for account in backend.accounts:
        account.parent_id = new if account.parent_id == old else account.parent_id


def _role(case: Case) -> None:
    """A role that its own account allows everything: what remains is what the bucket says."""
    iam = client("iam", case.account, HOME)
    trust = {**ANYTHING, "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}]}
    try:
        iam.create_role(RoleName=case.role, Path="/lake/", AssumeRolePolicyDocument=json.dumps(trust))
    except iam.exceptions.EntityAlreadyExistsException:
        return
    iam.put_role_policy(RoleName=case.role, PolicyName="all", PolicyDocument=json.dumps(ANYTHING))


def _reads(case: Case) -> bool:
    s3 = as_role("s3", case.arn, HOME)

    def without_tls(request: Any, **_: Any) -> None:
        request.headers["x-lake-plain-http"] = "1"

    if case.plain_http:
        s3.meta.events.register("before-send.s3", without_tls, unique_id="plain")
    try:
        return bool(s3.get_object(Bucket=BUCKET, Key=case.key)["Body"].read() == b"content")
    except ClientError as error:
        assert error.response["Error"]["Code"] == "AccessDenied"
        return False
    finally:
        s3.meta.events.unregister("before-send.s3", without_tls, unique_id="plain")


def _decided(case: Case, policy: str) -> bool:
    """By the policy's text alone, as access decides it; False for a denial, never for doubt."""
    session = f"arn:aws:sts::{case.account}:assumed-role/{case.role}/build"
    path, organization = organization_path(case.account), organization_id(case.account)
    known: dict[str, str | tuple[str, ...]] = {
        "aws:PrincipalArn": case.arn,
        "aws:PrincipalAccount": case.account,
        "aws:SecureTransport": "false" if case.plain_http else "true",
    }
    if path is not None and organization is not None:
        known |= {"aws:PrincipalOrgID": organization, "aws:PrincipalOrgPaths": (path,)}
    request = Request(
        Principal("role-session", session, case.account, case.arn),
        "s3:GetObject",
        f"arn:aws:s3:::{BUCKET}/{case.key}",
        "100000000001",
        known,
    )
    decision = decide(request, Policies(identity=(read(json.dumps(ANYTHING)),), resource=read(policy)))
    assert decision.verdict != "unknown"
    return decision.allowed


def test_each_read_is_answered_and_decided_as_it_should_be(policy: str) -> None:
    wanted = {name: (case.allowed, case.allowed) for name, case in CASES.items()}
    assert {name: (_reads(case), _decided(case, policy)) for name, case in CASES.items()} == wanted
    _lists_its_own_prefix_and_no_other()
    _does_not_write()
    assert not any(account in policy for account in (CHILD, DIRECT, NEIGHBOUR, LEFT, OUTSIDE))


def _lists_its_own_prefix_and_no_other() -> None:
    s3 = as_role("s3", CASES["a silo reads an asset"].arn, HOME)
    own = s3.list_objects_v2(Bucket=BUCKET, Prefix=f"releases/{CHILD}/")
    assert [entry["Key"] for entry in own["Contents"]] == [bundle_key(CHILD)]
    for prefix in ("", "releases/", f"releases/{DIRECT}/", "state/"):
        with pytest.raises(ClientError, match="AccessDenied"):
            s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix)


def _does_not_write() -> None:
    s3 = as_role("s3", CASES["a silo reads an asset"].arn, HOME)
    for operation in (s3.put_object, s3.delete_object):
        with pytest.raises(ClientError, match="AccessDenied"):
            operation(Bucket=BUCKET, Key=bundle_key(CHILD))
