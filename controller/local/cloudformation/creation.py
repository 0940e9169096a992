"""A new stack: resources in order, outputs, and on failure what the caller asked for."""

from __future__ import annotations

from controller.local.cloudformation import catalog, deletion, estate, evaluation, graph, steps
from controller.local.cloudformation.errors import Refused
from controller.local.cloudformation.stack import Stack, Wanted
from controller.local.cloudformation.steps import FAILURES, StepFailed
from controller.local.cloudformation.template import Template


def create(stack: Stack) -> None:
    """Run a creation that has been announced (CREATE_IN_PROGRESS) until the stack is at rest."""
    try:
        evaluator = evaluation.evaluator(stack, stack.wanted)
        for name in evaluation.active(evaluator):
            steps.make(stack, evaluator, name)
        stack.outputs = evaluation.outputs(stack, evaluator)
    except StepFailed as failed:
        _failed(stack, f"The following resource(s) failed to create: [{failed.logical_id}].")
    except FAILURES as failure:
        _failed(stack, steps.reason_of(failure))
    else:
        stack.tell("CREATE_COMPLETE")


def _failed(stack: Stack, reason: str) -> None:
    if stack.on_failure == "DO_NOTHING":
        stack.tell("CREATE_FAILED", reason)
    elif stack.on_failure == "DELETE":
        stack.tell("DELETE_IN_PROGRESS", f"{reason} Delete requested by user.")
        deletion.delete(stack, creating=True)
    else:
        stack.tell("ROLLBACK_IN_PROGRESS", f"{reason} Rollback requested by user.")
        failed = steps.remove_all(stack, stack.resources.values(), deletion.retained(stack, creating=True))
        if failed:
            stack.tell("ROLLBACK_FAILED", f"The following resource(s) failed to delete: [{', '.join(sorted(failed))}].")
        else:
            stack.outputs, stack.imports = {}, set()
            stack.tell("ROLLBACK_COMPLETE")


def announce(stack: Stack, on_failure: str = "ROLLBACK") -> None:
    """Put a stack into its account, about to be created."""
    estate.of(stack.account, stack.region).add(stack)
    stack.on_failure = on_failure
    stack.tell("CREATE_IN_PROGRESS", "User Initiated" if stack.parent_id is None else None)


def check(wanted: Wanted) -> None:
    """Refuse what can be known wrong before anything runs: references, types, capabilities."""
    check_references(wanted.template)
    needed = capabilities(wanted.template)
    if needed and not {*needed, "CAPABILITY_NAMED_IAM"} & set(wanted.capabilities):
        raise Refused(f"Requires capabilities : [{needed[0]}]", "InsufficientCapabilitiesException")


def check_references(template: Template) -> None:
    """Refuse types that CloudFormation does not have, and references to nothing."""
    unknown = sorted({item.type for item in template.resources.values() if not catalog.known(item.type)})
    if unknown:
        raise Refused(f"Template format error: Unrecognized resource types: [{', '.join(unknown)}]")
    graph.check(template)


def capabilities(template: Template) -> list[str]:
    """What a caller has to acknowledge for the template's IAM resources."""
    resources = [item for item in template.resources.values() if item.type in IAM_TYPES]
    if not resources:
        return []
    return ["CAPABILITY_NAMED_IAM" if any(NAMES & set(item.properties) for item in resources) else "CAPABILITY_IAM"]


IAM_TYPES = frozenset(
    f"AWS::IAM::{name}"
    for name in [
        "AccessKey",
        "Group",
        "GroupPolicy",
        "InstanceProfile",
        "ManagedPolicy",
        "Policy",
        "Role",
        "RolePolicy",
        "User",
        "UserPolicy",
        "UserToGroupAddition",
    ]
)  # CloudFormation user guide, "Acknowledging IAM resources in templates"
NAMES = frozenset(("GroupName", "InstanceProfileName", "ManagedPolicyName", "RoleName", "UserName"))
