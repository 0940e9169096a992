"""Manifests, changed in one field: what fields a kind has, where a manifest has them, what else could stand there."""

from __future__ import annotations

import copy
import itertools
import re
import string
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, timedelta
from typing import Any

from controller.load.schema import document, target, uri

Where = tuple[str, ...]  # names of fields; "[]" is each item of a list, "{}" each value of a mapping of free names
Manifest = dict[str, Any]
Fields = dict[str, Any]  # values by their places in dots
DAY = re.compile(r"\d{4}-\d\d-\d\d")
LETTERS = string.ascii_lowercase + string.digits
SOURCE = ("spec", "source")  # of a flow: its fields stand in the flow type's own schema


def leaves(kind: str) -> dict[Where, dict[str, Any]]:
    """Every field of the kind that holds no fields itself, and its schema; one that has a single value is left out."""
    root = document(uri(kind))["properties"]
    without = SOURCE if kind == "Flow" else None
    found: dict[Where, dict[str, Any]] = {}
    for name in ("metadata", "spec"):
        found |= dict(_leaves(root[name], uri(kind), (name,), without))
    return found


def leaves_of_source(flow_type: str) -> dict[Where, dict[str, Any]]:
    """The same of a flow's source of that type."""
    base = f"file:///blueprints/flows/{flow_type}/schema.json"
    return dict(_leaves({"$ref": "#/$defs/source"}, base, SOURCE, None))


def _leaves(schema: Any, base: str, at: Where, without: Where | None) -> Iterator[tuple[Where, dict[str, Any]]]:
    if "$ref" in schema:
        schema, base = target(schema["$ref"], base)
    forms = [one["then"] for one in schema.get("allOf", ())] if at != without else []
    for form in (*forms, *schema.get("oneOf", ())):
        yield from _leaves(form, base, at, without)
    for name, about in schema.get("properties", {}).items():
        yield from _leaves(about, base, (*at, name), without)
    if "properties" in schema.get("items", {}):
        yield from _leaves(schema["items"], base, (*at, "[]"), without)
    elif isinstance(schema.get("additionalProperties"), Mapping):
        yield (*at, "{}"), schema["additionalProperties"]
    elif {"type", "enum"} & schema.keys() and not {"oneOf", "properties"} & schema.keys() and not _single(schema):
        yield at, schema


def _single(schema: Mapping[str, Any]) -> bool:
    return len(schema.get("enum", schema.get("items", {}).get("enum", (1, 2)))) == 1 or "const" in schema


def places(value: Any, where: Where) -> Iterator[tuple[Any, str | int]]:
    """Each mapping or list of the manifest that holds the field, and the key by which it does."""
    step, rest = where[0], where[1:]
    match value:
        case dict() if step == "{}":
            keys: Iterable[Any] = list(value)
        case dict():
            keys = [step] if step in value else []
        case list() if step == "[]":
            keys = range(len(value))
        case _:
            keys = []
    for key in keys:
        if rest:
            yield from places(value[key], rest)
        else:
            yield value, key


def put(manifest: Manifest, fields: Fields) -> Manifest:
    """The manifest with these fields, each in the place of what stood there."""
    made = copy.deepcopy(manifest)
    for path, value in fields.items():
        *above, last = path.split(".")
        holder = made
        for name in above:
            holder = holder.setdefault(name, {})
        holder[last] = value
    return made


def changed(
    manifest: Manifest,
    where: Where,
    about: Mapping[str, Any],
    known: Iterable[str],
    fits: Callable[[Manifest], bool],
    most: int,
) -> Iterator[Manifest]:
    """The manifest with something else in the field, at each of its places `most` times; `fits` is asked of each.

    `known` is text that could mean something there: names, units, regions.
    """
    for number, (holder, key) in enumerate(places(manifest, where)):
        made = (_with(manifest, where, number, other) for other in others(about, holder[key], tuple(known)))
        yield from itertools.islice((one for one in made if one != manifest and fits(one)), most)


def _with(manifest: Manifest, where: Where, number: int, value: Any) -> Manifest:
    made = copy.deepcopy(manifest)
    holder, key = next(itertools.islice(places(made, where), number, None))
    holder[key] = value
    return made


def others(about: Mapping[str, Any], value: Any, known: tuple[str, ...] = ()) -> Iterator[Any]:
    """Values that the field could have instead, some of them wrong."""
    yield from about.get("enum", ())
    yield from about.get("examples", ())
    match value:
        case bool():
            yield not value
        case int():
            yield from (value + 1, value - 1, value + 8)
        case str() if DAY.fullmatch(value):
            yield from ((date.fromisoformat(value) + timedelta(days=days)).isoformat() for days in (1, -1))
        case str():
            yield from known
            yield value + "a"
            for place in reversed(range(len(value))):
                yield from (value[:place] + letter + value[place + 1 :] for letter in LETTERS)
        case list():
            if len(value) > 1:
                yield value[:-1]
            for item in (
                others(about.get("items", {}), value[0], known) if value else about["items"].get("examples", ())
            ):
                yield from ([*value, item], [*value[:-1], item])
