"""CloudFormation's YAML: short tags to long form, and nothing else than plain data."""

from __future__ import annotations

import json
import re
from collections.abc import Hashable, Mapping
from typing import Any

import yaml

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # C where libyaml is there: eight times as fast

LIST_OR_TEXT = ("Base64", "Cidr", "FindInMap", "GetAZs", "ImportValue", "Join", "Select", "Split", "Sub")
LIST_ONLY = ("And", "Equals", "If", "Not", "Or")


class TemplateLoader(_Loader):  # type: ignore[misc]
    """A safe loader; dates stay text, since CloudFormation's `Version: 2012-10-17` is no date."""


class TemplateError(Exception):
    """A fault of a blueprint, which its author mends; no manifest can cause it."""


def _drop_timestamps() -> None:
    TemplateLoader.yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
        for first, resolvers in TemplateLoader.yaml_implicit_resolvers.items()
    }


def parse(text: str) -> dict[str, Any]:
    loaded = yaml.load(text, Loader=TemplateLoader)  # noqa: S506 - TemplateLoader is a safe loader
    if not isinstance(loaded, dict):
        raise TemplateError("a template is a mapping")
    return loaded


def sub(text: str) -> str:
    """Make text inert inside Fn::Sub: `${x}` is written `${!x}`, which CloudFormation gives back as `${x}`."""
    return text.replace("${", "${!")


def json_text(value: Any) -> Any:
    """A JSON document as text, for properties that take JSON in a string, with its intrinsic functions kept alive.

    `Ref`, `Fn::GetAtt` and `Fn::Sub` become placeholders of one Fn::Sub around the whole text.
    """
    alive: list[str] = []

    def plain(node: Any) -> Any:
        match node:
            case {"Ref": str(name)} if len(node) == 1:
                alive.append(f"${{{name}}}")
            case {"Fn::GetAtt": [str(name), str(attribute)]}:
                alive.append(f"${{{name}.{attribute}}}")
            case {"Fn::Sub": str(template)}:
                alive.append(template)
            case dict():
                return {key: plain(child) for key, child in node.items()}
            case list():
                return [plain(child) for child in node]
            case str():
                return sub(node)
            case _:
                return node
        return f"\x00{len(alive) - 1}\x00"

    text = json.dumps(plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    if not alive:
        return text.replace("${!", "${")
    return {"Fn::Sub": re.sub(r"\\u0000(\d+)\\u0000", lambda found: alive[int(found[1])], text)}


def _mapping(loader: Any, node: yaml.MappingNode) -> dict[Hashable, Any]:
    seen: set[str] = set()
    for key, _ in node.value:
        if key.value in seen:
            raise TemplateError(f"{key.value} stands twice, second in line {key.start_mark.line + 1}")
        seen.add(key.value)
    made: dict[Hashable, Any] = loader.construct_mapping(node, deep=True)
    return made


def _value(loader: Any, node: yaml.Node) -> Any:
    match node:
        case yaml.ScalarNode():
            return loader.construct_scalar(node)
        case yaml.SequenceNode():
            return loader.construct_sequence(node, deep=True)
        case _:
            return loader.construct_mapping(node, deep=True)


def _get_att(loader: Any, node: yaml.Node) -> Mapping[str, Any]:
    value = _value(loader, node)
    return {"Fn::GetAtt": value.split(".", 1) if isinstance(value, str) else value}


def _teach() -> None:
    _drop_timestamps()
    add = TemplateLoader.add_constructor
    add("tag:yaml.org,2002:map", _mapping)
    add("!Ref", lambda loader, node: {"Ref": _value(loader, node)})
    add("!Condition", lambda loader, node: {"Condition": _value(loader, node)})
    add("!GetAtt", _get_att)
    add("!Json", lambda loader, node: json_text(_value(loader, node)))
    for name in (*LIST_OR_TEXT, *LIST_ONLY):
        add(f"!{name}", lambda loader, node, function=f"Fn::{name}": {function: _value(loader, node)})


_teach()
