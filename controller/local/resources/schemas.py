"""What CloudFormation knows of a resource type: the provider schemas that cfn-lint ships, compiled when asked for."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import jsonschema_rs
from cfnlint.schema import ResourceNotFoundError
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

REGION = "us-east-1"  # where every type exists first; the shape of a type does not differ between regions
NOT_RULES = (
    "$schema",
    "description",
    "format",
    "examples",
    "default",
    "$comment",
)  # words of a schema that refuse nothing here

Path = tuple[str, ...]

_lock = threading.Lock()
_known: dict[str, ProviderSchema] = {}


class UnknownType(Exception):
    """The embedded AWS cannot make resources of this type."""

    def __init__(self, type_name: str) -> None:
        super().__init__(f"resource type that the embedded AWS cannot make: {type_name}")
        self.type_name = type_name


def provider_schema(type_name: str, region: str = REGION) -> ProviderSchema:
    """The schema of a type. Raises UnknownType where CloudFormation itself has none."""
    with _lock:  # cfn-lint's own cache is not made for threads
        if type_name not in _known:
            try:
                body = PROVIDER_SCHEMA_MANAGER.get_resource_schema(region, type_name).schema
            except ResourceNotFoundError as error:
                raise UnknownType(type_name) from error
            _known[type_name] = ProviderSchema(type_name, body)
        return _known[type_name]


@dataclass(frozen=True, eq=False)
class ProviderSchema:
    """Paths are those of the schema without `/properties`, `*` stands for any element: `("TableInput", "Name")`."""

    type: str
    body: Mapping[str, Any] = field(repr=False)

    @cached_property
    def create_only(self) -> tuple[Path, ...]:
        """A change of any of these replaces the resource."""
        return self._paths("createOnlyProperties")

    @cached_property
    def conditional_create_only(self) -> tuple[Path, ...]:
        return self._paths("conditionalCreateOnlyProperties")

    @cached_property
    def read_only(self) -> tuple[Path, ...]:
        """What Fn::GetAtt can answer and no template may set."""
        return self._paths("readOnlyProperties")

    @cached_property
    def write_only(self) -> tuple[Path, ...]:
        """What no read gives back, so that drift cannot be seen."""
        return self._paths("writeOnlyProperties")

    @cached_property
    def primary_identifier(self) -> tuple[Path, ...]:
        return self._paths("primaryIdentifier")

    @cached_property
    def properties(self) -> frozenset[str]:
        return frozenset(self.body.get("properties", {}))

    @cached_property
    def tag_property(self) -> str:
        """The property that holds tags; empty for a type that cannot be tagged."""
        tagging = self.body.get("tagging", {})
        path = tuple(tagging.get("tagProperty", "/properties/Tags").split("/")[2:])
        there = tagging.get("taggable", False) and path and path[0] in self.properties and path not in self.write_only
        return path[0] if there else ""

    @cached_property
    def tags_as_map(self) -> bool:
        return self._resolve(self.body.get("properties", {}).get(self.tag_property, {})).get("type") != "array"

    def is_text(self, path: Path) -> bool:
        """Whether the property at a path holds a string."""
        schema: Mapping[str, Any] = self.body
        for part in path:
            schema = self._resolve(schema.get("properties", {}).get(part, {}))
        return bool(schema.get("type") == "string")

    def coerce(self, properties: Mapping[str, Any]) -> dict[str, Any]:
        """Scalars in the types of the schema: CloudFormation takes `"60"` for 60, and `true` for `"true"`."""
        coerced: dict[str, Any] = self._coerce(self.body, properties)
        return coerced

    def validate(self, properties: Mapping[str, Any]) -> list[str]:
        """What CloudFormation would refuse, in its words; empty where it would go on. Scalars are coerced first."""
        names = sorted(
            path[0]
            for path in self.read_only
            if len(path) == 1 and path[0] in properties and path not in self._settable
        )
        found = [f"#: extraneous key [{name}] is not permitted" for name in names]
        errors = self._validator.iter_errors(self.coerce(properties))
        return sorted({*found, *(message for error in errors for message in _worded(error))})

    @cached_property
    def _settable(self) -> frozenset[Path]:
        return frozenset((*self.create_only, *self.write_only))

    @cached_property
    def _validator(self) -> Any:
        rules = _rules(self.body)
        try:
            return jsonschema_rs.Draft7Validator(rules)
        except ValueError:  # a few schemas hold patterns of Java's dialect
            return jsonschema_rs.Draft7Validator(_rules(self.body, (*NOT_RULES, "pattern", "patternProperties")))

    def _paths(self, key: str) -> tuple[Path, ...]:
        return tuple(
            tuple(part for part in pointer.split("/")[1:] if part not in ("properties", "items"))
            for pointer in self.body.get(key, ())
        )

    def _resolve(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        while "$ref" in schema:
            found: Any = self.body
            for part in schema["$ref"].removeprefix("#/").split("/"):
                found = found[part]
            schema = found
        return schema

    def _coerce(self, schema: Mapping[str, Any], value: Any) -> Any:
        schema = self._resolve(schema)
        match value:
            case Mapping():
                fields = schema.get("properties", {})
                others = next(iter(schema.get("patternProperties", {}).values()), schema.get("additionalProperties"))
                others = others if isinstance(others, Mapping) else {}
                return {key: self._coerce(fields.get(key, others), item) for key, item in value.items()}
            case list() | tuple():
                return [self._coerce(schema.get("items", {}), item) for item in value]
        return _scalar(schema.get("type"), value)


def _scalar(kind: Any, value: Any) -> Any:
    match kind, value:
        case "string", bool():
            return json.dumps(value)
        case "string", int() | float():
            return str(value)
        case "boolean", "true" | "True":
            return True
        case "boolean", "false" | "False":
            return False
        case "integer" | "number", str() if value.lstrip("-").isdigit():
            return int(value)
        case "number", str() if value.lstrip("-").replace(".", "", 1).isdigit():
            return float(value)
    return value


def _rules(schema: Any, drop: Sequence[str] = NOT_RULES, names: bool = False) -> Any:
    """The schema without what refuses nothing; `names` tells that the keys are property names, which all stay."""
    if isinstance(schema, list):
        return [_rules(item, drop) for item in schema]
    if not isinstance(schema, Mapping):
        return schema
    if not names:
        open_ended = "patternProperties" in drop and "patternProperties" in schema
        schema = {k: v for k, v in schema.items() if k not in drop and not (open_ended and k == "additionalProperties")}
    return {
        key: _rules(value, drop, not names and key in ("properties", "definitions", "patternProperties"))
        for key, value in schema.items()
    }


def _worded(error: Any) -> Iterator[str]:
    """One message for each fault, such as `#/Timeout: expected type: Integer, found: String`."""
    where = "#" + "".join(f"/{part}" for part in error.instance_path)
    kind = error.kind
    match kind.name:
        case "additionalProperties":
            yield from (f"{where}: extraneous key [{name}] is not permitted" for name in kind.unexpected)
        case "required":
            yield f"{where}: required key [{kind.property}] not found"
        case "type":
            expected = "/".join(_called(name) for name in kind.types)
            yield f"{where}: expected type: {expected}, found: {_kind(error.instance)}"
        case "enum":
            yield f"{where}: {error.instance} is not a valid enum value"
        case "pattern":
            yield f"{where}: string [{error.instance}] does not match pattern {kind.pattern}"
        case "minLength" | "maxLength":
            yield f"{where}: expected {kind.name}: {kind.limit}, actual: {len(error.instance)}"
        case "minItems" | "maxItems":
            yield f"{where}: expected {kind.name[:3]}imum item count: {kind.limit}, found: {len(error.instance)}"
        case "minimum":
            yield f"{where}: {error.instance} is not greater or equal to {kind.limit}"
        case "maximum":
            yield f"{where}: {error.instance} is not less or equal to {kind.limit}"
        case "anyOf" | "oneOf":
            yield f"{where}: 0 subschemas matched instead of one"
        case "uniqueItems":
            yield f"{where}: array items are not unique"
        case _:
            yield f"{where}: {error.message}"


def _called(name: str) -> str:
    return {"object": "JSONObject", "array": "JSONArray"}.get(name, name.capitalize())


def _kind(value: Any) -> str:
    names = {bool: "Boolean", int: "Integer", float: "Number", str: "String", list: "JSONArray", dict: "JSONObject"}
    return names.get(type(value), "Null")
