"""Between the words of templates and the words of the services' own interfaces, by botocore's models.

Most properties carry the same name in both, up to the case of letters; a handler renames the others.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any


def to_api(client: Any, operation: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of an operation such as `create_crawler`; what the operation does not take is left out."""
    wanted: dict[str, Any] = _fit(input_shape(client, operation), values)
    return wanted


def input_shape(client: Any, operation: str) -> Any:
    return client.meta.service_model.operation_model(client.meta.method_to_api_mapping[operation]).input_shape


def _fit(shape: Any, value: Any) -> Any:
    match shape.type_name:
        case "structure" if isinstance(value, Mapping):
            return _members(shape, value)
        case "list" if isinstance(value, list | tuple):
            return [_fit(shape.member, item) for item in value]
        case "map" if isinstance(value, Mapping):
            return {str(key): _fit(shape.value, item) for key, item in value.items()}
    return _scalar(shape.type_name, value)


def _members(shape: Any, value: Mapping[str, Any]) -> dict[str, Any]:
    names = {name.lower(): name for name in shape.members}
    found = {}
    for key, item in value.items():
        name = key if key in shape.members else names.get(key.lower())
        if name is not None and item is not None:
            found[name] = _fit(shape.members[name], item)
    return found


def _scalar(kind: str, value: Any) -> Any:
    if kind == "string" and not isinstance(value, str):
        return json.dumps(value)  # policies are objects in templates and text in the interfaces
    if kind == "blob" and isinstance(value, str):
        return value.encode()
    return value


def reflect(wanted: Any, live: Any) -> Any:
    """What is live, in the words of what the template wants: its names, its depth, its order where order says nothing.

    Only what the template sets is looked at below the top; a value that is not there any more is left out.
    """
    if isinstance(wanted, Mapping) and isinstance(live, str):
        live = parsed(live)
    match wanted, live:
        case Mapping(), Mapping():
            names = {str(name).lower(): name for name in live}
            pairs = ((key, live.get(key, live.get(names.get(key.lower()))), item) for key, item in wanted.items())
            return {key: reflect(item, value) for key, value, item in pairs if value is not None}
        case ((list() | tuple()), (list() | tuple())):
            return _in_order(list(wanted), list(live))
        case str(), bool():
            return json.dumps(live)
        case str(), int() | float():
            return str(live)
        case bool(), str() if live.lower() in ("true", "false"):
            return live.lower() == "true"
        case int() | float(), str() if live.lstrip("-").isdigit():
            return int(live)
    return live


def _in_order(wanted: list[Any], live: list[Any]) -> list[Any]:
    """Each live item against the wanted one that it equals, else against the one in its place."""
    left, placed = list(live), []
    for item in wanted:
        same = next((other for other in left if reflect(item, other) == item), None)
        if same is not None:
            left.remove(same)
            placed.append(item)
    if len(placed) == len(wanted) or not wanted:
        return placed + left
    return [reflect(wanted[index], item) if index < len(wanted) else item for index, item in enumerate(live)]


def parsed(text: str) -> Any:
    """JSON read, or the text itself where it is none."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def pairs(tags: Iterable[Mapping[str, str]] | Mapping[str, str] | None) -> dict[str, str]:
    """Tags in either of the two forms that templates know, as a plain map."""
    if isinstance(tags, Mapping):
        return dict(tags)
    return {str(tag["Key"]): str(tag.get("Value", "")) for tag in tags or ()}
