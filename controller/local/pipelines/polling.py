"""Polling: a new version of a source's object starts an execution.

Whether there is a new version is asked of moto in process first, so that a thousand quiet pipelines cost nothing;
what is new is then read with the pipeline's role, so that the bucket's policy decides whether it can be seen.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from typing import Any

from botocore.exceptions import ClientError
from moto.s3.models import FakeKey, s3_backends

from controller.local import clients
from controller.local.pipelines import runner
from controller.local.pipelines.state import Delivery, deliveries, delivery, lock

INTERVAL = 0.2  # seconds; AWS does not say its own


class Poller:
    def __init__(self, interval: float) -> None:
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(interval,), name="embedded-polling", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self, interval: float) -> None:
        while not self._stop.wait(interval):
            poll_now()


def poll_now() -> None:
    """Look at every source that its definition tells to poll, once."""
    for pipeline, definition in deliveries():
        if pipeline.polling_disabled_at is None:
            for action in polled(definition):
                _look(pipeline, definition, action)


def polled(definition: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Source actions of S3 that poll: `PollForSourceChanges` left out means true (CodePipeline user guide)."""
    for action in definition["stages"][0]["actions"]:
        polls = str(action.get("configuration", {}).get("PollForSourceChanges", "true")).lower() != "false"
        if action["actionTypeId"]["provider"] == "S3" and action["actionTypeId"]["category"] == "Source" and polls:
            yield action


def switch_off_polling(account: str, region: str, name: str) -> None:
    """As after 30 days without an execution (CodePipeline user guide); an update of the pipeline polls again."""
    delivery(account, region, name).polling_disabled_at = time.time()


def _look(pipeline: Delivery, definition: Mapping[str, Any], action: Mapping[str, Any]) -> None:
    bucket, key = action["configuration"]["S3Bucket"], action["configuration"]["S3ObjectKey"]
    there = _version(bucket, key)
    if there is None or there == pipeline.seen.get(action["name"]) or _will_read(pipeline, action["name"]):
        return
    s3 = clients.as_role("s3", action.get("roleArn") or definition["roleArn"], pipeline.region)
    try:
        version = s3.head_object(Bucket=bucket, Key=key)["VersionId"]
    except (ClientError, KeyError):
        return  # not ours to see, or not versioned: an execution would say so, a poll says nothing
    with lock:
        if version == pipeline.seen.get(action["name"]) or _will_read(pipeline, action["name"]):
            return
        pipeline.seen[action["name"]] = version
    runner.start(pipeline, definition, "PollForSourceChanges", action["name"])


def _will_read(pipeline: Delivery, source: str) -> bool:
    """Whether an execution that is under way has yet to read the source: it then takes what is new by itself."""
    with lock:
        if pipeline.pending is not None:
            return True
        runs = pipeline.running.actions if pipeline.running is not None else None
        return runs is not None and not any(run.name == source and run.status != "InProgress" for run in runs)


def _version(bucket: str, key: str) -> str | None:
    """The current version of an object, or None; nobody's permission is asked, and a bucket may go at any moment."""
    owner = s3_backends.bucket_accounts.get(bucket)
    held = s3_backends[owner[1]][owner[0]].buckets.get(bucket) if owner is not None else None
    found = held.keys.get(key) if held is not None else None
    return str(found.version_id) if isinstance(found, FakeKey) else None
