"""The state of one StackSet: what it wants everywhere, its instances, and its operations."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from controller.local.cloudformation import parameters
from controller.local.cloudformation.stack import Wanted, now

Place = tuple[str, str]  # account, region


@dataclass(slots=True)
class Instance:
    """One stack of the set; `detailed` is how its last operation went."""

    account: str
    region: str
    unit: str = ""
    stack_id: str | None = None
    status: str = "OUTDATED"  # CURRENT, OUTDATED, INOPERABLE
    detailed: str = "PENDING"
    reason: str | None = None
    operation: str = ""
    overrides: Mapping[str, str] = field(default_factory=dict)

    @property
    def place(self) -> Place:
        return (self.account, self.region)


@dataclass(slots=True)
class Result:
    account: str
    region: str
    unit: str
    status: str = "PENDING"  # RUNNING, SUCCEEDED, FAILED, CANCELLED
    reason: str | None = None


@dataclass(slots=True)
class SetOperation:
    id: str
    action: str  # CREATE, UPDATE, DELETE
    results: dict[Place, Result]
    targets: Mapping[str, Any] = field(default_factory=dict)
    preferences: Mapping[str, Any] = field(default_factory=dict)
    retain: bool = False
    status: str = "QUEUED"  # RUNNING, SUCCEEDED, FAILED
    created: datetime = field(default_factory=now)
    ended: datetime | None = None

    @property
    def failed(self) -> int:
        return sum(result.status == "FAILED" for result in self.results.values())

    @property
    def under_way(self) -> bool:
        return self.status in ("QUEUED", "RUNNING")


class StackSet:
    def __init__(self, name: str, owner: str, region: str, wanted: Wanted) -> None:
        self.name, self.owner, self.region, self.wanted = name, owner, region, wanted
        self.id = f"{name}:{uuid.uuid4()}"
        self.arn = f"arn:aws:cloudformation:{region}:{owner}:stackset/{self.id}"
        self.description: str | None = None
        self.permission_model = "SELF_MANAGED"
        self.automatic = False
        self.retain = False  # RetainStacksOnAccountRemoval
        self.managed = False  # ManagedExecution
        self.targets: dict[str, set[str]] = {}  # unit -> regions, which new accounts of the unit get
        self.instances: dict[Place, Instance] = {}
        self.operations: dict[str, SetOperation] = {}
        self.turn = threading.Lock()  # held by the operation that runs
        self.stopped = False

    @property
    def service_managed(self) -> bool:
        return self.permission_model == "SERVICE_MANAGED"

    @property
    def regions(self) -> list[str]:
        return sorted({region for regions in self.targets.values() for region in regions})

    def described(self) -> dict[str, Any]:
        wanted = self.wanted
        texts = parameters.shown(wanted.template, wanted.parameters)
        return {
            **self.summary(),
            "TemplateBody": wanted.template.text,
            "Parameters": [{"ParameterKey": key, "ParameterValue": value} for key, value in texts.items()],
            "Capabilities": list(wanted.capabilities),
            "Tags": [{"Key": key, "Value": value} for key, value in wanted.tags.items()],
            "StackSetARN": self.arn,
            "OrganizationalUnitIds": sorted(self.targets),
            "Regions": self.regions,
        }

    def summary(self) -> dict[str, Any]:
        return {
            "StackSetName": self.name,
            "StackSetId": self.id,
            "Description": self.description,
            "Status": "ACTIVE",
            "PermissionModel": self.permission_model,
            "AutoDeployment": self._automatic(),
            "ManagedExecution": {"Active": self.managed},
        }

    def _automatic(self) -> dict[str, bool] | None:
        if not self.service_managed:
            return None
        return {"Enabled": self.automatic} | ({"RetainStacksOnAccountRemoval": self.retain} if self.automatic else {})

    def instance(self, instance: Instance) -> dict[str, Any]:
        return {
            "StackSetId": self.id,
            "Account": instance.account,
            "Region": instance.region,
            "StackId": instance.stack_id,
            "Status": instance.status,
            "StatusReason": instance.reason,
            "StackInstanceStatus": {"DetailedStatus": instance.detailed},
            "OrganizationalUnitId": instance.unit or None,
            "DriftStatus": "NOT_CHECKED",
            "LastOperationId": instance.operation or None,
            "ParameterOverrides": [
                {"ParameterKey": key, "ParameterValue": value} for key, value in instance.overrides.items()
            ],
        }

    def operation(self, operation: SetOperation) -> dict[str, Any]:
        return {
            "OperationId": operation.id,
            "StackSetId": self.id,
            "Action": operation.action,
            "Status": operation.status,
            "OperationPreferences": dict(operation.preferences),
            "RetainStacks": operation.retain if operation.action == "DELETE" else None,
            "CreationTimestamp": operation.created,
            "EndTimestamp": operation.ended,
            "DeploymentTargets": dict(operation.targets),
            "StatusDetails": {"FailedStackInstancesCount": operation.failed},
        }
