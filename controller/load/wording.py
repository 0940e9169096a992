"""Schema errors in words: where, what was found, what is expected. Only a document that failed comes here.

The compiled validator says fast that something is wrong; `jsonschema` says what
(docs/adr/0002-two-schema-validators.md).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from typing import Any

from controller.load.schema import compiled, resources, uri

_TYPES = {
    "object": "a mapping",
    "array": "a list",
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "nothing",
}


@dataclass(frozen=True, slots=True)
class Wrong:
    """One fault of shape; `field` as in `spec.access[1].silo`. `at_key` asks for the key's place, not the value's."""

    code: str
    message: str
    field: str
    hint: str = ""
    at_key: bool = False
    name: str = ""  # of a missing field, or the one that an unknown field was meant to be
    found: Any = None  # the value that has the wrong type


def nearest(word: str, words: Sequence[str]) -> str:
    """The closest of `words`, or nothing."""
    close = get_close_matches(word, words, 1, 0.6) or get_close_matches(word.lower(), words, 1, 0.6)
    return close[0] if close else ""


def near(word: str, words: Sequence[str]) -> str:
    """A hint that names the closest of `words`, or nothing."""
    close = nearest(word, words)
    return f'did you mean "{close}"?' if close else ""


def errors_of(kind: str, data: Any) -> tuple[Any, ...]:
    """What `jsonschema` finds wrong with a document, in the schema's order."""
    return tuple(_validator(kind).iter_errors(data))


EXAMPLE_MAX = 120  # characters: a hint is one line
MANUAL = "docs/manifests.md"


def wrongs(kind: str, data: Any, errors: Sequence[Any]) -> tuple[Wrong, ...]:
    """The errors in words, one for each fault; at least one for a document that the compiled validator refused."""
    found = [wrong for error in errors for wrong in _worded(error)]
    if found:
        misspelt = {(wrong.field.rpartition(".")[0], wrong.name) for wrong in found if wrong.code == "unknown-field"}
        return tuple(w for w in found if w.code != "missing-field" or (w.field, w.name) not in misspelt)
    # Patterns end differently at a final line break: Python's `$` stands before it, ECMA's does not.
    return tuple(
        Wrong("wrong-value", "this value does not have the form that is asked for", path(error.instance_path))
        for error in compiled(kind).iter_errors(data)
    )


@cache
def _validator(kind: str) -> Any:
    from jsonschema import Draft202012Validator, FormatChecker
    from referencing import Registry
    from referencing.jsonschema import DRAFT202012

    registry: Any = Registry().with_resources(
        (place, DRAFT202012.create_resource(schema)) for place, schema in resources(kind)
    )
    return Draft202012Validator({"$ref": uri(kind)}, registry=registry, format_checker=FormatChecker(["date"]))


def path(words: Sequence[str | int]) -> str:
    return "".join(f"[{word}]" if isinstance(word, int) else f".{word}" for word in words).lstrip(".")


def _worded(error: Any) -> Iterator[Wrong]:
    field = path(error.absolute_path)
    match error.validator:
        case "additionalProperties":
            yield from _unknown(error, field)
        case "required":
            missing = re.match(r"'(.*)' is a required", error.message)
            name = missing.group(1) if missing else ""
            about = error.schema.get("properties", {}).get(name, {})
            yield Wrong("missing-field", f'"{name}" is missing', field, _expected(about), at_key=True, name=name)
        case "type":
            message = f"expected {_TYPES[error.validator_value]}, found {_shown(error.instance)}"
            yield Wrong("wrong-type", message, field, _expected(error.schema), found=error.instance)
        case "enum" | "const":
            yield _not_one_of(error, field)
        case "oneOf" | "anyOf":
            yield from _alternatives(error, field)
        case "uniqueItems":
            yield Wrong("repeated-item", "a value is in this list twice", field)
        case "propertyNames":
            yield Wrong("wrong-value", f"the key {_shown(error.instance)} does not have the form asked for", field)
        case "pattern" | "format":
            yield Wrong(
                "wrong-value",
                f"{_shown(error.instance)} does not have the form asked for",
                field,
                _expected(error.schema),
            )
        case _:
            yield Wrong("out-of-range", _limit(error), field, _expected(error.schema))


def _unknown(error: Any, field: str) -> Iterator[Wrong]:
    known = error.schema.get("properties", {})
    for key in error.instance:
        if key not in known:
            close = nearest(key, [name for name in known if name not in error.instance])
            hint = f'did you mean "{close}"?' if close else "known here: " + ", ".join(known)
            message = f'there is no field "{key[:60]}" here'
            yield Wrong("unknown-field", message, f"{field}.{key}".lstrip("."), hint, at_key=True, name=close)


def _not_one_of(error: Any, field: str) -> Wrong:
    values = error.validator_value if error.validator == "enum" else [error.validator_value]
    words = ", ".join(json.dumps(value) for value in values)
    hint = near(error.instance, values) if isinstance(error.instance, str) and error.instance else ""
    code = "wrong-type" if not isinstance(error.instance, str) else "wrong-value"
    found = error.instance if code == "wrong-type" else None
    return Wrong(code, f"{_shown(error.instance)} is not one of {words}", field, hint, found=found)


def _alternatives(error: Any, field: str) -> Iterator[Wrong]:
    branches = error.validator_value
    names = [branch["required"][0] for branch in branches if list(branch) == ["required"]]
    if names:
        given = [name for name in names if name in error.instance]
        words = " and ".join(f'"{name}"' for name in names)
        message = f"exactly one of {words} is needed, {'both are' if len(given) > 1 else 'none is'} given"
        yield Wrong("wrong-value", message, field, at_key=True)
        return
    fitting = [e for e in error.context if e.validator != "type" or e.absolute_path != error.absolute_path]
    if fitting:
        for inner in fitting:
            yield from _worded(inner)
        return
    kinds = " or ".join(_TYPES[branch["type"]] for branch in branches)
    message = f"expected {kinds}, found {_shown(error.instance)}"
    yield Wrong("wrong-type", message, field, _expected(branches[0]), found=error.instance)


def _limit(error: Any) -> str:
    limit, value = error.validator_value, error.instance
    match error.validator:
        case "minimum":
            return f"{value} is less than {limit}"
        case "maximum":
            return f"{value} is more than {limit}"
        case "multipleOf":
            return f"{value} is not a multiple of {limit}"
        case "minLength":
            return "this text is empty" if not value else f"{_shown(value)} is shorter than {limit} characters"
        case "maxLength":
            return f"{_shown(value)} has {len(value)} characters, {limit} at most"
        case "minItems" | "minProperties":
            return f"{len(value) or 'nothing'} is given here, at least {limit} is needed"
        case "maxItems" | "maxProperties":
            return f"{len(value)} are given here, {limit} at most"
    return "this value is not what is asked for"


def _shown(value: Any) -> str:
    """A value as a short piece of a message."""
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else text[:57] + "…" + text[-1]


def _expected(schema: Any) -> str:
    """What the schema says in words, with an example."""
    if not isinstance(schema, dict) or "description" not in schema:
        return ""
    said = str(schema["description"]).rstrip(".")
    examples = schema.get("examples") or [None]
    if examples[0] is None:
        return said
    example = json.dumps(examples[0], ensure_ascii=False)
    return f"{said}, such as {example}" if len(example) <= EXAMPLE_MAX else f"{said}; {MANUAL} has an example"
