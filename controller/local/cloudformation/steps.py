"""One resource at a time: make it, change it, remove it, and tell of it in the stack's events."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from botocore.exceptions import ClientError

from controller.local.cloudformation import catalog, dynamic, graph
from controller.local.cloudformation.comparison import at, canonical
from controller.local.cloudformation.errors import Refused
from controller.local.cloudformation.intrinsics import Evaluator
from controller.local.cloudformation.stack import Resource, Stack
from controller.local.resources.handler import Made, ResourceFailed, Scope
from controller.local.resources.schemas import UnknownType

FAILURES = (ResourceFailed, Refused, ClientError, UnknownType)


class StepFailed(Exception):
    """One resource failed; its event says why."""

    def __init__(self, logical_id: str) -> None:
        super().__init__(logical_id)
        self.logical_id = logical_id


class MadeInPart(ResourceFailed):
    """The resource failed and yet is there, so that undoing has to remove it."""

    def __init__(self, reason: str, physical_id: str) -> None:
        super().__init__(reason)
        self.physical_id = physical_id


def scope(stack: Stack, logical_id: str) -> Scope:
    own = {
        "aws:cloudformation:stack-name": stack.name,
        "aws:cloudformation:stack-id": stack.id,
        "aws:cloudformation:logical-id": logical_id,
    }
    return Scope(
        account=stack.account,
        region=stack.region,
        stack_name=stack.name,
        stack_id=stack.id,
        logical_id=logical_id,
        tags={**stack.wanted.tags, **own},
        role_arn=stack.wanted.role_arn,
    )


def described(stack: Stack, evaluator: Evaluator, logical_id: str) -> Resource:
    """The resource as the template has it, before anything is made; its properties are still to be computed."""
    template = evaluator.template.resources[logical_id]
    names = evaluator.template.resources.keys()
    return Resource(
        logical_id=logical_id,
        type=template.type,
        deletion_policy=template.deletion_policy,
        update_replace_policy=template.update_replace_policy,
        metadata=template.metadata,
        needs=graph.dependencies(template, names, evaluator.condition),
    )


def make(stack: Stack, evaluator: Evaluator, logical_id: str) -> Resource:
    """Create a resource and put it into the stack. Raises StepFailed."""
    resource = described(stack, evaluator, logical_id)
    stack.resources[logical_id] = resource
    try:
        resource.properties = evaluator.properties(logical_id)
        stack.tell_of(resource, "CREATE_IN_PROGRESS")
        made = catalog.handler(resource.type).create(scope(stack, logical_id), prepared(stack, resource))
    except FAILURES as failure:
        resource.physical_id = failure.physical_id if isinstance(failure, MadeInPart) else ""
        stack.tell_of(resource, "CREATE_FAILED", reason_of(failure))
        raise StepFailed(logical_id) from failure
    _take(resource, made)
    stack.tell_of(resource, "CREATE_IN_PROGRESS", "Resource creation Initiated")
    stack.tell_of(resource, "CREATE_COMPLETE")
    return resource


def change(
    stack: Stack,
    resource: Resource,
    properties: Mapping[str, Any],
    reason: str | None = None,
    there: Mapping[str, Any] | None = None,
) -> None:
    """Bring a resource to other properties in place; `there` is what others made of it. Raises StepFailed."""
    before = {**resource.properties, **(there or {})}
    resource.properties = properties
    stack.tell_of(resource, "UPDATE_IN_PROGRESS", reason)
    try:
        old = dynamic.resolved(before, stack.account, stack.region)
        new = prepared(stack, resource)
        made = catalog.handler(resource.type).update(scope(stack, resource.logical_id), resource.physical_id, old, new)
    except FAILURES as failure:
        stack.tell_of(resource, "UPDATE_FAILED", reason_of(failure))
        raise StepFailed(resource.logical_id) from failure
    once = resource.attributes  # such as a key's secret, which no service tells twice
    _take(resource, made)
    resource.attributes = {**once, **resource.attributes}
    stack.tell_of(resource, "UPDATE_COMPLETE")


def replacing(stack: Stack, old: Resource, evaluator: Evaluator, properties: Mapping[str, Any]) -> Resource:
    """Make a new resource in the place of an old one, which stays for the clean-up. Raises StepFailed."""
    new = replace(described(stack, evaluator, old.logical_id), physical_id=old.physical_id, properties=properties)
    stack.tell_of(
        new,
        "UPDATE_IN_PROGRESS",
        "Requested update requires the creation of a new physical resource; hence creating one.",
    )
    try:
        if _same_name(old, properties):
            raise ResourceFailed(
                "CloudFormation cannot update a stack when a custom-named resource requires replacing. "
                f"Rename {old.physical_id} and update the stack again."
            )
        made = catalog.handler(new.type).create(scope(stack, new.logical_id), prepared(stack, new))
    except FAILURES as failure:
        old.status = "UPDATE_FAILED"
        stack.tell_of(new, "UPDATE_FAILED", reason_of(failure))
        raise StepFailed(new.logical_id) from failure
    _take(new, made)
    stack.resources[new.logical_id] = new
    stack.tell_of(new, "UPDATE_IN_PROGRESS", "Resource creation Initiated")
    stack.tell_of(new, "UPDATE_COMPLETE")
    return new


def remove(stack: Stack, resource: Resource, keep: bool) -> bool:
    """Delete a resource, or leave it where its policy says so; whether it went well."""
    if keep:
        stack.tell_of(resource, "DELETE_SKIPPED")
        return True
    stack.tell_of(resource, "DELETE_IN_PROGRESS")
    try:
        if resource.physical_id:
            properties = dynamic.resolved(resource.properties, stack.account, stack.region)
            catalog.handler(resource.type).delete(scope(stack, resource.logical_id), resource.physical_id, properties)
    except FAILURES as failure:
        stack.tell_of(resource, "DELETE_FAILED", reason_of(failure))
        return False
    stack.tell_of(resource, "DELETE_COMPLETE")
    return True


def remove_all(stack: Stack, resources: Iterable[Resource], kept: frozenset[str] = frozenset()) -> list[str]:
    """Delete users before what they use; what a failed one still uses is left. Names of those that failed."""
    failed: list[str] = []
    held: set[str] = set()
    for resource in _users_first(list(resources)):
        if resource.logical_id in held:
            held |= resource.needs
        elif not remove(stack, resource, resource.logical_id in kept):
            failed.append(resource.logical_id)
            held |= resource.needs
    return failed


def prepared(stack: Stack, resource: Resource) -> dict[str, Any]:
    """The properties as a handler takes them. Raises ResourceFailed for those that the type's schema refuses."""
    schema = catalog.schema(resource.type)
    properties = dynamic.resolved(resource.properties, stack.account, stack.region)
    faults = schema.validate(properties)
    if faults:
        told = "\n".join(faults)
        raise ResourceFailed(f"Properties validation failed for resource {resource.logical_id} with message:\n{told}")
    return schema.coerce(properties)


def reason_of(failure: Exception) -> str:
    if isinstance(failure, ClientError):
        error, meta = failure.response["Error"], failure.response["ResponseMetadata"]
        return f"{error['Message']} (Status Code: {meta['HTTPStatusCode']}, Request ID: {meta.get('RequestId', '-')})"
    return str(failure)


def _take(resource: Resource, made: Made) -> None:
    resource.physical_id, resource.attributes = made.physical_id, made.attributes


def _same_name(old: Resource, properties: Mapping[str, Any]) -> bool:
    """Whether the template names the resource, and the new one as the old."""
    identifier = catalog.schema(old.type).primary_identifier
    before, after = ([at(side, path) for path in identifier] for side in (old.properties, properties))
    return bool(identifier) and all(before) and canonical(before) == canonical(after)


def _users_first(resources: list[Resource]) -> list[Resource]:
    left = {resource.logical_id: resource for resource in reversed(resources)}
    ordered: list[Resource] = []
    while left:
        needed = {name for resource in left.values() for name in resource.needs}
        free = [resource for name, resource in left.items() if name not in needed] or [next(iter(left.values()))]
        ordered.extend(free)
        for resource in free:
            del left[resource.logical_id]
    return ordered
