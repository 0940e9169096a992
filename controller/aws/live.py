"""Reads what runs in a silo's account, with the role that its baseline made for it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from controller.aws.client import Clients
from controller.aws.drifts import drifts
from controller.aws.errors import observed
from controller.model.errors import AwsError
from controller.model.live import (
    FailedResource,
    LiveDrift,
    LivePipeline,
    LiveResource,
    LiveStack,
    LiveTable,
    Place,
    SharedTable,
)
from controller.model.observed import Observed
from controller.model.ownership import READER_ROLE, role_arn

NESTED = "AWS::CloudFormation::Stack"
DETECTION_SECONDS = 300  # how long one stack's drift detection is waited for
_STANDS = (
    "CREATE_COMPLETE",
    "UPDATE_COMPLETE",
    "UPDATE_ROLLBACK_COMPLETE",
    "IMPORT_COMPLETE",
    "IMPORT_ROLLBACK_COMPLETE",
)
_NO_STACK = frozenset({"ValidationError"})
_NO_PIPELINE = frozenset({"PipelineNotFoundException"})
_NO_TABLE = frozenset({"EntityNotFoundException"})
_NO_POLICY = frozenset({"NoSuchBucketPolicy"})
_STARTS = frozenset({"CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS", "DELETE_IN_PROGRESS"})
_NESTED_STARTS = _STARTS - {"DELETE_IN_PROGRESS"}  # a rollback of the root deletes what failed, after the failure


class AwsSilos:
    def __init__(self, clients: Clients, sleep: Callable[[float], None] = time.sleep) -> None:
        self._clients = clients
        self._sleep = sleep

    def _api(self, service: str, place: Place) -> Any:
        return self._clients.of(service, place.region, role_arn(place.account, READER_ROLE))

    def pipeline(self, place: Place, name: str) -> Observed[LivePipeline]:
        def read() -> LivePipeline:
            api = self._api("codepipeline", place)
            metadata = api.get_pipeline(name=name).get("metadata", {})
            runs = api.list_pipeline_executions(pipelineName=name, maxResults=1)["pipelineExecutionSummaries"]
            run = runs[0] if runs else {}
            failed = run.get("status") == "Failed"
            return LivePipeline(
                status=run.get("status", ""),
                revision=next((source.get("revisionId", "") for source in run.get("sourceRevisions", ())), ""),
                started=_when(run.get("startTime")),
                error=_action_error(api.get_pipeline_state(name=name)) if failed else "",
                polling_disabled_at=_when(metadata.get("pollingDisabledAt")),
                updated=_when(run.get("lastUpdateTime")),
            )

        return observed("codepipeline", _NO_PIPELINE, read)

    def stack(self, place: Place, name: str) -> Observed[LiveStack]:
        def read() -> LiveStack:
            stack = self._api("cloudformation", place).describe_stacks(StackName=name)["Stacks"][0]
            return LiveStack(
                id=stack["StackId"],
                name=stack["StackName"],
                status=stack["StackStatus"],
                reason=stack.get("StackStatusReason", ""),
                updated=_when(stack.get("LastUpdatedTime", stack["CreationTime"])),
                parameters={p["ParameterKey"]: p.get("ParameterValue", "") for p in stack.get("Parameters", ())},
                outputs={o["OutputKey"]: o["OutputValue"] for o in stack.get("Outputs", ())},
                tags={t["Key"]: t["Value"] for t in stack.get("Tags", ())},
            )

        return observed("cloudformation", _NO_STACK, read)

    def failure(self, place: Place, stack: str) -> Observed[FailedResource]:
        def read() -> FailedResource:
            api = self._api("cloudformation", place)
            event = _first_failure(api, stack, _STARTS)
            if event.get("ResourceType") != NESTED or not event.get("PhysicalResourceId"):
                return _failed("", event)
            # A nested stack's own events stay readable by its id even where the rollback deleted it.
            below = _first_failure(api, event["PhysicalResourceId"], _NESTED_STARTS)
            return _failed(event["LogicalResourceId"], below) if below else _failed("", event)

        return observed("cloudformation", _NO_STACK, read)

    def resources(self, place: Place, stack: str) -> Observed[Sequence[LiveResource]]:
        def read() -> Sequence[LiveResource]:
            pages = self._api("cloudformation", place).get_paginator("list_stack_resources").paginate(StackName=stack)
            return tuple(
                LiveResource(
                    entry["LogicalResourceId"],
                    entry.get("PhysicalResourceId", ""),
                    entry["ResourceType"],
                    entry["ResourceStatus"],
                )
                for page in pages
                for entry in page["StackResourceSummaries"]
            )

        return observed("cloudformation", _NO_STACK, read)

    def survivors(self, place: Place, prefix: str) -> Observed[Sequence[str]]:
        def read() -> Sequence[str]:
            pages = self._api("cloudformation", place).get_paginator("list_stacks").paginate(StackStatusFilter=_STANDS)
            return tuple(
                one["StackId"]
                for page in pages
                for one in page["StackSummaries"]
                if one["StackName"].startswith(prefix)
            )

        return observed("cloudformation", _NO_STACK, read)

    def template(self, place: Place, stack: str) -> Observed[Mapping[str, Any]]:
        def read() -> Mapping[str, Any]:
            answer = self._api("cloudformation", place).get_template(StackName=stack, TemplateStage="Original")
            return _document(answer["TemplateBody"])

        return observed("cloudformation", _NO_STACK, read)

    def catalog_policy(self, place: Place) -> Observed[Mapping[str, Any]]:
        def read() -> Mapping[str, Any]:
            return _document(self._api("glue", place).get_resource_policy().get("PolicyInJson") or "{}")

        return observed("glue", _NO_TABLE, read)

    def tables(self, place: Place, database: str) -> Observed[Mapping[str, LiveTable]]:
        def read() -> Mapping[str, LiveTable]:
            pages = self._api("glue", place).get_paginator("get_tables").paginate(DatabaseName=database)
            return {table["Name"]: _table(table) for page in pages for table in page["TableList"]}

        return observed("glue", _NO_TABLE, read)

    def crawlers(self, place: Place) -> Observed[frozenset[str]]:
        def read() -> frozenset[str]:
            pages = self._api("glue", place).get_paginator("get_crawlers").paginate()
            return frozenset(crawler["Name"] for page in pages for crawler in page["Crawlers"])

        return observed("glue", frozenset(), read)

    def read_shared(self, place: Place, table: SharedTable) -> Observed[None]:
        there = Place(place.account, table.owner.region)

        def read() -> None:
            glue = self._api("glue", there)
            glue.get_table(CatalogId=table.owner.account, DatabaseName=table.database, Name=table.name)
            if table.files is not None:
                self._read_file(self._api("s3", there), *table.files)

        return observed("glue", _NO_TABLE, read)

    def _read_file(self, s3: Any, bucket: str, folder: str) -> None:
        """One byte of the first file: listing proves the bucket's policy, reading the key's too."""
        found = s3.list_objects_v2(Bucket=bucket, Prefix=folder, MaxKeys=1).get("Contents", ())
        for file in found:
            s3.get_object(Bucket=bucket, Key=file["Key"], Range="bytes=0-0")["Body"].read()

    def drift(self, place: Place, stack: str) -> Observed[Sequence[LiveDrift]]:
        def read() -> Sequence[LiveDrift]:
            api = self._api("cloudformation", place)
            failed = self._detect(api, stack)
            unread = (LiveDrift("", "", NESTED, deleted=False, differences=(), unread=failed),) if failed else ()
            return (*unread, *drifts(api, stack))

        return observed("cloudformation", frozenset(), read)

    def _detect(self, api: Any, stack: str) -> str:
        """Why some resources could not be compared, the others being told all the same; empty where all were."""
        detection = api.detect_stack_drift(StackName=stack)["StackDriftDetectionId"]
        pause = 0.2
        waited = 0.0
        while waited < DETECTION_SECONDS:
            answer = api.describe_stack_drift_detection_status(StackDriftDetectionId=detection)
            match answer["DetectionStatus"]:
                case "DETECTION_COMPLETE":
                    return ""
                case "DETECTION_FAILED":
                    return f"drift detection failed: {answer.get('DetectionStatusReason') or 'no reason was given'}"
            self._sleep(pause)
            waited += pause
            pause = min(pause * 2, 5)
        raise AwsError(f"drift detection has not ended after {DETECTION_SECONDS} s", service="cloudformation")

    def bucket_policy(self, place: Place, bucket: str) -> Observed[Mapping[str, Any]]:
        def read() -> Mapping[str, Any]:
            return _document(self._api("s3", place).get_bucket_policy(Bucket=bucket)["Policy"])

        return observed("s3", _NO_POLICY, read)


def _table(table: Mapping[str, Any]) -> LiveTable:
    storage = table.get("StorageDescriptor", {})
    columns, partitions = (
        tuple((one["Name"], one.get("Type", "")) for one in said)
        for said in (storage.get("Columns", ()), table.get("PartitionKeys", ()))
    )
    return LiveTable(columns, partitions, storage.get("Location", ""))


def _when(time: datetime | None) -> str:
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if time else ""


def _document(text: Any) -> Mapping[str, Any]:
    """JSON as it comes: botocore parses a template, but hands a policy out as text."""
    try:
        parsed = json.loads(text) if isinstance(text, str) else text
    except ValueError as error:
        raise AwsError(f"not JSON, and so not written by us: {error}") from error
    return {str(key): value for key, value in parsed.items()}


def _action_error(state: Mapping[str, Any]) -> str:
    for stage in state.get("stageStates", ()):
        for action in stage.get("actionStates", ()):
            latest = action.get("latestExecution", {})
            if latest.get("status") == "Failed":
                said = latest.get("errorDetails", {}).get("message") or latest.get("summary", "")
                return f"{stage['stageName']}/{action['actionName']}: {said or 'no reason was given'}"
    return ""


def _first_failure(api: Any, stack: str, starts: frozenset[str]) -> Mapping[str, Any]:
    """The oldest failure of the newest operation; events come newest first, and the rest are mostly its echo."""
    found: Mapping[str, Any] = {}
    for page in api.get_paginator("describe_stack_events").paginate(StackName=stack):
        for event in page["StackEvents"]:
            if event["PhysicalResourceId"] == event["StackId"]:
                if event["ResourceStatus"] in starts:
                    return found
            elif event["ResourceStatus"].endswith("_FAILED") and "cancelled" not in event.get(
                "ResourceStatusReason", ""
            ):
                found = event
    return found


def _failed(nested: str, event: Mapping[str, Any]) -> FailedResource:
    return FailedResource(
        nested,
        event.get("LogicalResourceId", ""),
        event.get("ResourceType", ""),
        event.get("ResourceStatusReason", "no reason was given"),
    )
