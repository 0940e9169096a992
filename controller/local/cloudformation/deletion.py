"""A stack that goes: exports nobody uses, resources in reverse order, deletion policies."""

from __future__ import annotations

from controller.local.cloudformation import estate, evaluation, steps
from controller.local.cloudformation.errors import Refused
from controller.local.cloudformation.stack import Stack, now


def delete(stack: Stack, retain: frozenset[str] = frozenset(), creating: bool = False, forced: bool = False) -> None:
    """Run a deletion that has been announced (DELETE_IN_PROGRESS) until the stack is at rest.

    `retain` names resources to leave, which AWS allows after a deletion that failed; `forced` leaves all that fail.
    """
    try:
        for output in stack.outputs.values():
            if output.export is not None:
                evaluation.check_unused(stack, output.export, "delete")
    except Refused as refused:
        stack.tell("DELETE_FAILED", refused.message)
        return
    there = [resource for resource in stack.resources.values() if resource.status != "DELETE_COMPLETE"]
    failed = steps.remove_all(stack, there, retained(stack, creating) | retain)
    if failed and not forced:
        stack.tell("DELETE_FAILED", f"The following resource(s) failed to delete: [{', '.join(sorted(failed))}]. ")
        return
    stack.deleted = now()
    stack.outputs, stack.imports = {}, set()
    estate.of(stack.account, stack.region).gone(stack)
    stack.tell("DELETE_COMPLETE")


def retained(stack: Stack, creating: bool = False) -> frozenset[str]:
    """Resources that their DeletionPolicy keeps; RetainExceptOnCreate does not when a creation is undone."""
    keep = ("Retain",) if creating else ("Retain", "RetainExceptOnCreate")
    return frozenset(name for name, resource in stack.resources.items() if resource.deletion_policy in keep)
