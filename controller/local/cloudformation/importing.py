"""Change sets of the type IMPORT: what exists becomes part of a stack that is there (user guide, resource import).

An import makes, changes and removes nothing else, and leaves outputs alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from controller.local.cloudformation import catalog, dynamic, estate, nested, steps
from controller.local.cloudformation.comparison import canonical
from controller.local.cloudformation.errors import Refused
from controller.local.cloudformation.evaluation import evaluator
from controller.local.cloudformation.preview import Change, Preview
from controller.local.cloudformation.stack import STACK, Stack, Wanted
from controller.local.cloudformation.steps import FAILURES, reason_of

IDENTIFIERS = {STACK: "StackId"}  # of types whose schema is not the provider's


@dataclass(frozen=True, slots=True)
class Target:
    logical_id: str
    type: str
    physical_id: str


def targets(params: Mapping[str, Any], wanted: Wanted) -> tuple[Target, ...]:
    """What the caller wants imported. Raises Refused for what the template does not describe so."""
    found = tuple(_target(item, wanted) for item in params.get("ResourcesToImport") or ())
    if not found:
        raise Refused("As part of the import operation, you must specify at least one resource to import")
    return found


def _target(item: Mapping[str, Any], wanted: Wanted) -> Target:
    name, kind = item["LogicalResourceId"], item["ResourceType"]
    described = wanted.template.resources.get(name)
    if described is None or described.type != kind:
        raise Refused(f"Resources [{name}] is missing from the template, or of another type there")
    if "DeletionPolicy" not in wanted.template.body["Resources"][name]:
        raise Refused(f"As part of the import operation, resource {name} needs a DeletionPolicy in the template")
    key = IDENTIFIERS.get(kind) or ".".join(path[0] for path in catalog.schema(kind).primary_identifier)
    identifier = item["ResourceIdentifier"]
    if set(identifier) != {key}:
        raise Refused(f"Resource identifier of {name} has to be [{key}], and nothing else")
    return Target(name, kind, str(identifier[key]))


def changes(stack: Stack, wanted: Wanted, found: Iterable[Target]) -> tuple[Change, ...]:
    """The imports, each looked at. Raises Refused where anything else would change, or one cannot be imported."""
    imported = {one.logical_id: one for one in found}
    others = {change.logical_id for change in Preview(stack, wanted).changes} - imported.keys()
    if others:
        raise Refused(
            f"You have modified resources [{', '.join(sorted(others))}] in your template that are not imported"
        )
    if canonical(stack.template.outputs) != canonical(wanted.template.outputs):
        raise Refused("As part of the import operation, you cannot modify or add [Outputs]")
    properties = {name: _properties(stack, wanted, name) for name in imported}
    for name, one in imported.items():
        _check(stack, wanted, one, properties[name])
    return tuple(
        Change("Import", name, one.type, one.physical_id, after=properties[name]) for name, one in imported.items()
    )


def _properties(stack: Stack, wanted: Wanted, name: str) -> Mapping[str, Any]:
    return evaluator(stack, wanted).properties(name)


def _check(stack: Stack, wanted: Wanted, one: Target, properties: Mapping[str, Any]) -> None:
    here = estate.of(stack.account, stack.region)
    for other in tuple(here.names.values()):
        if any(held.type == one.type and held.physical_id == one.physical_id for held in other.resources.values()):
            raise Refused(f"Resource {one.logical_id} is already managed by stack {other.id}")
    resolved = dynamic.resolved(properties, stack.account, stack.region)
    if catalog.handler(one.type).read(steps.scope(stack, one.logical_id), one.physical_id, resolved) is None:
        raise Refused(f"Resource {one.logical_id} with identifier {one.physical_id} does not exist")
    if one.type == STACK:
        _check_nested(stack, wanted, one, properties)


def _check_nested(stack: Stack, wanted: Wanted, one: Target, properties: Mapping[str, Any]) -> None:
    """Template and tags match, and it has no children (user guide, "Nest an existing stack")."""
    child = estate.of(stack.account, stack.region).find(one.physical_id)
    asked = nested.wanted_of(stack.account, stack.region, wanted, properties)
    if child is None or any(held.type == STACK for held in child.resources.values()):
        raise Refused("Stacks to be imported cannot have any child stacks.")
    if canonical(child.template.body) != canonical(asked.template.body):
        raise Refused(f"The template of {one.logical_id} does not match the template of {child.id}")
    if child.wanted.tags != asked.tags:
        raise Refused(f"The tags of {one.logical_id} do not match the tags of {child.id}")
    if child.wanted.parameters != asked.parameters:
        raise Refused(f"The parameters of {one.logical_id} do not match the parameters of {child.id}")


def run(stack: Stack, wanted: Wanted, found: Iterable[Change]) -> None:
    """Take them in; what fails leaves the stack as it was, and the resources as they are."""
    before, taken = stack.wanted, []
    stack.wanted = wanted
    try:
        for change in found:
            taken.append(change.logical_id)
            _take(stack, wanted, change)
    except FAILURES as failure:
        stack.tell("IMPORT_ROLLBACK_IN_PROGRESS", reason_of(failure))
        for name in taken:
            stack.resources.pop(name, None)
        stack.wanted = before
        stack.tell("IMPORT_ROLLBACK_COMPLETE")
    else:
        stack.tell("IMPORT_COMPLETE")


def _take(stack: Stack, wanted: Wanted, change: Change) -> None:
    resource = steps.described(stack, evaluator(stack, wanted), change.logical_id)
    resource.deletion_policy = wanted.template.resources[change.logical_id].deletion_policy
    resource.physical_id, resource.properties = change.physical_id, change.after
    stack.resources[change.logical_id] = resource
    stack.tell_of(resource, "IMPORT_IN_PROGRESS", "Resource import started.")
    child = estate.of(stack.account, stack.region).find(change.physical_id) if change.type == STACK else None
    if child is not None:
        child.parent_id, child.root_id = stack.id, stack.root_id or stack.id
    same = steps.prepared(stack, resource)
    made = catalog.handler(change.type).update(steps.scope(stack, change.logical_id), change.physical_id, same, same)
    resource.attributes = made.attributes
    stack.tell_of(resource, "IMPORT_COMPLETE", "Resource import completed.")
