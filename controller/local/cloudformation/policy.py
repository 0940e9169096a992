"""Stack policies: which updates of which resources a stack's owner has forbidden."""

from __future__ import annotations

import fnmatch
import json
from collections.abc import Iterator, Mapping
from typing import Any

from controller.local.cloudformation.errors import Refused


def check(policy: str | None, action: str, logical_id: str, type_name: str) -> None:
    """Raises Refused where the policy denies, or does not allow, an action such as `Update:Replace`.

    Without a policy all is allowed; with one, what no statement allows is denied (user guide, stack policies).
    """
    if not policy:
        return
    allowed = False
    for number, statement in enumerate(_listed(json.loads(policy).get("Statement", []))):
        if not _applies(statement, action, logical_id, type_name):
            continue
        if statement.get("Effect") == "Deny":
            raise _denied(f"Statement [#{number + 1}] does not allow", action, logical_id)
        allowed = True
    if not allowed:
        raise _denied("no statement allows", action, logical_id)


def read(body: str) -> str:
    """The policy's text, once it is known to be one."""
    try:
        policy = json.loads(body)
    except json.JSONDecodeError as error:
        raise Refused("Error validating stack policy: Invalid stack policy") from error
    if not isinstance(policy, dict) or "Statement" not in policy:
        raise Refused("Error validating stack policy: Invalid stack policy")
    return body


def _denied(why: str, action: str, logical_id: str) -> Refused:
    return Refused(f"Action denied by stack policy: {why} [{action}] for resource [LogicalResourceId/{logical_id}]")


def _applies(statement: Mapping[str, Any], action: str, logical_id: str, type_name: str) -> bool:
    resource = f"LogicalResourceId/{logical_id}"
    types = statement.get("Condition", {}).get("StringEquals", {}).get("ResourceType")
    like = statement.get("Condition", {}).get("StringLike", {}).get("ResourceType")
    return (
        _matches(statement, "Action", action)
        and _matches(statement, "Resource", resource)
        and (types is None or type_name in _listed(types))
        and (like is None or any(fnmatch.fnmatchcase(type_name, pattern) for pattern in _listed(like)))
    )


def _matches(statement: Mapping[str, Any], key: str, value: str) -> bool:
    if f"Not{key}" in statement:
        return not any(fnmatch.fnmatchcase(value, pattern) for pattern in _listed(statement[f"Not{key}"]))
    return any(fnmatch.fnmatchcase(value, pattern) for pattern in _listed(statement.get(key, [])))


def _listed(value: Any) -> Iterator[Any]:
    yield from value if isinstance(value, list) else [value]
