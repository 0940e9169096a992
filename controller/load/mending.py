"""A faulty manifest made whole with the schema's own examples, so that the rest of it can be judged in the same run.

Nothing is ever deployed from a mended manifest: it only lets the checks of meaning see what was written rightly, and
what they find near a mended field is not told.
"""

from __future__ import annotations

import copy
import dataclasses
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from controller.load.schema import valid
from controller.load.wording import path
from controller.model.manifest import Manifest
from controller.model.problem import Problem

_SECTION = re.compile(r"[^.\[]*(\.[^.\[]*)?")
_GONE = object()

Steps = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Mended:
    """`touched` are the fields that were replaced, added or taken away."""

    manifest: Manifest
    touched: frozenset[str]

    def tells(self, problem: Problem) -> bool:
        """Whether a problem speaks of what was written, rather than of an example put in its place."""
        if _section(problem.field) in {_section(field) for field in self.touched}:
            return False
        if problem.code == "unknown-column":
            return not any(field.startswith("spec.contract") for field in self.touched)
        return problem.code != "bad-schedule" or not self.touched & {"spec.source", "spec.source.type"}


def mend(manifest: Manifest, errors: Iterable[Any]) -> Mended | None:
    """The manifest with something right wherever `errors`, of `jsonschema`, found fault; None where that cannot be."""
    data: Any = copy.deepcopy(manifest.data)
    touched: set[str] = set()
    for steps, instead in sorted(_repairs(errors), key=lambda repair: -len(repair[0])):
        if len(steps) < 2 or not _put(data, steps, instead):
            return None
        touched.add(path(steps))
    if not touched or not valid(manifest.kind, data):
        return None
    return Mended(dataclasses.replace(manifest, data=data), frozenset(touched))


def _repairs(errors: Iterable[Any]) -> Iterator[tuple[Steps, Any]]:
    """What to put where; `_GONE` takes the field away."""
    for error in errors:
        steps: Steps = tuple(error.absolute_path)
        properties = error.schema.get("properties", {})
        if error.validator == "additionalProperties":
            yield from (((*steps, key), _GONE) for key in error.instance if key not in properties)
        elif error.validator == "required":
            missing = [name for name in error.validator_value if name not in error.instance]
            yield from (((*steps, name), _example(properties.get(name, {}))) for name in missing)
        elif error.validator == "oneOf" and isinstance(error.instance, dict):
            named = [branch["required"][0] for branch in error.validator_value if list(branch) == ["required"]]
            yield from (((*steps, name), _GONE) for name in named[1:])
        else:
            yield steps, _example(error.schema)


def _example(schema: Any) -> Any:
    examples = schema.get("examples")
    return copy.deepcopy(examples[0]) if examples else _GONE


def _put(data: Any, steps: Steps, instead: Any) -> bool:
    """Whether it could be put there."""
    parent = data
    for step in steps[:-1]:
        parent = parent[step]
    if isinstance(parent, dict) and instead is _GONE:
        parent.pop(steps[-1], None)
    elif instead is _GONE:
        return False
    else:
        parent[steps[-1]] = instead
    return True


def _section(field: str) -> str:
    """The part of a manifest that is judged as one, such as `spec.contract` for `spec.contract.key[0]`."""
    found = _SECTION.match(field)
    return found.group() if found else field
