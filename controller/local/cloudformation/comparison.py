"""What differs between two values of a resource's properties, as CloudFormation compares them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final


class _Absent:
    """Stands for a member that one side does not have."""


ABSENT: Final = _Absent()
Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """At a path such as `("Tags", "0", "Value")`; a side that has nothing there is ABSENT."""

    path: Path
    before: Any
    after: Any

    @property
    def pointer(self) -> str:
        return "/" + "/".join(self.path)


def differences(before: Any, after: Any, path: Path = ()) -> Iterator[Difference]:
    """Every innermost difference; lists are compared member by member."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in sorted({*before, *after}, key=str):
            yield from differences(before.get(key, ABSENT), after.get(key, ABSENT), (*path, str(key)))
    elif isinstance(before, list) and isinstance(after, list):
        for index in range(max(len(before), len(after))):
            old = before[index] if index < len(before) else ABSENT
            new = after[index] if index < len(after) else ABSENT
            yield from differences(old, new, (*path, str(index)))
    elif not same(before, after):
        yield Difference(path, before, after)


def same(before: Any, after: Any) -> bool:
    """Whether two values mean the same: `true` is `"true"` and 60 is `"60"` in a template."""
    if isinstance(before, (Mapping, list)) or isinstance(after, (Mapping, list)):
        return canonical(before) == canonical(after) if type(before) is type(after) else False
    if before is ABSENT or after is ABSENT:
        return before is after
    return _text(before) == _text(after)


def canonical(value: Any) -> str:
    """One text for values that mean the same."""
    return json.dumps(_texts(value), sort_keys=True)


def at(properties: Any, path: Path) -> list[Any]:
    """The values at a path of a schema, `*` for any member; empty where there is none."""
    if not path:
        return [properties]
    first, rest = path[0], path[1:]
    if isinstance(properties, list):
        tail = rest if first == "*" else path
        return [value for item in properties for value in at(item, tail)]
    if isinstance(properties, Mapping):
        members = properties.values() if first == "*" else [properties[first]] if first in properties else []
        return [value for member in members for value in at(member, rest)]
    return []


def changed_at(before: Any, after: Any, paths: Iterable[Path]) -> list[Path]:
    """Those of the schema's paths where the two differ."""
    return [path for path in paths if canonical(at(before, path)) != canonical(at(after, path))]


def _texts(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _texts(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_texts(item) for item in value]
    return _text(value)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
