"""The master's stacks: what is deployed, against what is rendered."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from controller.diff.change import Change, Later, Verb
from controller.diff.named import named_changes
from controller.diff.template import compare
from controller.model.bundle import Template
from controller.model.observed import Absent, Observed, Present, Unreadable
from controller.model.source import Source
from controller.model.world import Stack

# Nothing but a person can lead a stack out of these (CloudFormation user guide, stack failure options).
STUCK = frozenset({"UPDATE_ROLLBACK_FAILED", "ROLLBACK_FAILED", "DELETE_FAILED", "CREATE_FAILED", "UPDATE_FAILED"})
UNBORN = "ROLLBACK_COMPLETE"  # a creation that failed: can only be deleted and made anew


def stack_changes(
    address: str,
    wanted: Template,
    parameters: Mapping[str, str | Later],
    tags: Mapping[str, str],
    observed: Observed[Stack],
    create_only: Callable[[str], frozenset[str]],
    tagged_at: Source | None = None,
) -> Iterator[Change]:
    """`tagged_at` is the line that asks for the tags."""
    match observed:
        case Unreadable(why):
            yield Change(address, "stack", Verb.BLOCKED, f"could not be read: {why}")
        case Present(stack) if stack.status in STUCK:
            reason = f"it is {stack.status}: {stack.reason or 'no reason given'}; mend it in CloudFormation first"
            yield Change(address, "stack", Verb.BLOCKED, reason)
        case Present(stack) if stack.status != UNBORN:
            both = stack.parameters, {**stack.parameters, **parameters}
            yield from compare(address, stack.template, wanted.body, wanted.sources, create_only, both)
            given = {name: value for name, value in stack.parameters.items() if name in parameters}
            yield from named_changes(address, "parameters", given, parameters)
            yield from named_changes(address, "tags", stack.tags, tags, source=tagged_at)
        case Absent() | Present():
            yield from compare(address, {}, {"Resources": wanted.body["Resources"]}, wanted.sources, create_only)
