"""What a caller gives, what the template asks for, and the values that functions then see."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from controller.local.cloudformation.errors import Refused
from controller.local.cloudformation.intrinsics import KNOWN_AFTER_APPLY
from controller.local.cloudformation.template import Template

VALUE_MAX = 4096  # bytes of a parameter's value; CloudFormation user guide, quotas
HIDDEN: Final = "****"
SSM_VALUE = "AWS::SSM::Parameter::Value<"

Given = Mapping[str, str | None]  # None: as the stack has it (UsePreviousValue)


def texts(template: Template, given: Given, previous: Mapping[str, str] | None = None) -> dict[str, str]:
    """One text for each parameter of the template. Raises Refused in AWS's words."""
    unknown = sorted(set(given) - set(template.parameters))
    if unknown:
        raise Refused(f"Parameters: [{', '.join(unknown)}] do not exist in the template")
    previous = previous or {}
    values: dict[str, str] = {}
    missing: list[str] = []
    for name, declared in template.parameters.items():
        value = given.get(name)
        if value is None and name in given:
            value = previous.get(name)
        if value is None and "Default" in declared:
            value = text(declared["Default"])
        if value is None:
            missing.append(name)
            continue
        _check(name, declared, value)
        values[name] = value
    if missing:
        raise Refused(f"Parameters: [{', '.join(missing)}] must have values")
    return values


def values(template: Template, texts: Mapping[str, str], stored: Callable[[str], str]) -> dict[str, Any]:
    """What Ref gives: lists for list types, and for SSM types what the parameter store has."""
    found: dict[str, Any] = {}
    for name, text in texts.items():
        kind = str(template.parameters[name].get("Type", "String"))
        if kind.startswith(SSM_VALUE):
            text, kind = stored(text), kind.removeprefix(SSM_VALUE)
        listed = kind.startswith(("List<", "CommaDelimitedList"))
        found[name] = [item.strip() for item in text.split(",")] if listed else text
    return found


def shown(template: Template, texts: Mapping[str, str]) -> dict[str, str]:
    """As the API tells them: NoEcho ones hidden."""
    return {name: HIDDEN if hidden(template.parameters.get(name, {})) else text for name, text in texts.items()}


def hidden(declared: Mapping[str, Any]) -> bool:
    return text(declared.get("NoEcho", False)) == "true"


def text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ",".join(map(text, value))
    return str(value)


def _check(name: str, declared: Mapping[str, Any], value: str) -> None:
    if KNOWN_AFTER_APPLY in value:
        return
    kind = str(declared.get("Type", "String"))
    if len(value.encode()) > VALUE_MAX:
        raise Refused(f"Parameter '{name}' must have a value of at most {VALUE_MAX} bytes")
    items = [item.strip() for item in value.split(",")] if kind.startswith(("List<", "CommaDelimitedList")) else [value]
    if kind in ("Number", "List<Number>"):
        for item in items:
            _check_number(name, declared, item)
    for constraint, kept in _constraints(declared, items, value):
        if not kept:
            told = declared.get("ConstraintDescription")
            raise Refused(
                f"Parameter {name} failed to satisfy constraint: {told}" if told else f"Parameter '{name}' {constraint}"
            )


def _constraints(declared: Mapping[str, Any], items: list[str], value: str) -> Iterator[tuple[str, bool]]:
    allowed = [text(item) for item in declared.get("AllowedValues", items)]
    yield "must be one of AllowedValues", all(item in allowed for item in items)
    pattern = str(declared.get("AllowedPattern", "(?s).*"))
    yield f"must match pattern {pattern}", all(re.fullmatch(pattern, item) for item in items)
    least, most = declared.get("MinLength", 0), declared.get("MaxLength", VALUE_MAX)
    yield f"must contain at least {least} characters", len(value) >= int(least)
    yield f"must contain at most {most} characters", len(value) <= int(most)


def _check_number(name: str, declared: Mapping[str, Any], item: str) -> None:
    try:
        number = float(item)
    except ValueError as error:
        raise Refused(f"Parameter '{name}' must be a number") from error
    if number < float(declared.get("MinValue", number)) or number > float(declared.get("MaxValue", number)):
        raise Refused(f"Parameter '{name}' must be between MinValue and MaxValue of its declaration")
