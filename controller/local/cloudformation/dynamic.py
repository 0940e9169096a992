"""Dynamic references, `{{resolve:service:…}}`: replaced when a resource is made or changed, never kept."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from controller.local.clients import client
from controller.local.cloudformation.errors import Refused
from controller.local.resources.handler import ResourceFailed

REFERENCE = re.compile(r"\{\{resolve:(ssm-secure|ssm|secretsmanager):([^}]+)\}\}")


def resolved(node: Any, account: str, region: str) -> Any:
    """The node with all references replaced. Raises ResourceFailed or Refused when one has nothing behind it."""
    if isinstance(node, Mapping):
        return {key: resolved(item, account, region) for key, item in node.items()}
    if isinstance(node, list):
        return [resolved(item, account, region) for item in node]
    if isinstance(node, str) and "{{resolve:" in node:
        return REFERENCE.sub(lambda match: _read(match[1], match[2], account, region), node)
    return node


def holds_reference(node: Any) -> bool:
    return "{{resolve:" in json.dumps(node, default=str)


def parameter(name: str, account: str, region: str) -> str:
    """The value of a parameter of the store. Raises Refused."""
    try:
        return str(client("ssm", account, region).get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"])
    except ClientError as error:
        raise Refused(f"Unable to fetch parameters [{name}] from parameter store for this account.") from error


def _read(service: str, text: str, account: str, region: str) -> str:
    if service != "secretsmanager":
        return parameter(text, account, region)
    secret, key, stage, version = _secret(text)
    asked = (
        {"SecretId": secret} | ({"VersionStage": stage} if stage else {}) | ({"VersionId": version} if version else {})
    )
    try:
        value = str(client("secretsmanager", account, region).get_secret_value(**asked)["SecretString"])
    except ClientError as error:
        message = error.response["Error"]["Message"]
        raise ResourceFailed(f"Could not retrieve the secret {secret}: {message}") from error
    if not key:
        return value
    fields = json.loads(value)
    if key not in fields:
        raise ResourceFailed(f"Could not find a value associated with JSONKey in SecretString of {secret}")
    return str(fields[key])


def _secret(text: str) -> tuple[str, str, str, str]:
    """`name-or-arn[:SecretString[:key[:stage[:version]]]]`; an ARN has six colons of its own."""
    parts = text.split(":")
    count = 7 if parts[0] == "arn" else 1
    _, key, stage, version, *_ = [*parts[count:], "", "", "", ""]
    return ":".join(parts[:count]), key, stage, version
