"""What CloudFormation's drift detection answers, in our words; of tags only those that are ours."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from controller.model.live import LiveDifference, LiveDrift
from controller.model.ownership import TAG_SHOWN, TAGS


def drifts(api: Any, stack: str) -> Iterator[LiveDrift]:
    """The stack's resources that others changed or deleted, and those that could not be compared."""
    more: dict[str, str] = {}
    while True:  # botocore has no paginator for it
        page = api.describe_stack_resource_drifts(
            StackName=stack, StackResourceDriftStatusFilters=["MODIFIED", "DELETED", "UNKNOWN"], MaxResults=100, **more
        )
        for found in page["StackResourceDrifts"]:
            one = _drift(found)
            if one.deleted or one.unread or one.differences:
                yield one
        if not page.get("NextToken"):
            return
        more = {"NextToken": page["NextToken"]}


def _drift(found: Mapping[str, Any]) -> LiveDrift:
    unknown = found["StackResourceDriftStatus"] == "UNKNOWN"
    return LiveDrift(
        logical_id=found["LogicalResourceId"],
        physical_id=found.get("PhysicalResourceId", ""),
        type=found["ResourceType"],
        deleted=found["StackResourceDriftStatus"] == "DELETED",
        differences=(*_properties(found), *_tags(found)),
        unread=(found.get("DriftStatusReason") or "CloudFormation could not compare it") if unknown else "",
    )


def _properties(found: Mapping[str, Any]) -> Iterator[LiveDifference]:
    for entry in found.get("PropertyDifferences", ()):
        path = entry["PropertyPath"]
        if not _holds_tags(path.split("/")[1]):
            yield LiveDifference(path, _value(entry.get("ExpectedValue")), _value(entry.get("ActualValue")))


def _tags(found: Mapping[str, Any]) -> Iterator[LiveDifference]:
    """By key, since a list's positions say nothing: what we set and is no more so, and our own words on anything else.

    Tags that a company's tools add, for costs or backups, are theirs; those that begin with `aws:` are AWS's.
    """
    expected, actual = _document(found, "ExpectedProperties"), _document(found, "ActualProperties")
    for name in sorted({*expected, *actual}) if actual else ():
        if not _holds_tags(name):
            continue
        before, after = _pairs(expected.get(name)), _pairs(actual.get(name))
        for key in sorted({*before, *after}):
            if (key in before or _ours(key)) and before.get(key) != after.get(key):
                yield LiveDifference(f"/{name}/{key}", before.get(key), after.get(key))


def _ours(key: str) -> bool:
    """Set by templates: what says that a secret was shown is set by the web app, beside its template."""
    return key.startswith(TAGS) and key != TAG_SHOWN


def _holds_tags(name: str) -> bool:
    """`Tags` of most types, `UserPoolTags` of one."""
    return name.endswith("Tags")


def _document(found: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    read = json.loads(found.get(name) or "{}")
    return read if isinstance(read, Mapping) else {}


def _pairs(tags: Any) -> dict[str, Any]:
    """Tags in either of the two forms that types have, without AWS's own."""
    if isinstance(tags, list):
        tags = {one.get("Key", one.get("key")): one.get("Value", one.get("value", "")) for one in tags}
    return {str(key): value for key, value in (tags or {}).items() if not str(key).startswith("aws:")}


def _value(text: str | None) -> Any:
    """AWS gives every value as text, objects and lists as JSON; "null" stands for not there."""
    if text is None or text == "null":
        return None
    if text[:1] not in "{[":
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text
