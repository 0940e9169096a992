"""What functions and servers write to CloudWatch Logs."""

from __future__ import annotations

import time

from botocore.exceptions import ClientError

from controller.local import clients

THERE = "ResourceAlreadyExistsException"


def write(account: str, region: str, group: str, stream: str, text: str) -> None:
    """Put each line of `text` as an event; the group and the stream are made where they are not there."""
    lines = [line for line in text.splitlines() if line.strip()]
    if not lines:
        return
    logs = clients.client("logs", account, region)
    for operation, names in (
        (logs.create_log_group, {"logGroupName": group}),
        (logs.create_log_stream, {"logGroupName": group, "logStreamName": stream}),
    ):
        try:
            operation(**names)
        except ClientError as error:
            if error.response["Error"]["Code"] != THERE:
                raise
    now = int(time.time() * 1000)
    events = [{"timestamp": now, "message": line} for line in lines]
    logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)
