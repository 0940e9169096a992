"""The Evaluator of a stack as it is: Ref and Fn::GetAtt from its resources, imports from its neighbours."""

from __future__ import annotations

from typing import Any

from controller.local.cloudformation import dynamic, estate, graph, parameters
from controller.local.cloudformation.errors import Refused, TemplateError
from controller.local.cloudformation.intrinsics import Answer, Evaluator, scalar_text
from controller.local.cloudformation.stack import Output, Resource, Stack, Wanted


def evaluator(stack: Stack, wanted: Wanted, answer: Answer | None = None) -> Evaluator:
    def imported(name: str) -> str:
        value = estate.of(stack.account, stack.region).exported(name)
        stack.imports.add(name)
        return value

    values = parameters.values(
        wanted.template, wanted.parameters, lambda name: dynamic.parameter(name, stack.account, stack.region)
    )
    pseudo = {
        "AWS::AccountId": stack.account,
        "AWS::NotificationARNs": list(wanted.notification_arns),
        "AWS::Partition": "aws",
        "AWS::Region": stack.region,
        "AWS::StackId": stack.id,
        "AWS::StackName": stack.name,
        "AWS::URLSuffix": "amazonaws.com",
    }
    return Evaluator(
        wanted.template, values, pseudo, answer or (lambda name, key: answered(stack, name, key)), imported
    )


def answered(stack: Stack, name: str, attribute: str | None) -> Any:
    """What a resource that is there answers to Ref (None) or Fn::GetAtt."""
    resource = stack.resources.get(name)
    if resource is None:
        raise TemplateError(
            f"Template format error: Unresolved resource dependencies [{name}] in the Resources block of the template"
        )
    return resource.physical_id if attribute is None else attribute_of(resource, attribute)


def attribute_of(resource: Resource, attribute: str) -> Any:
    found: Any = resource.attributes
    if attribute in found:
        return found[attribute]
    for part in attribute.split("."):
        if not isinstance(found, dict) or part not in found:
            raise TemplateError(
                f"Template error: resource {resource.logical_id} does not support attribute type {attribute} "
                "in Fn::GetAtt"
            )
        found = found[part]
    return found


def active(evaluator: Evaluator) -> tuple[str, ...]:
    """The resources whose conditions hold, in the order of making."""
    template = evaluator.template
    names = [name for name, resource in template.resources.items() if evaluator.active(resource.condition)]
    for name in names:
        resource = template.resources[name]
        missing = {*graph.references(resource.properties, evaluator.condition)} & template.resources.keys() - set(names)
        if missing:
            raise TemplateError(
                f"Template format error: Unresolved resource dependencies [{', '.join(sorted(missing))}] "
                "in the Resources block of the template"
            )
    return graph.order(template, names, evaluator.condition)


def told(evaluator: Evaluator) -> dict[str, Output]:
    """The outputs whose conditions hold."""
    found: dict[str, Output] = {}
    for key, declared in evaluator.template.outputs.items():
        if evaluator.active(declared.get("Condition")):
            export = declared.get("Export", {}).get("Name")
            found[key] = Output(
                key=key,
                value=scalar_text(evaluator.value(declared.get("Value"))),
                description=declared.get("Description"),
                export=None if export is None else str(evaluator.value(export)),
            )
    return found


def outputs(stack: Stack, evaluator: Evaluator) -> dict[str, Output]:
    """What the stack tells others. Raises Refused where an export is taken, or is in use and would change."""
    found = told(evaluator)
    _check_exports(stack, found)
    return found


def _check_exports(stack: Stack, found: dict[str, Output]) -> None:
    here = estate.of(stack.account, stack.region)
    taken = {name: owner for name, _, owner in here.exports() if owner is not stack}
    new = {output.export: output.value for output in found.values() if output.export is not None}
    for name in new:
        if name in taken:
            raise Refused(f"Export with name {name} is already exported by stack {taken[name].name}")
    for output in stack.outputs.values():
        if output.export is not None and new.get(output.export) != output.value:
            check_unused(stack, output.export, "update" if output.export in new else "delete")


def check_unused(stack: Stack, export: str, verb: str) -> None:
    users = [user.name for user in estate.of(stack.account, stack.region).importers(export) if user is not stack]
    if users:
        raise Refused(f"Cannot {verb} export {export} as it is in use by {', '.join(sorted(users))}")
