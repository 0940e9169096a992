"""S3 answers that moto gets wrong: EventBridge among a bucket's notifications, whether its policy is public."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.s3.exceptions import NoSuchBucketPolicy
from moto.s3.responses import S3Response

# Conditions that bind a wildcard principal to somebody; S3 user guide, "The meaning of public".
BINDING = (
    "aws:principalorgid", "aws:principalorgpaths", "aws:principalaccount", "aws:principalarn", "aws:sourceaccount",
    "aws:sourcearn", "aws:sourceip", "aws:sourcevpc", "aws:sourcevpce", "aws:userid", "s3:dataaccesspointaccount",
)  # fmt: skip


def install() -> None:
    S3Response.get_bucket_notification = get_bucket_notification
    S3Response.get_bucket_policy_status = get_bucket_policy_status


def get_bucket_notification(response: Any) -> Any:
    found = response.backend.get_bucket_notification_configuration(response.bucket_name)
    response.data["Action"] = "GetBucketNotificationConfiguration"
    if not found:
        return response.serialized(EmptyResult())
    result: dict[str, Any] = {
        "TopicConfigurations": [_target(item, "TopicArn") for item in found.topic],
        "QueueConfigurations": [_target(item, "QueueArn") for item in found.queue],
        "LambdaFunctionConfigurations": [_target(item, "LambdaFunctionArn") for item in found.cloud_function],
    }
    if found.event_bridge is not None:
        result["EventBridgeConfiguration"] = {}
    return response.serialized(ActionResult(result))


def _target(item: Any, argument: str) -> dict[str, Any]:
    made = {"Id": item.id, argument: item.arn, "Events": item.events}
    if item.filters:
        made["Filter"] = {"Key": {"FilterRules": item.filters["S3Key"]["FilterRule"]}}
    return made


def get_bucket_policy_status(response: Any) -> Any:
    policy = response.backend.get_bucket_policy(response.bucket_name)
    response.data["Action"] = "GetBucketPolicyStatus"
    if not policy:
        raise NoSuchBucketPolicy(bucket_name=response.bucket_name)
    return response.serialized(ActionResult({"PolicyStatus": {"IsPublic": is_public(json.loads(policy))}}))


def is_public(policy: Mapping[str, Any]) -> bool:
    """Whether any statement allows everybody without a condition that binds them to fixed values."""
    statements = policy.get("Statement", [])
    return any(_opens(item) for item in (statements if isinstance(statements, list) else [statements]))


def _opens(statement: Mapping[str, Any]) -> bool:
    if statement.get("Effect") != "Allow" or not _everybody(statement.get("Principal")):
        return False
    tests = statement.get("Condition", {}).items()
    return not any(_binds(operator, key, value) for operator, keys in tests for key, value in keys.items())


def _everybody(principal: Any) -> bool:
    if isinstance(principal, Mapping):
        names = principal.get("AWS", [])
        return "*" in (names if isinstance(names, list) else [names])
    return bool(principal == "*")


def _binds(operator: str, key: str, value: Any) -> bool:
    """A wildcard alone binds nobody, and neither does a test that holds for what is absent."""
    values = value if isinstance(value, list) else [value]
    plain = operator.rsplit(":", 1)[-1].lower()
    if "not" in plain or plain.endswith("ifexists") or operator.lower().startswith("forallvalues"):
        return False
    return key.lower() in BINDING and all(str(item).strip("*/") for item in values)
