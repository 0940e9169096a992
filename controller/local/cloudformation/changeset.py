"""Change sets: what a caller wants of a stack, worked out and kept until it is executed."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from controller.local.cloudformation import drift, importing, parameters
from controller.local.cloudformation.comparison import ABSENT, canonical
from controller.local.cloudformation.preview import Change, Detail, Preview, shown
from controller.local.cloudformation.stack import Stack, Wanted, now
from controller.local.cloudformation.steps import FAILURES, reason_of

NO_CHANGE = "The submitted information didn't contain changes. Submit different information to create a change set."


@dataclass(slots=True)
class ChangeSet:
    name: str
    stack: Stack
    wanted: Wanted
    kind: str = "UPDATE"
    description: str | None = None
    on_failure: str | None = None
    nested: bool = False
    imports: tuple[importing.Target, ...] = ()  # where the kind is IMPORT
    parent_id: str | None = None
    root_id: str | None = None
    id: str = ""
    created: datetime = field(default_factory=now)
    status: str = "CREATE_PENDING"
    reason: str | None = None
    execution: str = "UNAVAILABLE"
    changes: tuple[Change, ...] = ()
    children: dict[str, str] = field(default_factory=dict)  # logical id of a nested stack -> its change set

    def __post_init__(self) -> None:
        stack = self.stack
        self.id = f"arn:aws:cloudformation:{stack.region}:{stack.account}:changeSet/{self.name}/{uuid.uuid4()}"

    def work_out(self) -> None:
        """Find the changes; a set without any, or with a fault, is FAILED."""
        try:
            if self.kind == "IMPORT":
                self.changes = importing.changes(self.stack, self.wanted, self.imports)
                self.status, self.execution = "CREATE_COMPLETE", "AVAILABLE"
                return
            preview = Preview(self.stack, self.wanted)
            self.changes = (*preview.changes, *self._reverts(preview))
        except FAILURES as failure:
            self.fail(reason_of(failure))
            return
        if preview.empty and not self.changes and self.kind == "UPDATE":
            self.fail(NO_CHANGE)
        else:
            self.status, self.execution = "CREATE_COMPLETE", "AVAILABLE"

    def _reverts(self, preview: Preview) -> Iterator[Change]:
        """What is put back besides the changes; a resource that others deleted is made again."""
        told = {change.logical_id for change in preview.changes}
        for found in drift.drifted(self.stack) if self.wanted.reverts else ():
            one = found.resource
            if one.logical_id in told or one.logical_id not in preview.active:
                continue
            if found.status == "DELETED":
                yield Change("Add", one.logical_id, one.type, after=one.properties)
            else:
                yield Change("Modify", one.logical_id, one.type, one.physical_id, "False", after=one.properties)

    def fail(self, reason: str) -> None:
        self.status, self.reason, self.execution = "FAILED", reason, "UNAVAILABLE"

    def described(self, values: bool = False) -> dict[str, Any]:
        """As DescribeChangeSet answers; `values` is IncludePropertyValues."""
        wanted = self.wanted
        texts = parameters.shown(wanted.template, wanted.parameters)
        return {
            **self.summary(),
            "Parameters": [{"ParameterKey": key, "ParameterValue": value} for key, value in texts.items()],
            "NotificationARNs": list(wanted.notification_arns),
            "Capabilities": list(wanted.capabilities),
            "Tags": [{"Key": key, "Value": value} for key, value in wanted.tags.items()],
            "OnStackFailure": self.on_failure,
            "DeploymentMode": "REVERT_DRIFT" if wanted.reverts else None,
            "Changes": [
                {"Type": "Resource", "ResourceChange": _change(change, values, self.children.get(change.logical_id))}
                for change in self.changes
            ],
        }

    def summary(self) -> dict[str, Any]:
        return {
            "StackId": self.stack.id,
            "StackName": self.stack.name,
            "ChangeSetId": self.id,
            "ChangeSetName": self.name,
            "ExecutionStatus": self.execution,
            "Status": self.status,
            "StatusReason": self.reason,
            "CreationTime": self.created,
            "Description": self.description,
            "IncludeNestedStacks": self.nested,
            "ParentChangeSetId": self.parent_id,
            "RootChangeSetId": self.root_id,
        }


def _change(change: Change, values: bool, child: str | None) -> dict[str, Any]:
    told: dict[str, Any] = {
        "Action": change.action,
        "LogicalResourceId": change.logical_id,
        "PhysicalResourceId": change.physical_id or None,
        "ResourceType": change.type,
        "Replacement": change.replacement,
        "PolicyAction": change.policy_action,
        "Scope": list(change.scope),
        "Details": [_detail(detail, values) for detail in _told(change.details, values)],
        "ChangeSetId": child,
    }
    if values:
        told["BeforeContext"] = None if change.action == "Add" else canonical({"Properties": change.before})
        told["AfterContext"] = None if change.action == "Remove" else canonical({"Properties": change.after})
    return told


def _told(details: tuple[Detail, ...], values: bool) -> list[Detail]:
    """Every innermost difference, or without values one for each property and cause, the gravest."""
    if values:
        return list(details)
    order = ("Always", "Conditionally", "Never")
    found: dict[tuple[Any, ...], Detail] = {}
    for detail in sorted(details, key=lambda item: order.index(item.recreation)):
        name = detail.difference.path[0] if detail.difference else None
        found.setdefault((detail.attribute, name, detail.source, detail.cause), detail)
    return list(found.values())


def _detail(detail: Detail, values: bool) -> dict[str, Any]:
    target: dict[str, Any] = {"Attribute": detail.attribute, "RequiresRecreation": detail.recreation}
    difference = detail.difference
    if difference is not None:
        target["Name"] = difference.path[0]
        if values:
            target["Path"] = f"/Properties{difference.pointer}"
            target["BeforeValue"], target["AfterValue"] = shown(difference.before), shown(difference.after)
            target["AttributeChangeType"] = (
                "Add" if difference.before is ABSENT else "Remove" if difference.after is ABSENT else "Modify"
            )
    return {
        "Target": target,
        "Evaluation": "Dynamic" if detail.dynamic else "Static",
        "ChangeSource": detail.source,
        "CausingEntity": detail.cause,
    }
