"""The schemas: complete for an editor, closed to the mistyped, and judged alike by both validators."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml

from controller.kinds import KINDS
from controller.load.places import folder
from controller.load.schema import document, resources, uri, valid
from controller.load.wording import errors_of, wrongs

ACME = Path(__file__).parents[2] / "lakes" / "acme"
MANIFESTS = [
    yaml.safe_load(path.read_text().replace("expires: 2", "expires: !!str 2")) for path in sorted(ACME.rglob("*.yaml"))
]
ODD: list[Any] = [
    None,
    True,
    0,
    -1,
    7,
    1.5,
    10**30,
    "",
    "x",
    "x\n",
    "X y",
    "Ünï",
    "a" * 5000,
    [],
    ["a", "a"],
    {},
    {"a": 1},
]


def fields(schema: Any, place: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every described value of a schema: properties, items, and values of open mappings."""
    if not isinstance(schema, dict):
        return
    for name, about in schema.get("properties", {}).items():
        if set(about) != {"const"}:  # a condition, not a field
            yield f"{place}.{name}", about
        yield from fields(about, f"{place}.{name}")
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), dict):
            yield f"{place}[]", schema[key]
            yield from fields(schema[key], f"{place}[]")
    for key in ("oneOf", "allOf"):
        for part in schema.get(key, ()):
            yield from fields(part, place)
    for name, part in schema.get("$defs", {}).items():
        yield f"{place}#{name}", part
        yield from fields(part, f"{place}#{name}")


def sources() -> list[str]:
    return sorted(path.parent.name for path in (folder("blueprints") / "flows").glob("*/schema.json"))


SCHEMAS = [
    *((kind, document(uri(kind))) for kind in KINDS),
    *(
        (name, {"$defs": document(f"file:///blueprints/flows/{name}/schema.json")["$defs"]})
        for name in sources()
        if "source" in document(f"file:///blueprints/flows/{name}/schema.json").get("$defs", {})
    ),
]


@pytest.mark.parametrize("schema", [schema for _, schema in SCHEMAS], ids=[name for name, _ in SCHEMAS])
def test_every_field_is_described_bounded_and_shown(schema: dict[str, Any]) -> None:
    found = list(fields(schema))
    assert found
    for place, about in found:
        if "$ref" in about:
            continue
        assert about.get("description"), f"{place} has no description"
        assert about.get("examples"), f"{place} has no example"
        match about.get("type"):
            case "string":
                assert "pattern" in about or "maxLength" in about, f"{place} has no bound"
            case "integer":
                assert {"minimum", "maximum"} <= set(about), f"{place} has no bound"
            case "array":
                assert "maxItems" in about, f"{place} has no bound"
            case "object":
                closed = about.get("additionalProperties") is False or "maxProperties" in about
                assert closed or "allOf" in about, f"{place} takes unknown keys"


@pytest.mark.parametrize("kind", KINDS)
def test_a_schema_is_a_schema_and_its_examples_fit(kind: str) -> None:
    for _, schema in resources(kind):
        jsonschema_rs.meta.validate(schema)
    schema = document(uri(kind))
    for example in schema["examples"]:
        assert valid(kind, example)


def test_every_flow_type_is_a_folder_and_every_folder_a_flow_type() -> None:
    listed = document(uri("Flow"))["properties"]["spec"]["properties"]["source"]["properties"]["type"]["enum"]
    with_source = [name for name, schema in SCHEMAS if "source" in schema.get("$defs", {})]
    assert sorted(listed) == with_source


def test_the_modelines_lead_an_editor_to_the_schema() -> None:
    top = Path(__file__).parents[3]
    for path in [*sorted(ACME.rglob("*.yaml")), *sorted((top / "manifests").rglob("*.yaml"))]:
        first = path.read_text().splitlines()[0]
        target = (path.parent / first.partition("$schema=")[2]).resolve()
        assert target.is_file(), path
        assert json.loads(target.read_text())["title"] == yaml.safe_load(path.read_text())["kind"]


def places(value: Any, here: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield here
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        yield from places(child, (*here, key))


def variants(manifest: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The manifest with one value replaced, removed, or joined by an unknown key."""
    for number, place in enumerate(places(manifest)):
        if not place:
            continue
        for odd in (ODD[number % len(ODD)], ODD[(number * 7 + 3) % len(ODD)]):
            changed = copy.deepcopy(manifest)
            parent = changed
            for word in place[:-1]:
                parent = parent[word]
            parent[place[-1]] = odd
            yield changed
        changed = copy.deepcopy(manifest)
        parent = changed
        for word in place[:-1]:
            parent = parent[word]
        del parent[place[-1]]
        if isinstance(parent, dict):
            yield copy.deepcopy(changed)
            parent["surplus"] = 1
        yield changed


@pytest.mark.parametrize(
    "manifest", MANIFESTS, ids=lambda manifest: f"{manifest['kind']}-{manifest['metadata']['name']}"
)
def test_both_validators_say_the_same_and_every_refusal_has_words(manifest: dict[str, Any]) -> None:
    kind = manifest["kind"]
    assert valid(kind, manifest)
    assert not errors_of(kind, manifest)
    for changed in variants(manifest):
        fast = valid(kind, changed)
        errors = errors_of(kind, changed)
        slow = not errors
        ends_in_a_break = '\\n"' in json.dumps(changed)  # where Python's $ and ECMA's part ways
        assert fast == slow or (slow and ends_in_a_break), changed
        if not fast:
            found = wrongs(kind, changed, errors)
            assert found
            assert all(wrong.message and wrong.code for wrong in found)
