"""The schemas of the manifest kinds: read once, compiled once for the fast answer valid or not."""

from __future__ import annotations

import json
from functools import cache
from typing import Any
from urllib.parse import urldefrag, urljoin

import jsonschema_rs

from controller.load.places import folder

ROOT = "file:///"  # what schemas/ and blueprints/ are relative to; a name only, nothing is fetched from there


def uri(kind: str) -> str:
    return f"{ROOT}schemas/{kind.lower()}.schema.json"


@cache
def document(place: str) -> dict[str, Any]:
    """A schema by its address below `ROOT`."""
    top, _, rest = place.removeprefix(ROOT).partition("/")
    path = folder(top if top in ("schemas", "pipeline") else "blueprints") / rest
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def target(ref: str, base: str) -> tuple[dict[str, Any], str]:
    """What a `$ref` in the schema at `base` points to, and the address that its own references are relative to."""
    place, pointer = urldefrag(urljoin(base, ref))
    found = document(place)
    for word in pointer.split("/")[1:]:
        found = found[word]
    return found, place


@cache
def resources(kind: str) -> tuple[tuple[str, dict[str, Any]], ...]:
    """The kind's schema and those it refers to, by address."""
    found: dict[str, dict[str, Any]] = {}
    waiting = [uri(kind)]
    while waiting:
        place = waiting.pop()
        if place not in found:
            found[place] = document(place)
            waiting.extend(urldefrag(urljoin(place, ref)).url for ref in _refs(found[place]))
    return tuple(sorted(found.items()))


def _refs(schema: Any) -> list[str]:
    if isinstance(schema, dict):
        here = [schema["$ref"]] if isinstance(schema.get("$ref"), str) else []
        return here + [ref for value in schema.values() for ref in _refs(value)]
    return [ref for value in schema for ref in _refs(value)] if isinstance(schema, list) else []


@cache
def compiled(kind: str) -> Any:
    """A compiled validator; `format: date` is checked too."""
    registry = jsonschema_rs.Registry(list(resources(kind)))
    return jsonschema_rs.Draft202012Validator({"$ref": uri(kind)}, registry=registry, validate_formats=True)


def valid(kind: str, data: Any) -> bool:
    answer: bool = compiled(kind).is_valid(data)
    return answer
