"""What drift detection reads in the reader's name, by the schemas of all that is deployed into silos' accounts."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import Any

import pytest

from controller.access.decision import Policies, decide
from controller.access.policy import read
from controller.access.request import Principal, Request
from tests.handlers import BASELINE, SILO, asked, kinds, matches, resources

ACCOUNT = "200000000001"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/lake/lake-controller-read"
WHO = Principal("role-session", f"arn:aws:sts::{ACCOUNT}:assumed-role/lake-controller-read/x", ACCOUNT, ROLE)
KINDS = sorted(kinds([*SILO, BASELINE]))

# One of each of those types that are read below some path alone; a pattern of types that comes first counts.
REST = "arn:aws:apigateway:eu-west-1::"
USER = f"arn:aws:iam::{ACCOUNT}:user/partners/sales/fastfreight"
PLACES: Mapping[str, str] = {
    "AWS::ApiGateway::Account": f"{REST}/account",
    "AWS::ApiGateway::ApiKey": f"{REST}/apikeys/b",
    "AWS::ApiGateway::UsagePlan": f"{REST}/usageplans/a",
    "AWS::ApiGateway::UsagePlanKey": f"{REST}/usageplans/a/keys/b",
    "AWS::ApiGateway::*": f"{REST}/restapis/a",
    "AWS::ApiGatewayV2::*": f"{REST}/apis/a",
    "AWS::IAM::User": USER,
    "AWS::SSM::Parameter": f"arn:aws:ssm:eu-west-1:{ACCOUNT}:parameter/lake/sftp/fastfreight",
    "AWS::SecretsManager::Secret": f"arn:aws:secretsmanager:eu-west-1:{ACCOUNT}:secret:lake/partners/fastfreight-a1",
    "*": "arn:aws:x:::whatever",
}

# Type, action: why it is not read. Handlers list all that they ever call, and some of it is no reading.
NOT_READ: Mapping[tuple[str, str], str] = {
    ("AWS::ApiGateway::ApiKey", "apigateway:GET"): "who reads a key may ask for its value",
    ("AWS::ApiGateway::UsagePlanKey", "apigateway:GET"): "tells the key's value",
    ("AWS::Glue::Connection", "glue:GetConnection"): "tells the password, and CloudFormation compares no connections",
    ("AWS::Glue::Database", "glue:GetConnection"): "the same, and no database is another system's",
    ("AWS::SecretsManager::Secret", "secretsmanager:GetSecretValue"): "the secret itself",
    ("AWS::Glue::Table", "lakeformation:GetDataAccess"): "credentials for the data itself",
    ("AWS::Glue::Table", "*:CreateTable"): "makes one",
    ("AWS::ApiGatewayV2::Api", "s3:GetObject"): "no API is described by a file in a bucket",
    ("AWS::*", "kms:Decrypt"): "no function, pool or state machine has a key of its own",
    ("*", "iam:PassRole"): "hands a role to a service",
}


def resolved(node: Any) -> Any:
    match node:
        case {"Fn::Sub": str(text)}:
            return text.replace("${AWS::Partition}", "aws").replace("${AWS::AccountId}", ACCOUNT)
        case {"Ref": "AWS::AccountId"}:
            return ACCOUNT
        case dict():
            return {key: resolved(child) for key, child in node.items()}
        case list():
            return [resolved(child) for child in node]
        case _:
            return node


def policies() -> Policies:
    documents = [one["PolicyDocument"] for one in resources(BASELINE)["ReaderRole"]["Properties"]["Policies"]]
    return Policies(identity=tuple(read(json.dumps(resolved(one))) for one in documents))


POLICIES = policies()
ROOT = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
TO_IAM = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": ROOT, "Action": "*", "Resource": "*"}],
}


def may(action: str, resource: str, via: str = "cloudformation.amazonaws.com") -> bool:
    """A key's policy leaves it to IAM, as ours do."""
    key = read(json.dumps(TO_IAM)) if action.startswith("kms:") else None
    context: dict[str, str | tuple[str, ...]] = {"aws:ResourceAccount": ACCOUNT, "aws:PrincipalAccount": ACCOUNT}
    if via:
        context["aws:CalledVia"] = (via,)
    return decide(Request(WHO, action, resource, ACCOUNT, context), replace(POLICIES, resource=key)).allowed


def unread(kind: str) -> Iterator[str]:
    """Actions that the type's read handler asks for and the reader is refused."""
    place = next(arn for pattern, arn in PLACES.items() if fnmatchcase(kind, pattern))
    return (action for action in sorted(asked(kind, "read")) if not may(action, place))


@pytest.mark.parametrize("kind", KINDS)
def test_drift_of_each_type_is_read_but_for_what_would_tell_a_secret(kind: str) -> None:
    assert [
        action
        for action in unread(kind)
        if not any(fnmatchcase(kind, type_) and matches(action, [one]) for type_, one in NOT_READ)
    ] == []


def test_what_is_not_read_is_refused_and_would_be_asked_for() -> None:
    refused = [(kind, action) for kind in KINDS for action in unread(kind)]
    assert [
        one for one in NOT_READ if not any(fnmatchcase(kind, one[0]) and matches(a, [one[1]]) for kind, a in refused)
    ] == []


@pytest.mark.parametrize(
    "action",
    [
        "iam:AttachUserPolicy",
        "iam:CreateLoginProfile",
        "iam:PutUserPolicy",
        "iam:UpdateAccessKey",
        "lakeformation:GrantPermissions",
        "lakeformation:GetDataAccess",
        "redshift:GetClusterCredentials",
    ],
)
def test_who_reads_changes_nothing_and_gets_no_credentials(action: str) -> None:
    assert not may(action, USER if action.startswith("iam:") else "*")


def test_whether_a_bucket_is_there_is_seen_by_cloudformation_and_no_file_by_who_reads() -> None:
    bucket = f"arn:aws:s3:::acme-sales-raw-{ACCOUNT}"
    assert may("s3:ListBucket", bucket)
    assert not may("s3:ListBucket", bucket, via="")
    assert not may("s3:GetObject", f"{bucket}/x")
