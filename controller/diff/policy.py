"""Two policy documents compared by what they say, not by how they are written.

AWS hands policies back rewritten: one value for a list of one, lists in another order, account ids as root ARNs, `*`
for {"AWS": "*"} (IAM user guide, "IAM JSON policy elements reference"). None of these is a difference.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from controller.diff.change import Detail

_ROOT = re.compile(r"arn:aws[a-z-]*:iam::(\d{12}):root")


def differences(expected: Mapping[str, Any] | None, actual: Mapping[str, Any] | None) -> tuple[Detail, ...]:
    """One detail a statement: missing, added, or changed where both sides call it by the same Sid."""
    old, new = _statements(expected), _statements(actual)
    gone = [statement for key, statement in old.items() if key not in new]
    come = [statement for key, statement in new.items() if key not in old]
    details = []
    for statement in gone:
        twin = next((other for other in come if statement.get("Sid") and other.get("Sid") == statement["Sid"]), None)
        if twin is not None:
            come.remove(twin)
        details.append(Detail(f"Statement[{_label(statement)}]", statement, twin))
    details += [Detail(f"Statement[{_label(statement)}]", None, statement) for statement in come]
    return tuple(sorted(details, key=lambda detail: detail.path))


def _statements(document: Mapping[str, Any] | None) -> dict[str, Mapping[str, Any]]:
    said = (document or {}).get("Statement", [])
    return {_canonical(statement): statement for statement in (said if isinstance(said, list) else [said])}


def _label(statement: Mapping[str, Any]) -> str:
    return str(
        statement.get("Sid") or f"{statement.get('Effect')} {statement.get('Action', statement.get('NotAction'))}"
    )


def _canonical(statement: Mapping[str, Any]) -> str:
    """One text for all spellings of a statement; its Sid is a name and says nothing."""
    return json.dumps({key: _part(key, value) for key, value in statement.items() if key != "Sid"}, sort_keys=True)


def _part(key: str, value: Any) -> Any:
    if key in ("Action", "NotAction"):
        return sorted({action.lower() for action in _texts(value)})
    if key in ("Resource", "NotResource"):
        return sorted(set(_texts(value)))
    if key in ("Principal", "NotPrincipal"):
        return _principals(value)
    if key == "Condition":
        return {operator: _condition(keys) for operator, keys in value.items()}
    return value


def _principals(value: Any) -> dict[str, list[str]]:
    named = {"AWS": "*"} if value == "*" else value
    return {kind: sorted({_ROOT.sub(r"\1", who) for who in _texts(whom)}) for kind, whom in named.items()}


def _condition(keys: Mapping[str, Any]) -> dict[str, list[str]]:
    return {key.lower(): sorted(set(_texts(values))) for key, values in keys.items()}


def _texts(value: Any) -> Iterable[str]:
    """A single value is a list of one; `true` is "true"."""
    many = value if isinstance(value, list) else [value]
    return [one if isinstance(one, str) else json.dumps(one) for one in many]
