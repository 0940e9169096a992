"""AWS::CloudFormation::Stack: a stack as a resource of another, made and changed within its parent's operation."""

from __future__ import annotations

import secrets
import string
from collections.abc import Mapping
from typing import Any

from controller.local.cloudformation import creation, deletion, estate, parameters
from controller.local.cloudformation.catalog import Plain
from controller.local.cloudformation.comparison import canonical
from controller.local.cloudformation.intrinsics import scalar_text
from controller.local.cloudformation.stack import Stack, Wanted
from controller.local.cloudformation.steps import MadeInPart
from controller.local.cloudformation.template import parse
from controller.local.cloudformation.templates import read_url
from controller.local.cloudformation.update import Update
from controller.local.resources.handler import Made, ResourceFailed, Scope

SCHEMA = Plain(properties=frozenset(("Tags", "Parameters", "TemplateURL", "TimeoutInMinutes", "NotificationARNs")))


class NestedStack:
    """Outputs are attributes called `Outputs.<key>`."""

    def create(self, scope: Scope, properties: Mapping[str, Any]) -> Made:
        parent = _stack(scope, scope.stack_id)
        wanted = wanted_of(scope.account, scope.region, parent.wanted, properties)
        name = f"{parent.name}-{scope.logical_id}-{_suffix()}"
        child = Stack(scope.account, scope.region, name, wanted, parent)
        creation.check(wanted)
        creation.announce(child, on_failure="DO_NOTHING")
        creation.create(child)
        if child.status != "CREATE_COMPLETE":
            raise MadeInPart(f"Embedded stack {child.id} was not successfully created: {child.reason} ", child.id)
        return _made(child)

    def read(self, scope: Scope, physical_id: str, properties: Mapping[str, Any]) -> Mapping[str, Any] | None:
        child = estate.of(scope.account, scope.region).find(physical_id)
        return None if child is None or child.status == "DELETE_COMPLETE" else {}

    def update(self, scope: Scope, physical_id: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Made:
        parent, child = _stack(scope, scope.stack_id), _stack(scope, physical_id)
        if child.status == "DELETE_COMPLETE":
            raise ResourceFailed(f"Stack [{child.id}] does not exist")
        if child.busy:
            raise ResourceFailed(f"Stack:{child.id} is in {child.status} state and can not be updated.")
        wanted = wanted_of(scope.account, scope.region, parent.wanted, after)
        if _unchanged(child.wanted, wanted) and not wanted.reverts:
            return _made(child)
        creation.check(wanted)
        child.tell("UPDATE_IN_PROGRESS")
        update = Update(child, wanted)
        reason = update.apply()
        if reason is not None:
            update.roll_back(reason)
            raise ResourceFailed(
                f"Embedded stack {child.id} was not successfully updated. "
                f"Currently in UPDATE_ROLLBACK_IN_PROGRESS with reason: {reason}"
            )
        return _made(child)

    def delete(self, scope: Scope, physical_id: str, properties: Mapping[str, Any]) -> None:
        child = estate.of(scope.account, scope.region).find(physical_id)
        if child is None or child.status == "DELETE_COMPLETE":
            return
        undoing = child.status == "CREATE_FAILED" or "ROLLBACK" in _stack(scope, scope.stack_id).status
        child.tell("DELETE_IN_PROGRESS")
        deletion.delete(child, creating=undoing)
        if child.status != "DELETE_COMPLETE":
            raise ResourceFailed(f"Embedded stack {child.id} was not successfully deleted: {child.reason}")


def wanted_of(account: str, region: str, parent: Wanted, properties: Mapping[str, Any]) -> Wanted:
    """What the resource asks its stack to be. Raises Refused, also where the template cannot be read."""
    if "TemplateURL" not in properties:
        raise ResourceFailed("Properties validation failed: required key [TemplateURL] not found")
    template = parse(read_url(str(properties["TemplateURL"]), account, region, parent.role_arn, parent.caller))
    given = {str(key): scalar_text(value) for key, value in properties.get("Parameters", {}).items()}
    tags = {str(tag["Key"]): str(tag["Value"]) for tag in properties.get("Tags", [])}
    return Wanted(
        template=template,
        parameters=parameters.texts(template, given),
        tags={**parent.tags, **tags},
        capabilities=parent.capabilities,
        role_arn=parent.role_arn,
        notification_arns=tuple(properties.get("NotificationARNs", ())),
        caller=parent.caller,
        reverts=parent.reverts,
    )


def _unchanged(old: Wanted, new: Wanted) -> bool:
    same_template = canonical(old.template.body) == canonical(new.template.body)
    return same_template and old.parameters == new.parameters and old.tags == new.tags


def _made(child: Stack) -> Made:
    return Made(child.id, {f"Outputs.{key}": output.value for key, output in child.outputs.items()})


def _stack(scope: Scope, stack_id: str) -> Stack:
    found = estate.of(scope.account, scope.region).find(stack_id)
    if found is None:
        raise ResourceFailed(f"Stack [{stack_id}] does not exist")
    return found


def _suffix() -> str:
    return "".join(secrets.choice(string.ascii_uppercase + string.digits) for _ in range(12))
