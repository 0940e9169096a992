"""CloudFormation's custom resource that empties a bucket before the bucket goes. Safe to run twice for one event."""

from __future__ import annotations

import json
import urllib.request
from typing import Any

import boto3


def handle(event: dict[str, Any], context: Any) -> None:
    """Answers CloudFormation whatever happens: a stack that hears nothing waits for an hour."""
    bucket = str(event["ResourceProperties"]["Bucket"])
    try:
        if event["RequestType"] == "Delete":
            empty(boto3.client("s3"), bucket)
    except Exception as error:
        answer(event, bucket, "FAILED", f"{type(error).__name__}: {error}")
        raise
    answer(event, bucket, "SUCCESS", "")


def empty(s3: Any, bucket: str) -> None:
    """A page of objects at a time; a bucket that is gone already is empty."""
    try:
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
            if listed := [{"Key": entry["Key"]} for entry in page.get("Contents", ())]:
                left = s3.delete_objects(Bucket=bucket, Delete={"Objects": listed, "Quiet": True}).get("Errors", ())
                if left:  # said in the answer, not raised (S3 API reference, DeleteObjects)
                    raise RuntimeError(f"{len(left)} objects stay, the first {left[0]['Key']}: {left[0]['Code']}")
    except s3.exceptions.NoSuchBucket:
        return


def answer(event: dict[str, Any], bucket: str, status: str, reason: str) -> None:
    """Another bucket is another physical id, so that CloudFormation has the former one emptied afterwards."""
    said = {
        "Status": status,
        "Reason": reason or "done",
        "PhysicalResourceId": f"files-of-{bucket}",
        **{key: event[key] for key in ("StackId", "RequestId", "LogicalResourceId")},
    }
    body = json.dumps(said).encode()
    # The address is CloudFormation's own, signed for this one answer.
    request = urllib.request.Request(event["ResponseURL"], body, {"Content-Type": ""}, method="PUT")  # noqa: S310
    urllib.request.urlopen(request, timeout=30).close()  # noqa: S310
