"""The master's stacks: what is deployed, against what is rendered."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from controller.diff.change import Change, Detail, Later, Verb
from controller.diff.template import compare
from controller.model.bundle import Template
from controller.model.observed import Absent, Observed, Present, Unreadable
from controller.model.world import Stack

# Nothing but a person can lead a stack out of these (CloudFormation user guide, stack failure options).
STUCK = frozenset({"UPDATE_ROLLBACK_FAILED", "ROLLBACK_FAILED", "DELETE_FAILED", "CREATE_FAILED", "UPDATE_FAILED"})
UNBORN = "ROLLBACK_COMPLETE"  # a creation that failed: can only be deleted and made anew


def stack_changes(
    address: str,
    wanted: Template,
    parameters: Mapping[str, str | Later],
    observed: Observed[Stack],
    create_only: Callable[[str], frozenset[str]],
) -> Iterator[Change]:
    match observed:
        case Unreadable(why):
            yield Change(address, "stack", Verb.BLOCKED, f"could not be read: {why}")
        case Present(stack) if stack.status in STUCK:
            reason = f"it is {stack.status}: {stack.reason or 'no reason given'}; mend it in CloudFormation first"
            yield Change(address, "stack", Verb.BLOCKED, reason)
        case Present(stack) if stack.status != UNBORN:
            yield from compare(address, stack.template, wanted.body, wanted.sources, create_only)
            details = tuple(
                Detail(name, stack.parameters.get(name), value)
                for name, value in sorted(parameters.items())
                if stack.parameters.get(name) != value
            )
            if details:
                yield Change(f"{address}/(parameters)", "stack", Verb.UPDATE, "its parameters differ", details)
        case Absent() | Present():
            yield from compare(address, {}, {"Resources": wanted.body["Resources"]}, wanted.sources, create_only)
