"""CloudFormation's custom resource for the lake's statements in the catalog policy. Safe to run twice for one event.

The policy is one document for an account and region, which `PutResourcePolicy` replaces whole: it is read, merged, and
written under the hash that was read (Glue API reference, PutResourcePolicy), so that nobody's statements are lost.
"""

from __future__ import annotations

import json
import urllib.request
from typing import Any

import boto3
from botocore.exceptions import ClientError
from core import merged, same

ATTEMPTS = 8  # against others who write at the same time
REFUSED = "ConditionCheckFailureException"
PHYSICAL_ID = "lake-catalog-policy"


def handle(event: dict[str, Any], context: Any) -> None:
    """Answers CloudFormation whatever happens: a stack that hears nothing waits for an hour."""
    try:
        wanted = [] if event["RequestType"] == "Delete" else event["ResourceProperties"]["PolicyDocument"]["Statement"]
        settle(boto3.client("glue"), wanted)
    except Exception as error:
        answer(event, "FAILED", f"{type(error).__name__}: {error}")
        raise
    answer(event, "SUCCESS", "")


def settle(glue: Any, wanted: list[dict[str, Any]]) -> None:
    """Write until nobody else wrote in between."""
    for attempt in range(ATTEMPTS):
        there, digest = current(glue)
        document = merged(there, wanted)
        if same(there, document):
            return
        try:
            write(glue, document, digest)
            return
        except ClientError as error:
            if error.response["Error"]["Code"] != REFUSED or attempt == ATTEMPTS - 1:
                raise


def current(glue: Any) -> tuple[str | None, str | None]:
    try:
        found = glue.get_resource_policy()
    except glue.exceptions.EntityNotFoundException:
        return None, None
    return found.get("PolicyInJson"), found.get("PolicyHash")


def write(glue: Any, document: str | None, digest: str | None) -> None:
    if document is None:
        glue.delete_resource_policy(PolicyHashCondition=digest)
    elif digest is None:
        glue.put_resource_policy(PolicyInJson=document, PolicyExistsCondition="NOT_EXIST", EnableHybrid="TRUE")
    else:
        # Hybrid: the call fails without it as soon as Lake Formation has shared anything (Glue API reference).
        glue.put_resource_policy(
            PolicyInJson=document, PolicyHashCondition=digest, PolicyExistsCondition="MUST_EXIST", EnableHybrid="TRUE"
        )


def answer(event: dict[str, Any], status: str, reason: str) -> None:
    said = {
        "Status": status,
        "Reason": reason or "done",
        "PhysicalResourceId": event.get("PhysicalResourceId") or PHYSICAL_ID,
        **{key: event[key] for key in ("StackId", "RequestId", "LogicalResourceId")},
    }
    body = json.dumps(said).encode()
    # The address is CloudFormation's own, signed for this one answer.
    request = urllib.request.Request(event["ResponseURL"], body, {"Content-Type": ""}, method="PUT")  # noqa: S310
    urllib.request.urlopen(request, timeout=30).close()  # noqa: S310
