"""Text of manifests that CloudFormation would take for a command."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from controller.model.manifest import Manifest
from controller.model.problem import Problem

DYNAMIC = "{{resolve:"  # CloudFormation user guide, "dynamic references": replaced wherever it stands in a string


def dynamic_references(manifests: Iterable[Manifest]) -> Iterator[Problem]:
    """A dynamic reference reads a secret into a template; nothing can escape it, so it is refused."""
    for manifest in manifests:
        for field in _fields(manifest.data, ""):
            yield Problem(
                "dynamic-reference",
                f"{DYNAMIC}…}}}} is how CloudFormation reads a secret, and no manifest may ask for that",
                manifest.at(field),
                manifest.subject,
                field,
                "write the value itself; a secret is named by its name, as in credentialsSecret",
            )


def _fields(value: Any, path: str) -> Iterator[str]:
    match value:
        case str() if DYNAMIC in value:
            yield path
        case Mapping():
            for key, child in value.items():
                below = f"{path}.{key}".lstrip(".")
                if DYNAMIC in key:
                    yield below
                yield from _fields(child, below)
        case Sequence() if not isinstance(value, str):
            for index, child in enumerate(value):
                yield from _fields(child, f"{path}[{index}]")
