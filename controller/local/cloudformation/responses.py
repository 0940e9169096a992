"""CloudFormation's operations on stacks and change sets, behind moto's endpoint."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from moto.core.responses import ActionResult, BaseResponse, EmptyResult

from controller.local.cloudformation import answers, creation, estate, parameters, requests, stacks, templates
from controller.local.cloudformation.errors import Refused
from controller.local.cloudformation.stack import Stack
from controller.local.cloudformation.template import Template, parse

STACKS_PAGE, EVENTS_PAGE, CHANGES_PAGE = 50, 100, 100


class StackOperations(BaseResponse):  # type: ignore[misc]
    """One method an operation; parameters come parsed by the service's model."""

    def __init__(self) -> None:
        super().__init__(service_name="cloudformation")
        self.automated_parameter_parsing = True

    @property
    def backend(self) -> stacks.StackBackend:
        return stacks.backend(self.current_account, self.region)

    @property
    def caller(self) -> str | None:
        """The key that a template is read with; calls that moto routes by header have none of their own."""
        return None if "x-moto-account-id" in self.headers else self.access_key

    def asked(self, name: str, default: Any = None) -> Any:
        value = self.params.get(name)
        return default if value is None else value

    def paged(self, key: str, items: Sequence[Any], size: int = STACKS_PAGE, **more: Any) -> ActionResult:
        chosen, token = answers.page(items, self.asked("NextToken"), int(self.asked("MaxResults", size)))
        return ActionResult({key: chosen, "NextToken": token, **more})

    def stack(self, told: str = "Stack with id {} does not exist") -> Stack:
        return self.backend.get(self.asked("StackName", ""), told)

    def create_stack(self) -> ActionResult:
        self._check_body()
        return ActionResult({"StackId": self.backend.create_stack(self.params, self.caller).id})

    def update_stack(self) -> ActionResult:
        self._check_body()
        return ActionResult({"StackId": self.backend.update_stack(self.params, self.caller).id})

    def delete_stack(self) -> ActionResult:
        self.backend.delete_stack(self.params)
        return EmptyResult()

    def describe_stacks(self) -> ActionResult:
        if self.asked("StackName"):
            return ActionResult({"Stacks": [answers.stack(self.stack())]})
        there = tuple(self.backend.estate.names.values())
        return self.paged("Stacks", [answers.stack(stack) for stack in there])

    def list_stacks(self) -> ActionResult:
        chosen = self.asked("StackStatusFilter")
        there = reversed(tuple(self.backend.estate.stacks.values()))
        return self.paged(
            "StackSummaries",
            [answers.summary(stack) for stack in there if not chosen or stack.status in chosen],
            100,
        )

    def describe_stack_events(self) -> ActionResult:
        stack = self.stack("Stack [{}] does not exist")
        events = [answers.event(stack, event) for event in reversed(tuple(stack.events))]
        return self.paged("StackEvents", events, EVENTS_PAGE)

    def describe_stack_resource(self) -> ActionResult:
        stack, name = self.stack("Stack '{}' does not exist"), self.asked("LogicalResourceId")
        if name not in stack.resources:
            raise Refused(f"Resource {name} does not exist for stack {stack.name}")
        return ActionResult({"StackResourceDetail": answers.resource(stack, stack.resources[name], detail=True)})

    def describe_stack_resources(self) -> ActionResult:
        physical, logical = self.asked("PhysicalResourceId"), self.asked("LogicalResourceId")
        found = [self.stack()] if self.asked("StackName") else self._holding(physical)
        return ActionResult(
            {
                "StackResources": [
                    answers.resource(stack, resource)
                    for stack in found
                    for resource in tuple(stack.resources.values())
                    if logical in (None, resource.logical_id)
                ]
            }
        )

    def list_stack_resources(self) -> ActionResult:
        stack = self.stack()
        told = [answers.resource(stack, resource) for resource in tuple(stack.resources.values())]
        return self.paged("StackResourceSummaries", told, 100)

    def get_template(self) -> ActionResult:
        if self.asked("ChangeSetName"):
            template = self.backend.change_set(self.asked("ChangeSetName"), self.asked("StackName")).wanted.template
        else:
            template = self.stack().template
        return ActionResult({"TemplateBody": template.text, "StagesAvailable": ["Original", "Processed"]})

    def get_template_summary(self) -> ActionResult:
        template = self.stack().template if self.asked("StackName") else self._given()
        needed = creation.capabilities(template)
        return ActionResult(
            {
                "Parameters": [_declared(name, item) for name, item in template.parameters.items()],
                "Description": template.description or None,
                "Capabilities": needed,
                "CapabilitiesReason": _why(template) if needed else None,
                "ResourceTypes": sorted({item.type for item in template.resources.values()}),
                "Version": template.body.get("AWSTemplateFormatVersion"),
                "Metadata": json.dumps(template.metadata) if template.metadata else None,
            }
        )

    def validate_template(self) -> ActionResult:
        template = self._given()
        needed = creation.capabilities(template)
        creation.check_references(template)
        return ActionResult(
            {
                "Parameters": [_declared(name, item) for name, item in template.parameters.items()],
                "Description": template.description or None,
                "Capabilities": needed,
                "CapabilitiesReason": _why(template) if needed else None,
            }
        )

    def create_change_set(self) -> ActionResult:
        self._check_body()
        made = self.backend.create_change_set(self.params, self.caller)
        return ActionResult({"Id": made.id, "StackId": made.stack.id})

    def describe_change_set(self) -> ActionResult:
        change_set = self.backend.change_set(self.asked("ChangeSetName"), self.asked("StackName"))
        told = change_set.described(bool(self.asked("IncludePropertyValues", False)))
        return self.paged(key="Changes", items=told.pop("Changes"), size=CHANGES_PAGE, **told)

    def list_change_sets(self) -> ActionResult:
        stack = self.stack("Stack [{}] does not exist")
        return self.paged("Summaries", [item.summary() for item in self.backend.change_sets.of(stack)], 100)

    def execute_change_set(self) -> ActionResult:
        self.backend.execute_change_set(self.params)
        return EmptyResult()

    def delete_change_set(self) -> ActionResult:
        self.backend.delete_change_set(self.params)
        return EmptyResult()

    def list_exports(self) -> ActionResult:
        exports = [
            {"ExportingStackId": stack.id, "Name": name, "Value": output.value}
            for name, output, stack in self.backend.estate.exports()
        ]
        return self.paged("Exports", sorted(exports, key=lambda item: str(item["Name"])), 100)

    def list_imports(self) -> ActionResult:
        name = self.asked("ExportName")
        found = sorted(stack.name for stack in self.backend.estate.importers(name))
        if not found:
            raise Refused(f"Export '{name}' is not imported by any stack.")
        return self.paged("Imports", found, 100)

    def set_stack_policy(self) -> ActionResult:
        self.backend.set_policy(self.asked("StackName"), self.asked("StackPolicyBody", ""))
        return EmptyResult()

    def get_stack_policy(self) -> ActionResult:
        return ActionResult({"StackPolicyBody": self.stack().policy})

    def update_termination_protection(self) -> ActionResult:
        enabled = bool(self.asked("EnableTerminationProtection"))
        return ActionResult({"StackId": self.backend.protect(self.asked("StackName"), enabled).id})

    def continue_update_rollback(self) -> ActionResult:
        self.backend.continue_rollback(self.params)
        return EmptyResult()

    def cancel_update_stack(self) -> ActionResult:
        self.backend.cancel_update(self.params)
        return EmptyResult()

    def _check_body(self) -> None:
        templates.check_body(self.asked("TemplateBody", ""))

    def _given(self) -> Template:
        self._check_body()
        return parse(requests.text(self.params, self.current_account, self.region, None, self.caller))

    def _holding(self, physical: str | None) -> list[Stack]:
        found = [
            stack
            for stack in tuple(estate.of(self.current_account, self.region).names.values())
            if any(resource.physical_id == physical for resource in stack.resources.values())
        ]
        if not found:
            raise Refused(f"Stack for {physical} does not exist")
        return found


def _declared(name: str, item: Mapping[str, Any]) -> dict[str, Any]:
    default = item.get("Default")
    return {
        "ParameterKey": name,
        "DefaultValue": None if default is None else parameters.text(default),
        "ParameterType": item.get("Type", "String"),
        "NoEcho": parameters.hidden(item),
        "Description": item.get("Description"),
        "ParameterConstraints": {"AllowedValues": [parameters.text(value) for value in item.get("AllowedValues", [])]},
    }


def _why(template: Template) -> str:
    types = sorted({item.type for item in template.resources.values() if item.type in creation.IAM_TYPES})
    return f"The following resource(s) require capabilities: [{', '.join(types)}]"
