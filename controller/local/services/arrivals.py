"""Files that arrive start state machines: a bucket's events as S3 tells them, handed over with the rule's own role.

moto tells of an upload by the name of the notification ("ObjectCreated", where S3 names the operation: S3 user guide,
"EventBridge event message structure") and knows no state machines as targets.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError
from moto.events.models import events_backends
from moto.s3 import notifications

from controller.local import clients
from controller.local.authorization.services import assumable

DEFAULT_BUS = "default"
REASONS = {  # the operations by which an object is created, as S3 names them
    "s3:ObjectCreated:Put": "PutObject",
    "s3:ObjectCreated:Post": "POST Object",
    "s3:ObjectCreated:Copy": "CopyObject",
    "s3:ObjectCreated:CompleteMultipartUpload": "CompleteMultipartUpload",
}
_VARIABLE = re.compile(r"<([A-Za-z0-9_]+)>")


def install() -> None:
    notifications._send_event_bridge_message = tell


def tell(account_id: str, bucket: Any, event_name: str, key: Any) -> None:
    """Hand an upload to every rule of the default bus that asks for it; of other events no rule of a lake asks."""
    reason = REASONS.get(str(getattr(event_name, "value", event_name)))
    if reason is None or key is None:
        return
    event = _event(account_id, bucket, key, reason)
    bus = events_backends[account_id][bucket.region_name].event_buses[DEFAULT_BUS]
    for rule in tuple(bus.rules.values()):
        if rule.state == "ENABLED" and rule.event_pattern.matches_event(event):
            for target in rule.targets:
                _start(target, rule.arn, bucket.region_name, event)


def _event(account: str, bucket: Any, key: Any, reason: str) -> dict[str, Any]:
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": "Object Created",
        "source": "aws.s3",
        "account": account,
        "time": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": bucket.region_name,
        "resources": [bucket.arn],
        "detail": {
            "version": "0",
            "bucket": {"name": bucket.name},
            "object": {"key": key.name, "size": key.size, "etag": key.etag.strip('"'), "version-id": key.version_id},
            "requester": account,
            "reason": reason,
        },
    }


def _start(target: Mapping[str, Any], rule: str, region: str, event: Mapping[str, Any]) -> None:
    """A target that refuses gets nothing, and nobody is told: EventBridge counts it as a failed invocation."""
    role = target.get("RoleArn", "")
    if ":states:" not in target["Arn"] or not assumable(
        role, "events.amazonaws.com", {"aws:SourceArn": rule, "aws:SourceAccount": rule.split(":")[4]}
    ):
        return
    try:
        clients.as_role("stepfunctions", role, region).start_execution(
            stateMachineArn=target["Arn"], name=str(uuid.uuid4()), input=_input(target, event)
        )
    except ClientError:
        return


def _input(target: Mapping[str, Any], event: Mapping[str, Any]) -> str:
    """A variable of a template stands for its value as JSON (EventBridge user guide, "Input transformation")."""
    transformer = target.get("InputTransformer")
    if transformer is None:
        return str(target.get("Input") or json.dumps(event))
    found = {name: _at(event, path) for name, path in transformer.get("InputPathsMap", {}).items()}
    return _VARIABLE.sub(lambda word: json.dumps(found[word[1]]), transformer["InputTemplate"])


def _at(event: Mapping[str, Any], path: str) -> Any:
    value: Any = event
    for word in _words(path):
        value = value[word]
    return value


def _words(path: str) -> Iterator[str]:
    yield from path.removeprefix("$").strip(".").split(".")
