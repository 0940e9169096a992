"""Boundaries of users, and AWS's own managed policies one at a time: all of them would cost 31 MB an account."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.iam.aws_managed_policies import aws_managed_policies_data
from moto.iam.models import AWSManagedPolicy, iam_backends
from moto.iam.responses import IamResponse

OWNER = ":iam::aws:policy/"
PARTITION = "aws"


def install() -> None:
    IamResponse.put_user_permissions_boundary = put_user_boundary
    IamResponse.delete_user_permissions_boundary = delete_user_boundary
    IamResponse.create_user = create_user


def create_user(response: Any) -> Any:
    """moto's own drops the boundary."""
    given = response._get_param
    user = response.backend.create_user(response.region, given("UserName"), given("Path"), given("Tags", []))
    if given("PermissionsBoundary"):
        put_user_boundary(response)
    return ActionResult({"User": user})


def put_user_boundary(response: Any) -> Any:
    user = response.backend.get_user(response._get_param("UserName"))
    arn = response._get_param("PermissionsBoundary")
    user.permissions_boundary = {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": arn}
    return EmptyResult()


def delete_user_boundary(response: Any) -> Any:
    response.backend.get_user(response._get_param("UserName")).permissions_boundary = None
    return EmptyResult()


def know_managed_policy(account: str, arn: str) -> None:
    """Let the account see the AWS-managed policy `arn`, if AWS has one; others are the account's own affair."""
    policies = iam_backends[account][PARTITION].managed_policies
    if OWNER not in arn or arn in policies:
        return
    name = arn.rsplit("/", 1)[-1]
    if name in _shipped():
        policy = AWSManagedPolicy.from_data(name, account, PARTITION, _shipped()[name])
        policies[policy.arn] = policy


@cache
def _shipped() -> dict[str, Any]:
    shipped: dict[str, Any] = json.loads(aws_managed_policies_data)
    return shipped
