"""No field of a flow's source is without effect: of each type each field is changed, and what is rendered changes."""

from __future__ import annotations

import copy
import string
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jsonschema_rs
import pytest
import yaml

from controller.engine.validate import load_lake
from controller.load.places import folder
from controller.load.schema import document
from controller.render.blueprint import Catalogue
from controller.render.values import parts
from controller.resolve.lake import Lake

CATALOGUE = Catalogue.read()
LAKE: Lake = load_lake(Path(__file__).parents[1] / "lakes" / "plain", CATALOGUE.available, date(2026, 1, 1))[0]
TYPES = sorted(name.removeprefix("flows/") for name in CATALOGUE.available if name.startswith("flows/"))
LETTERS = string.ascii_lowercase + string.ascii_uppercase + string.digits

Where = tuple[str, ...]


class AnyPartner(Mapping[str, Any]):
    """Whichever partner a flow names, with a prefix of its own in the silo."""

    def __getitem__(self, name: str) -> Any:
        return SimpleNamespace(access=[SimpleNamespace(silo="sales", dropzone=f"inbound/{name}")])

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def schema_of(kind: str) -> dict[str, Any]:
    found: dict[str, Any] = document(f"file:///blueprints/flows/{kind}/schema.json")["$defs"]
    return {**found["source"], "$defs": found}


def resolved(schema: dict[str, Any], part: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in part:
        part = schema["$defs"][part["$ref"].rpartition("/")[2]]
    return part


def fields(schema: dict[str, Any], part: dict[str, Any], at: Where = ()) -> Iterator[tuple[Where, dict[str, Any]]]:
    part = resolved(schema, part)
    for name, below in part.get("properties", {}).items():
        below = resolved(schema, below)
        if "const" not in below:
            yield (*at, name), below
        yield from fields(schema, below, (*at, name))
    for choice in (*part.get("allOf", ()), *part.get("oneOf", ())):
        yield from fields(schema, choice.get("then", {}), at)


def sources(kind: str) -> list[dict[str, Any]]:
    """Those of the blueprint's cases and of its schema's examples."""
    cases = sorted((folder("blueprints") / "flows" / kind).glob("cases/*/values.yaml"))  # type: ignore[operator]
    return [yaml.safe_load(case.read_text(encoding="utf-8"))["source"] for case in cases]


def holder(source: dict[str, Any], at: Where) -> dict[str, Any] | None:
    found: Any = source
    for name in at[:-1]:
        found = found.get(name) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else None


def others(about: dict[str, Any], value: Any) -> Iterator[Any]:
    """Values that the field could have instead, some of them wrong."""
    yield from about.get("enum", ())
    yield from about.get("examples", ())
    match value:
        case bool():
            yield not value
        case int():
            yield from (value + 1, value - 1)
        case str():
            for place in reversed(range(len(value))):
                yield from (value[:place] + letter + value[place + 1 :] for letter in LETTERS)
            yield value + "a/"
        case list():
            yield from ([*value, item] for item in others(about.get("items", {}), value[0]))
        case dict():
            yield None  # left out


def changed(kind: str, at: Where, about: dict[str, Any]) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Sources before and after a change of one field; both are as the schema wants them."""
    valid = jsonschema_rs.validator_for(schema_of(kind))
    for source in sources(kind):
        there = holder(source, at)
        if there is None:
            continue
        for other in others(about, there.get(at[-1])):
            after = copy.deepcopy(source)
            place = holder(after, at)
            assert place is not None
            if other is None:
                place.pop(at[-1])
            else:
                place[at[-1]] = other
            if after != source and valid.is_valid(after):
                yield source, after


def rendered(kind: str, source: dict[str, Any]) -> dict[str, Any]:
    schedule = "on-arrival" if kind == "dropzone" else "rate(1 hour)"
    own = {name: value for name, value in source.items() if name != "type"}
    flow = replace(LAKE.flows["orders"], silo="sales", source_type=kind, source=own, schedule=schedule)
    lake = replace(LAKE, flows={"orders": flow}, flows_by_silo={"sales": (flow,)}, partners=AnyPartner())
    part = next(one for one in parts(lake, lake.silos["sales"], CATALOGUE) if one.address == "flow/orders")
    return CATALOGUE.render(part.blueprint, part.values)


FIELDS = [
    pytest.param(kind, at, about, id=f"{kind}-{'.'.join(at)}")
    for kind in TYPES
    for at, about in dict(fields(schema_of(kind), schema_of(kind))).items()
]


@pytest.mark.parametrize(("kind", "at", "about"), FIELDS)
def test_a_changed_field_changes_what_is_rendered(kind: str, at: Where, about: dict[str, Any]) -> None:
    found = next(changed(kind, at, about), None)
    assert found is not None, "no case has the field, or nothing else fits it"
    before, after = found
    assert rendered(kind, before) != rendered(kind, after)


def test_each_type_has_fields_and_three_cases() -> None:
    assert len(TYPES) == 8
    assert {kind for kind in TYPES if len(sources(kind)) < (2 if kind in ("http", "dropzone") else 3)} == set()
    assert {param.values[0] for param in FIELDS} == set(TYPES)
