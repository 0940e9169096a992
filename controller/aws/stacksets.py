"""The baseline StackSet: service-managed, deployed by AWS to every account that enters a targeted unit."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

from botocore.exceptions import ClientError

from controller.aws.client import Clients
from controller.aws.document import document
from controller.aws.errors import code_of, observed, translated
from controller.aws.waiting import pauses
from controller.model.errors import StackFailed
from controller.model.observed import Observed
from controller.model.world import Instance, StackSet

# The set lives in the management account; without this, AWS looks in our own and finds none (StackSets guide).
_AS = {"CallAs": "DELEGATED_ADMIN"}
_GONE = frozenset({"StackSetNotFoundException"})
_PREFERENCES = {
    "RegionConcurrencyType": "PARALLEL",
    "MaxConcurrentPercentage": 25,
    "FailureTolerancePercentage": 10,
    # The strict mode would lower the concurrency to what may fail, and with every failure (StackSets guide, options).
    "ConcurrencyMode": "SOFT_FAILURE_TOLERANCE",
}


class AwsStackSets:
    def __init__(self, clients: Clients, region: str, sleep: Callable[[float], None] = time.sleep) -> None:
        self._clients = clients
        self._region = region
        self._sleep = sleep

    @property
    def _api(self) -> Any:
        return self._clients.of("cloudformation", self._region)

    def read(self, name: str, regions: Collection[str]) -> Observed[StackSet]:
        return observed("cloudformation", _GONE, lambda: self._read(name, regions))

    def _read(self, name: str, regions: Collection[str]) -> StackSet:
        found = self._api.describe_stack_set(StackSetName=name, **_AS)["StackSet"]
        automatic = found.get("AutoDeployment", {})
        targets: dict[str, tuple[str, ...]] = {}
        page = self._api.list_stack_set_auto_deployment_targets(StackSetName=name, **_AS)
        while True:
            for target in page["Summaries"]:
                targets[target["OrganizationalUnitId"]] = tuple(sorted(target["Regions"]))
            if not page.get("NextToken"):
                break
            page = self._api.list_stack_set_auto_deployment_targets(
                StackSetName=name, NextToken=page["NextToken"], **_AS
            )
        return StackSet(
            document(found["TemplateBody"], f"stack set {name}"),
            dict(sorted(targets.items())),
            bool(automatic.get("Enabled") and automatic.get("RetainStacksOnAccountRemoval")),
            {one.place: one for region in sorted(regions) for one in self._instances(name, region)},
            {tag["Key"]: tag["Value"] for tag in found.get("Tags", [])},
        )

    def _instances(self, name: str, region: str) -> Iterator[Instance]:
        pages = self._api.get_paginator("list_stack_instances").paginate(
            StackSetName=name, StackInstanceRegion=region, **_AS
        )
        for page in pages:
            for entry in page["Summaries"]:
                yield Instance(
                    entry["Account"],
                    entry["Region"],
                    entry["Status"],
                    entry.get("StackInstanceStatus", {}).get("DetailedStatus", ""),
                    entry.get("StatusReason", ""),
                    entry.get("OrganizationalUnitId", ""),
                )

    def _definition(self, name: str, template: bytes, tags: Mapping[str, str]) -> dict[str, Any]:
        return {
            "StackSetName": name,
            "Description": "The delivery pipeline, roles and boundary of every account of the lake (siloctl)",
            "TemplateBody": template.decode(),
            "Capabilities": ["CAPABILITY_NAMED_IAM"],
            "PermissionModel": "SERVICE_MANAGED",
            # Data must outlive a move: the stacks of an account that leaves stay (StackSets guide, account removal).
            "AutoDeployment": {"Enabled": True, "RetainStacksOnAccountRemoval": True},
            "ManagedExecution": {"Active": True},
            "Tags": [{"Key": key, "Value": value} for key, value in sorted(tags.items())],
            **_AS,
        }

    def create(self, name: str, template: bytes, tags: Mapping[str, str]) -> None:
        with translated("cloudformation"):
            self._api.create_stack_set(**self._definition(name, template, tags))

    def update(self, name: str, template: bytes, tags: Mapping[str, str], progress: Callable[[str], None]) -> None:
        self._operate(
            name,
            progress,
            "update_stack_set",
            **self._definition(name, template, tags),
            OperationPreferences=_PREFERENCES,
        )

    def deploy(self, name: str, units: Sequence[str], regions: Sequence[str], progress: Callable[[str], None]) -> None:
        self._instances_call(name, "create_stack_instances", units, regions, progress)

    def release(self, name: str, units: Sequence[str], regions: Sequence[str], progress: Callable[[str], None]) -> None:
        self._instances_call(name, "delete_stack_instances", units, regions, progress, RetainStacks=True)

    def retry(
        self,
        name: str,
        accounts: Sequence[str],
        units: Sequence[str],
        regions: Sequence[str],
        progress: Callable[[str], None],
    ) -> None:
        targets = {
            "OrganizationalUnitIds": list(units),
            "Accounts": list(accounts),
            "AccountFilterType": "INTERSECTION",
        }
        self._operate(
            name,
            progress,
            "update_stack_instances",
            StackSetName=name,
            DeploymentTargets=targets,
            Regions=list(regions),
            OperationPreferences=_PREFERENCES,
            **_AS,
        )

    def _instances_call(
        self,
        name: str,
        operation: str,
        units: Sequence[str],
        regions: Sequence[str],
        progress: Callable[[str], None],
        **more: Any,
    ) -> None:
        self._operate(
            name,
            progress,
            operation,
            StackSetName=name,
            DeploymentTargets={"OrganizationalUnitIds": list(units)},
            Regions=list(regions),
            OperationPreferences=_PREFERENCES,
            **more,
            **_AS,
        )

    def _operate(self, name: str, progress: Callable[[str], None], operation: str, **arguments: Any) -> None:
        """Start an operation, after the one under way if it refuses a second, and wait for its end."""
        with translated("cloudformation"):
            self._wait(name, self._start(operation, arguments, progress), progress)

    def _start(self, operation: str, arguments: Mapping[str, Any], progress: Callable[[str], None]) -> str:
        pause = pauses()
        while True:
            try:
                return str(getattr(self._api, operation)(**arguments)["OperationId"])
            except ClientError as error:
                if code_of(error) != "OperationInProgressException":
                    raise
                progress("waits for the operation under way")
                self._sleep(next(pause))

    def _wait(self, name: str, operation: str, progress: Callable[[str], None]) -> None:
        said = ""
        pause = pauses()
        while True:
            found = self._api.describe_stack_set_operation(StackSetName=name, OperationId=operation, **_AS)
            status = found["StackSetOperation"]["Status"]
            if status != said:
                progress(status)
                said = status
            if status in ("SUCCEEDED", "FAILED", "STOPPED"):
                break
            self._sleep(next(pause))
        # An operation may succeed with some instances failed (botocore model, StackSetOperationStatusDetails).
        failed = found["StackSetOperation"].get("StatusDetails", {}).get("FailedStackInstancesCount", 0)
        if status != "SUCCEEDED" or failed:
            raise StackFailed(f"set {name}", status, *self._first_failure(name, operation))

    def _first_failure(self, name: str, operation: str) -> tuple[str, str]:
        pages = self._api.get_paginator("list_stack_set_operation_results").paginate(
            StackSetName=name,
            OperationId=operation,
            Filters=[{"Name": "OPERATION_RESULT_STATUS", "Values": "FAILED"}],
            **_AS,
        )
        for page in pages:
            for result in page["Summaries"]:
                return f"account {result['Account']} in {result['Region']}", result.get("StatusReason", "")
        return "", "no reason was given"
