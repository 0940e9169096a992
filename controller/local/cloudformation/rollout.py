"""An operation of a StackSet at work: account by account, region by region, within its failure tolerance."""

from __future__ import annotations

import uuid
from collections import Counter
from dataclasses import replace

from controller.local.cloudformation import creation, deletion, estate, membership, parameters
from controller.local.cloudformation.errors import Refused
from controller.local.cloudformation.preview import Preview
from controller.local.cloudformation.stack import STACK, Stack, Stopped, Wanted, now
from controller.local.cloudformation.stacks import UPDATABLE
from controller.local.cloudformation.stackset import Instance, Result, SetOperation, StackSet
from controller.local.cloudformation.steps import FAILURES, reason_of
from controller.local.cloudformation.update import Update

STARTS = ("CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS", "DELETE_IN_PROGRESS")


def run(stack_set: StackSet, operation: SetOperation, deploy: bool = True) -> None:
    """Until every result is in; operations of one set go one after another.

    Without `deploy` the instances are only written down, for lakes too large to make.
    """
    with stack_set.turn:
        if stack_set.stopped:
            return
        operation.status = "RUNNING"
        allowed, failed = tolerated(operation), Counter[str]()
        try:
            for result in operation.results.values():
                if failed[result.region] > allowed[result.region]:
                    _cancel(stack_set, operation, result)
                    continue
                _one(stack_set, operation, result, deploy)
                failed[result.region] += result.status == "FAILED"
        except Stopped:
            return
        finally:
            over = any(failed[region] > limit for region, limit in allowed.items())
            operation.status = "FAILED" if over else "SUCCEEDED"
            operation.ended = now()


def tolerated(operation: SetOperation) -> dict[str, int]:
    """How many accounts of each region may fail; a percentage is rounded down (botocore model, preferences)."""
    share = int(operation.preferences.get("FailureTolerancePercentage") or 0)
    count = int(operation.preferences.get("FailureToleranceCount") or 0)
    there = Counter(region for _, region in operation.results)
    return {region: count or number * share // 100 for region, number in there.items()}


def _one(stack_set: StackSet, operation: SetOperation, result: Result, deploy: bool) -> None:
    instance = stack_set.instances.get((result.account, result.region))
    if instance is None:
        result.status = "SUCCEEDED"
        return
    instance.operation = operation.id
    if membership.suspended(stack_set.owner, result.account) and operation.action != "DELETE":
        instance.detailed = "SKIPPED_SUSPENDED_ACCOUNT"
        result.status, result.reason = "CANCELLED", "The account is suspended"
        return
    instance.detailed = result.status = "RUNNING"
    if operation.action == "DELETE":
        reason = _release(stack_set, instance, operation.retain)
    else:
        reason = _deploy(stack_set, instance) if deploy else _written_down(instance)
        instance.status = "OUTDATED" if reason else "CURRENT"
    instance.reason = result.reason = reason
    instance.detailed = result.status = "FAILED" if reason else "SUCCEEDED"
    if reason and operation.action == "DELETE":
        instance.status = instance.detailed = "INOPERABLE"


def _deploy(stack_set: StackSet, instance: Instance) -> str | None:
    """Bring the instance's stack to what the set wants; why it failed, or None."""
    here = estate.of(instance.account, instance.region)
    stack = here.find(instance.stack_id) if instance.stack_id else None
    try:
        wanted = _wanted(stack_set, instance)
        creation.check(wanted)
        if stack is not None and stack.status in ("ROLLBACK_COMPLETE", "CREATE_FAILED", "ROLLBACK_FAILED"):
            stack.tell("DELETE_IN_PROGRESS")
            deletion.delete(stack, creating=True)
        if stack is None or stack.status == "DELETE_COMPLETE":
            stack = Stack(instance.account, instance.region, f"StackSet-{stack_set.name}-{uuid.uuid4()}", wanted)
            instance.stack_id = stack.id
            creation.announce(stack)
            creation.create(stack)
        elif stack.status not in UPDATABLE:
            return f"Stack:{stack.id} is in {stack.status} state and can not be updated."
        elif not Preview(stack, wanted).empty:
            stack.tell("UPDATE_IN_PROGRESS")
            Update(stack, wanted).run()
    except FAILURES as failure:
        return reason_of(failure)
    return None if stack.status in ("CREATE_COMPLETE", "UPDATE_COMPLETE") else _first_failure(stack)


def _written_down(instance: Instance) -> str | None:
    name = f"StackSet-written-down/{uuid.uuid4()}"
    instance.stack_id = instance.stack_id or f"arn:aws:cloudformation:{instance.region}:{instance.account}:stack/{name}"
    return None


def _release(stack_set: StackSet, instance: Instance, retain: bool) -> str | None:
    """Take the instance out of the set, and its stack out of the account unless that is to stay."""
    stack = estate.of(instance.account, instance.region).find(instance.stack_id) if instance.stack_id else None
    if stack is not None and not retain and stack.status != "DELETE_COMPLETE":
        if stack.protected:
            return f"Stack [{stack.name}] cannot be deleted while TerminationProtection is enabled"
        stack.tell("DELETE_IN_PROGRESS")
        deletion.delete(stack)
        if stack.status != "DELETE_COMPLETE":
            return _first_failure(stack)
    stack_set.instances.pop(instance.place, None)
    return None


def _wanted(stack_set: StackSet, instance: Instance) -> Wanted:
    texts = {**stack_set.wanted.parameters, **instance.overrides}
    return replace(stack_set.wanted, parameters=parameters.texts(stack_set.wanted.template, texts))


def _first_failure(stack: Stack) -> str:
    """As StackSets tells it: the first resource that failed in the newest operation, else the stack's own reason."""
    newest = tuple(stack.events)
    for index in range(len(newest) - 1, -1, -1):
        event = newest[index]
        if event.physical_id == stack.id and event.status in STARTS:
            newest = newest[index:]
            break
    for event in newest:
        if event.status.endswith("_FAILED") and event.physical_id != stack.id:
            told = f"ResourceLogicalId:{event.logical_id}, ResourceType:{event.type}"
            return f"{told}, ResourceStatusReason:{event.reason}."
    return stack.reason or f"The stack is in {stack.status}"


def _cancel(stack_set: StackSet, operation: SetOperation, result: Result) -> None:
    reason = "Cancelled since failure tolerance has exceeded"
    result.status, result.reason = "CANCELLED", reason
    instance = stack_set.instances.get((result.account, result.region))
    if instance is not None:
        instance.detailed, instance.reason, instance.operation = "CANCELLED", reason, operation.id


def check_template(stack_set: StackSet, wanted: Wanted) -> None:
    if stack_set.service_managed and any(item.type == STACK for item in wanted.template.resources.values()):
        raise Refused("Nested stacks are not supported in stack sets with service-managed permissions")
