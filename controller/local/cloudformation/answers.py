"""Stacks, their resources and events as the API tells them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from controller.local.cloudformation import parameters
from controller.local.cloudformation.errors import Refused
from controller.local.cloudformation.stack import Event, Resource, Stack

CONFIDENTIAL = "AWS::SecretsManager::Secret"


def stack(stack: Stack) -> dict[str, Any]:
    wanted = stack.wanted
    reviewed = stack.status == "REVIEW_IN_PROGRESS"
    texts = {} if reviewed else parameters.shown(wanted.template, wanted.parameters)
    return {
        **_named(stack),
        "ChangeSetId": stack.change_set_id,
        "Description": None if reviewed else wanted.template.description or None,
        "Parameters": [{"ParameterKey": key, "ParameterValue": value} for key, value in texts.items()],
        "DisableRollback": stack.on_failure == "DO_NOTHING",
        "NotificationARNs": list(wanted.notification_arns),
        "Capabilities": list(wanted.capabilities),
        "RoleARN": wanted.role_arn,
        "RollbackConfiguration": {},
        "Tags": [{"Key": key, "Value": value} for key, value in wanted.tags.items()],
        "EnableTerminationProtection": stack.protected,
        "Outputs": [
            {"OutputKey": output.key, "OutputValue": output.value}
            | ({"Description": output.description} if output.description else {})
            | ({"ExportName": output.export} if output.export else {})
            for output in stack.outputs.values()
        ],
    }


def summary(stack: Stack) -> dict[str, Any]:
    reviewed = stack.status == "REVIEW_IN_PROGRESS"
    return {**_named(stack), "TemplateDescription": None if reviewed else stack.template.description or None}


def _named(stack: Stack) -> dict[str, Any]:
    return {
        "StackId": stack.id,
        "StackName": stack.name,
        "CreationTime": stack.created,
        "LastUpdatedTime": stack.updated,
        "DeletionTime": stack.deleted,
        "StackStatus": stack.status,
        "StackStatusReason": stack.reason,
        "ParentId": stack.parent_id,
        "RootId": stack.root_id,
        "DriftInformation": {"StackDriftStatus": stack.drift, "LastCheckTimestamp": stack.drift_at},
    }


def event(stack: Stack, event: Event) -> dict[str, Any]:
    return {
        "StackId": stack.id,
        "StackName": stack.name,
        "EventId": event.id,
        "LogicalResourceId": event.logical_id,
        "PhysicalResourceId": event.physical_id,
        "ResourceType": event.type,
        "Timestamp": event.at,
        "ResourceStatus": event.status,
        "ResourceStatusReason": event.reason,
        "ResourceProperties": _shown(event),
        "ClientRequestToken": event.token,
    }


def _shown(event: Event) -> str | None:
    """Its properties without a secret's text: believed of AWS, and to be seen on the first real account."""
    if event.type != CONFIDENTIAL or not event.properties:
        return event.properties
    said = json.loads(event.properties)
    return json.dumps({key: "****" if key == "SecretString" else value for key, value in said.items()})


def resource(stack: Stack, resource: Resource, detail: bool = False) -> dict[str, Any]:
    """`detail` is DescribeStackResource, which alone tells the metadata."""
    told = {
        "StackId": stack.id,
        "StackName": stack.name,
        "LogicalResourceId": resource.logical_id,
        "PhysicalResourceId": resource.physical_id or None,
        "ResourceType": resource.type,
        "Timestamp": resource.at,
        "LastUpdatedTimestamp": resource.at,
        "ResourceStatus": resource.status,
        "ResourceStatusReason": resource.reason,
        "DriftInformation": {"StackResourceDriftStatus": resource.drift, "LastCheckTimestamp": resource.drift_at},
    }
    return told | ({"Metadata": json.dumps(resource.metadata)} if detail and resource.metadata else {})


def page(items: Sequence[Any], token: str | None, size: int) -> tuple[list[Any], str | None]:
    """One page of an answer and the token of the next."""
    if token is not None and not token.isdigit():
        raise Refused("Invalid NextToken")
    start = int(token or 0)
    end = start + size
    return list(items[start:end]), str(end) if end < len(items) else None
