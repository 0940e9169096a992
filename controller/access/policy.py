"""A policy document, read once into statements (IAM user guide, JSON policy elements)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

ELEMENTS = frozenset(
    {"Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"}
)
CURRENT = "2012-10-17"  # the version whose policies have variables; without a Version they are the older one's
VERSIONS = ("2008-10-17", CURRENT)


class PolicyInvalid(ValueError):
    """The document is not a policy; the message says where and why."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One operator on one key: `operator` is as written, such as `ForAnyValue:StringLike`."""

    operator: str
    key: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Named:
    """Principals of one kind: AWS, Service, Federated or CanonicalUser; `*` alone is of kind AWS."""

    kind: str
    value: str


@dataclass(frozen=True, slots=True)
class Statement:
    """Elements that are left out are None; of each pair (Action, NotAction) one is."""

    sid: str
    allows: bool
    principals: tuple[Named, ...] | None
    not_principals: tuple[Named, ...] | None
    actions: tuple[str, ...] | None
    not_actions: tuple[str, ...] | None
    resources: tuple[str, ...] | None
    not_resources: tuple[str, ...] | None
    conditions: tuple[Condition, ...]
    variables: bool  # whether ${...} means a variable here
    number: int  # its place in the policy, from 1

    @property
    def name(self) -> str:
        return self.sid or f"statement {self.number}"


@dataclass(frozen=True, slots=True)
class Policy:
    statements: tuple[Statement, ...]


def read(document: Mapping[str, Any] | str) -> Policy:
    """Read a document, as text or parsed. Raises PolicyInvalid."""
    if isinstance(document, str):
        try:
            document = json.loads(document)
        except ValueError as error:
            raise PolicyInvalid(f"not JSON: {error}") from error
    if not isinstance(document, Mapping):
        raise PolicyInvalid("a policy is an object")
    version = document.get("Version", VERSIONS[0])
    if version not in VERSIONS:
        raise PolicyInvalid(f"Version is {version!r}, not one of {', '.join(VERSIONS)}")
    statements = document.get("Statement")
    if isinstance(statements, Mapping):
        statements = [statements]
    if not isinstance(statements, list):
        raise PolicyInvalid("Statement is neither an object nor a list")
    return Policy(tuple(_statement(one, number, version == CURRENT) for number, one in enumerate(statements, 1)))


def _statement(one: Any, number: int, variables: bool) -> Statement:
    where = f"statement {number}"
    if not isinstance(one, Mapping):
        raise PolicyInvalid(f"{where} is not an object")
    unknown = sorted(set(one) - ELEMENTS)
    if unknown:
        raise PolicyInvalid(f"{where} has the unknown element {unknown[0]}")
    if one.get("Effect") not in ("Allow", "Deny"):
        raise PolicyInvalid(f"{where} has Effect {one.get('Effect')!r}, which is neither Allow nor Deny")
    for pair in ("Principal", "Action", "Resource"):
        if pair in one and f"Not{pair}" in one:
            raise PolicyInvalid(f"{where} has both {pair} and Not{pair}")
    if "Action" not in one and "NotAction" not in one:
        raise PolicyInvalid(f"{where} has neither Action nor NotAction")
    return Statement(
        sid=str(one.get("Sid", "")),
        allows=one["Effect"] == "Allow",
        principals=_principals(one, "Principal", where),
        not_principals=_principals(one, "NotPrincipal", where),
        actions=_texts(one, "Action", where),
        not_actions=_texts(one, "NotAction", where),
        resources=_texts(one, "Resource", where),
        not_resources=_texts(one, "NotResource", where),
        conditions=tuple(_conditions(one.get("Condition", {}), where)),
        variables=variables,
        number=number,
    )


def _texts(one: Mapping[str, Any], element: str, where: str) -> tuple[str, ...] | None:
    if element not in one:
        return None
    value = one[element]
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, list) or not all(isinstance(each, str) for each in values):
        raise PolicyInvalid(f"{where}: {element} is neither a text nor a list of texts")
    return tuple(values)


def _principals(one: Mapping[str, Any], element: str, where: str) -> tuple[Named, ...] | None:
    if element not in one:
        return None
    value = one[element]
    if value == "*":
        return (Named("AWS", "*"),)
    if isinstance(value, str) and value.startswith("arn:"):
        return (Named("AWS", value),)
    if not isinstance(value, Mapping):
        raise PolicyInvalid(f'{where}: {element} is neither "*" nor an object')
    return tuple(Named(kind, each) for kind in value for each in _texts(value, kind, f"{where}: {element}") or ())


def _conditions(block: Any, where: str) -> list[Condition]:
    if not isinstance(block, Mapping):
        raise PolicyInvalid(f"{where}: Condition is not an object")
    found = []
    for operator, keys in block.items():
        if not isinstance(keys, Mapping):
            raise PolicyInvalid(f"{where}: condition operator {operator} does not hold an object")
        for key, value in keys.items():
            values = value if isinstance(value, list) else [value]
            if not all(isinstance(each, str | bool | int | float) for each in values):
                raise PolicyInvalid(f"{where}: condition {operator} {key} holds what is not a text")
            found.append(Condition(operator, key, tuple(_text(each) for each in values)))
    return found


def _text(value: str | bool | float) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
