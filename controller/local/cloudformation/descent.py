"""Change sets of nested stacks (IncludeNestedStacks): each child gets one of its own, named in its parent's."""

from __future__ import annotations

from collections.abc import Iterator

from controller.local.cloudformation import estate, nested
from controller.local.cloudformation.changeset import NO_CHANGE, ChangeSet
from controller.local.cloudformation.preview import Change, Detail, Preview
from controller.local.cloudformation.stack import STACK, Stack
from controller.local.cloudformation.steps import FAILURES, reason_of

AUTOMATIC = (Detail("Properties", None, "Never", True, "Automatic"),)


def descend(parent: ChangeSet) -> list[ChangeSet]:
    """Work out the change sets of all nested stacks below, and tell the parent which of them change."""
    found: list[ChangeSet] = []
    try:
        children = list(_children(parent))
    except FAILURES as failure:
        parent.fail(reason_of(failure))
        return found
    for logical_id, child in children:
        child.work_out()
        below = descend(child)
        if child.status == "FAILED" and child.reason != NO_CHANGE:
            parent.fail(f"Nested change set {child.id} was not successfully created: {child.reason}")
            return []
        if child.changes or child.kind == "CREATE":
            _name(parent, logical_id, child)
            found += [child, *below]
    return found


def _children(parent: ChangeSet) -> Iterator[tuple[str, ChangeSet]]:
    stack, wanted = parent.stack, parent.wanted
    preview = Preview(stack, wanted)
    for name in preview.active:
        if wanted.template.resources[name].type != STACK:
            continue
        inner = nested.wanted_of(stack.account, stack.region, wanted, preview.properties(name))
        there = stack.resources.get(name)
        child = estate.of(stack.account, stack.region).find(there.physical_id) if there else None
        yield (
            name,
            ChangeSet(
                name=f"{parent.name}-{name}",
                stack=child or Stack(stack.account, stack.region, f"{stack.name}-{name}", inner, stack),
                wanted=inner,
                kind="UPDATE" if child else "CREATE",
                nested=True,
                parent_id=parent.id,
                root_id=parent.root_id or parent.id,
            ),
        )


def _name(parent: ChangeSet, logical_id: str, child: ChangeSet) -> None:
    parent.children[logical_id] = child.id
    if any(change.logical_id == logical_id for change in parent.changes):
        return
    change = Change("Modify", logical_id, STACK, child.stack.id, "False", AUTOMATIC)
    parent.changes = (*parent.changes, change)
    parent.status, parent.reason, parent.execution = "CREATE_COMPLETE", None, "AVAILABLE"
