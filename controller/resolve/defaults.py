"""The schemas' defaults, filled in. This is the only place where a value comes from nowhere.

Each kind's schema is turned into one function once; a manifest that says everything is only copied.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from controller.load.schema import document, target, uri

Fill = Callable[[Any], Any]


def complete(kind: str, data: Mapping[str, Any]) -> Mapping[str, Any]:
    """A document of the right shape, with all that its schema supplies. Defaults are shared: nobody changes them."""
    filled: Mapping[str, Any] = _of_kind(kind)(data)
    return filled


@cache
def _of_kind(kind: str) -> Fill:
    return _fill(document(uri(kind)), uri(kind)) or _same


def _same(value: Any) -> Any:
    return value


def _fill(schema: Mapping[str, Any], base: str) -> Fill | None:
    """What completes a value of this schema; None where there is nothing to complete."""
    if "$ref" in schema:
        return _fill(*target(schema["$ref"], base))
    if schema.get("type") == "array":
        each = _fill(schema["items"], base)
        return None if each is None else lambda value: [each(item) for item in value]
    if schema.get("type") != "object":
        return None
    by_type = _by_type(schema, base)
    if by_type:
        return lambda value: by_type.get(value["type"], _same)(value)
    return _object(schema, base)


def _object(schema: Mapping[str, Any], base: str) -> Fill | None:
    """Properties in the schema's order, each with its default and what completes it."""
    fills: dict[str, Fill] = {}
    defaults: dict[str, Any] = {}
    for name, about in schema.get("properties", {}).items():
        fill = _fill(about, base)
        if fill:
            fills[name] = fill
        if "default" in about:
            defaults[name] = fill(about["default"]) if fill else about["default"]
    if not fills and not defaults:
        return None

    def filled(value: Mapping[str, Any]) -> Mapping[str, Any]:
        given = {name: fills[name](item) if name in fills else item for name, item in value.items()}
        return {**defaults, **given}

    return filled


def _by_type(schema: Mapping[str, Any], base: str) -> dict[str, Fill]:
    """The alternatives of a mapping whose `type` says which of several forms it has."""
    found: dict[str, Fill] = {}
    for part in schema.get("allOf", ()):
        condition = part.get("if", {}).get("properties", {})
        if list(condition) == ["type"]:
            found[condition["type"]["const"]] = _fill(part["then"], base) or _same
    return found
