"""Tags as CloudFormation expects them of a resource: those of its template over those of its stack.

Drift detection takes both for expected where the type can be tagged (CloudFormation coverage roadmap, issues 218 and
955: stack-level and resource-level tags show up, and are no drift).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from controller.local.cloudformation.catalog import Schema
from controller.local.cloudformation.comparison import ABSENT, same
from controller.local.resources.shapes import pairs

SYSTEM = "aws:"  # what AWS writes itself is no drift

Difference = tuple[str, Any, Any, str]  # path, expected, actual, kind


def over_stack(schema: Schema, properties: Mapping[str, Any], stack: Mapping[str, str]) -> dict[str, Any]:
    """The properties, their tags with the stack's, in the form that the type has them."""
    name = schema.tag_property
    if not name or not stack:
        return dict(properties)
    own = properties.get(name)
    merged = {**stack, **pairs(own)}
    if isinstance(own, Mapping) or schema.tags_as_map:
        return {**properties, name: merged}
    return {**properties, name: [{"Key": key, "Value": value} for key, value in merged.items()]}


def is_list(value: Any) -> bool:
    """Whether this is a list of tags, with one in it at least."""
    return isinstance(value, list) and bool(value) and all(isinstance(one, Mapping) and "Key" in one for one in value)


def differences(expected: Sequence[Any], actual: Sequence[Any], path: str) -> Iterator[Difference]:
    """By key, whatever the order; a key that is there and not expected comes last."""
    live = {str(one["Key"]): one for one in actual if not str(one["Key"]).startswith(SYSTEM)}
    for index, tag in enumerate(expected):
        there = live.pop(str(tag["Key"]), None)
        if there is None:
            yield f"{path}/{index}", tag, ABSENT, "REMOVE"
        elif not same(tag.get("Value", ""), there.get("Value", "")):
            yield f"{path}/{index}/Value", tag.get("Value", ""), there.get("Value", ""), "NOT_EQUAL"
    for index, tag in enumerate(live.values(), len(expected)):
        yield f"{path}/{index}", ABSENT, tag, "ADD"
