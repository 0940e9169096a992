"""docs/manifests.md, from the schemas: every field of every kind, and of every flow type's source."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from controller.kinds import KINDS
from controller.load.schema import document, target, uri
from tools.pages import NOTE

Schema = Mapping[str, Any]


def page() -> str:
    head = f"""{NOTE}
# Manifests

A lake is a folder of YAML files with one manifest or several in each. Every manifest begins with
`apiVersion: lake/v1`, its `kind` and its `metadata.name`; unknown fields are refused. Anchors, aliases, tags and merge
keys are not used. Text that looks like a number, such as an account id, stands in quotes. The first line of a file can
name the kind's schema, and an editor then completes and checks it:

```yaml
# yaml-language-server: $schema=../../schemas/flow.schema.json
```
"""
    return head + "".join(_kind(kind) for kind in KINDS)


def _kind(kind: str) -> str:
    schema = document(uri(kind))
    lines = [f"\n## {kind}\n\n{schema['description']}\n"]
    metadata = schema["properties"]["metadata"]
    lines += [
        _table([*_rows(metadata, "metadata", uri(kind)), *_rows(schema["properties"]["spec"], "spec", uri(kind))])
    ]
    for title, form, base in _forms(schema["properties"]["spec"], "spec", uri(kind)):
        lines.append(f"\n### {title}\n\n{form['description']}\n{_table(list(_rows(form, '', base)))}")
    return "".join(lines)


def _table(rows: list[tuple[str, str, str, str]]) -> str:
    body = "".join(f"| {' | '.join(map(_cell, row))} |\n" for row in rows)
    return f"\n| field | is | default | |\n|---|---|---|---|\n{body}"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")


def _rows(schema: Schema, place: str, base: str) -> Iterator[tuple[str, str, str, str]]:
    """Field, type and bounds, default, description with an example; nested fields below their parent."""
    for name, about in schema.get("properties", {}).items():
        found, _ = target(about["$ref"], base) if "$ref" in about else (about, base)
        field = f"{place}.{name}" if place else name
        default = (
            "needed" if name in schema.get("required", ()) else _code(found["default"]) if "default" in found else ""
        )
        yield f"`{field}`", _is(found), default, f"{found['description']} Such as {_code(found['examples'][0])}"
        yield from _rows(_plain(found), field, base)
        items = found.get("items", {})
        yield from _rows(items, f"{field}[]", base) if not items.get("allOf") else ()


def _plain(schema: Schema) -> Schema:
    """The mapping among alternatives, where there are some; nothing for what has forms of its own."""
    if schema.get("allOf"):
        return {}
    return next((part for part in schema.get("oneOf", ()) if part.get("type") == "object"), schema)


def _forms(schema: Schema, place: str, base: str) -> Iterator[tuple[str, Schema, str]]:
    """What a `type` chooses between: `spec.source` of type http, and the forms inside that one."""
    for name, about in schema.get("properties", {}).items():
        found, within = target(about["$ref"], base) if "$ref" in about else (about, base)
        chooser = found.get("items", found)
        for part in chooser.get("allOf", ()):
            form, there = target(part["then"]["$ref"], within)
            kind = part["if"]["properties"]["type"]["const"]
            title = f"{place}.{name}{'[]' if 'items' in found else ''} of type {kind}"
            yield title, form, there
            yield from _forms(form, title, there)
        yield from _forms(_plain(found), f"{place}.{name}", within) if "allOf" not in chooser else ()


def _is(schema: Schema) -> str:
    if "enum" in schema:
        return " or ".join(_code(value) for value in schema["enum"])
    if "const" in schema:
        return _code(schema["const"])
    if "oneOf" in schema and "type" not in schema:
        return " or ".join(_is(part) for part in schema["oneOf"])
    match schema["type"]:
        case "array":
            most = schema["maxItems"]
            return f"list of {schema.get('minItems', 0)} to {most}"
        case "integer":
            return f"number, {schema['minimum']} to {schema['maximum']}"
        case "string":
            return f"text, at most {schema['maxLength']}" if "maxLength" in schema else "text"
        case "object":
            return "mapping"
    return str(schema["type"])


def _code(value: Any) -> str:
    return f"`{json.dumps(value, ensure_ascii=False)}`"
