"""Somebody of an account who may do all by its own policies, so that what others let it do shows."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

from controller.local import clients


def reader(account: str, service: str, region: str = "eu-west-1") -> Any:
    """A client of that account's analyst."""
    iam = clients.client("iam", account, region)
    trust = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{account}:root"}, "Action": "sts:AssumeRole"}
    may = {"Effect": "Allow", "Action": ["glue:*", "s3:*", "kms:*"], "Resource": "*"}
    try:
        iam.create_role(
            RoleName="analyst", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        )
        document = json.dumps({"Version": "2012-10-17", "Statement": [may]})
        iam.put_role_policy(RoleName="analyst", PolicyName="read", PolicyDocument=document)
    except iam.exceptions.EntityAlreadyExistsException:
        pass
    return clients.as_role(service, f"arn:aws:iam::{account}:role/analyst", region)


def refused(call: Callable[[], Any]) -> bool:
    try:
        call()
    except ClientError as error:
        assert "AccessDenied" in error.response["Error"]["Code"]
        return True
    return False
