"""What a replacement does to the resources that refer to it: CloudFormation gives them the new one's values."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

_NAMED = re.compile(r"\$\{([A-Za-z0-9]+)(?:\.([^}]+))?\}")  # in Fn::Sub; `${!x}` is text


@dataclass(frozen=True, slots=True)
class Follow:
    """A property that holds a value of another resource; `path` and `pointer` as in edits.py."""

    path: str
    pointer: str
    expression: Any
    name: str
    attribute: str


def follows(properties: Any, path: str = "", pointer: str = "") -> Iterator[Follow]:
    """Every reference in a resource's properties, in their order."""
    match properties:
        case {"Ref": str(name)} if len(properties) == 1:
            yield Follow(path, pointer, properties, name, "Ref")
        case {"Fn::GetAtt": [str(name), str(attribute)]} if len(properties) == 1:
            yield Follow(path, pointer, properties, name, attribute)
        case {"Fn::Sub": said} if len(properties) == 1:
            text, own = (said, {}) if isinstance(said, str) else said
            for name, attribute in _NAMED.findall(text):
                if name not in own:
                    yield Follow(path, pointer, properties, name, attribute or "Ref")
            for child in own.values():
                yield from _within(child, path, pointer)
        case Mapping():
            for name, child in properties.items():
                if name.startswith("Fn::"):
                    yield from _within(child, path, pointer)
                else:
                    yield from follows(child, f"{path}.{name}".lstrip("."), f"{pointer}/{name}")
        case list():
            for index, child in enumerate(properties):
                yield from follows(child, f"{path}[{index}]", f"{pointer}/*")


def _within(value: Any, path: str, pointer: str) -> Iterator[Follow]:
    """References inside of a function: they are part of the property that it makes."""
    return (replace(one, path=path, pointer=pointer) for one in follows(value))


def following(
    resources: Mapping[str, Any], replaced: set[str], fixed: Callable[[str, str], bool]
) -> dict[str, list[tuple[Follow, bool]]]:
    """By logical id, which properties follow a replaced resource, and whether each makes its own one anew.

    `fixed` answers for a type and a pointer; what is made anew because of another is followed too.
    """
    made: dict[str, list[tuple[Follow, bool]]] = {}
    anew, waiting = set(replaced), set(replaced)
    while waiting:
        found: set[str] = set()
        for name, resource in resources.items():
            for one in follows(resource.get("Properties", {})):
                if one.name in waiting and one.name != name:
                    forced = fixed(resource["Type"], one.pointer)
                    made.setdefault(name, []).append((one, forced))
                    found |= {name} if forced else set()
        waiting = found - anew
        anew |= waiting
    return made
