"""Template text -> Template: the shape is checked here, references in `graph`, values in `intrinsics`."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import yaml

from controller.local.cloudformation.errors import TemplateError

RESOURCES_MAX = 500  # resources of one template; CloudFormation user guide, quotas
SECTIONS = frozenset(
    [
        "AWSTemplateFormatVersion",
        "Description",
        "Metadata",
        "Parameters",
        "Rules",
        "Mappings",
        "Conditions",
        "Transform",
        "Resources",
        "Outputs",
    ]
)
ATTRIBUTES = frozenset(
    [
        "Type",
        "Properties",
        "DependsOn",
        "Condition",
        "DeletionPolicy",
        "UpdateReplacePolicy",
        "Metadata",
        "CreationPolicy",
        "UpdatePolicy",
    ]
)
POLICIES = ("Delete", "Retain", "RetainExceptOnCreate", "Snapshot")
LOGICAL_ID = re.compile(r"[A-Za-z0-9]+")


@dataclass(frozen=True, slots=True)
class ResourceTemplate:
    logical_id: str
    type: str
    properties: Mapping[str, Any]
    depends_on: tuple[str, ...] = ()
    condition: str | None = None
    deletion_policy: str = "Delete"
    update_replace_policy: str = "Delete"
    metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Template:
    """Everything as written; the maps are not to be changed."""

    text: str
    digest: str
    description: str
    parameters: Mapping[str, Mapping[str, Any]]
    mappings: Mapping[str, Any]
    conditions: Mapping[str, Any]
    resources: Mapping[str, ResourceTemplate]
    outputs: Mapping[str, Mapping[str, Any]]
    metadata: Mapping[str, Any]
    body: Mapping[str, Any]


class _Loader(yaml.CSafeLoader):
    """CloudFormation's YAML: short tags are functions, and dates stay text (`2012-10-17` of a policy)."""


def _function(loader: _Loader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    value: Any
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)  # type: ignore[arg-type]
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": value}


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_multi_constructor("!", _function)


@lru_cache(maxsize=512)
def parse(text: str) -> Template:
    """Raises TemplateError for what is no template."""
    body = _read(text)
    unknown = sorted(str(key) for key in body if key not in SECTIONS)
    if unknown:
        raise TemplateError(f"Invalid template property or properties [{', '.join(unknown)}]")
    resources = _section(body, "Resources")
    if not resources:
        raise TemplateError("Template format error: At least one Resources member must be defined.")
    if len(resources) > RESOURCES_MAX:
        raise TemplateError(
            f"Template format error: Number of resources, {len(resources)}, is greater than maximum allowed, "
            f"{RESOURCES_MAX}"
        )
    if "Transform" in body:
        raise TemplateError("Template error: transforms are not supported by the embedded AWS")
    return Template(
        text=text,
        digest=hashlib.sha256(text.encode()).hexdigest(),
        description=str(body.get("Description") or ""),
        parameters=_section(body, "Parameters"),
        mappings=_section(body, "Mappings"),
        conditions=_section(body, "Conditions"),
        resources={name: _resource(name, item) for name, item in resources.items()},
        outputs=_section(body, "Outputs"),
        metadata=_section(body, "Metadata"),
        body=body,
    )


def _read(text: str) -> Mapping[str, Any]:
    try:
        body = json.loads(text) if text.lstrip().startswith("{") else yaml.load(text, Loader=_Loader)  # noqa: S506
    except json.JSONDecodeError as error:
        raise TemplateError(
            f"Template format error: JSON not well-formed. (line {error.lineno}, column {error.colno})"
        ) from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f" (line {mark.line + 1}, column {mark.column + 1})" if mark else ""
        raise TemplateError(f"Template format error: YAML not well-formed.{where}") from error
    except yaml.YAMLError as error:
        raise TemplateError("Template format error: YAML not well-formed.") from error
    if not isinstance(body, dict):
        raise TemplateError("Template format error: unsupported structure.")
    return body


def _section(body: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    section = body.get(name, {})
    if not isinstance(section, dict) or not all(isinstance(key, str) for key in section):
        raise TemplateError(f"Template format error: {name} must be a map keyed by strings.")
    if name in ("Parameters", "Outputs"):
        for key, item in section.items():
            if not isinstance(item, dict):
                raise TemplateError(f"Template format error: Every {name} member must be an object. [{key}]")
    return section


def _resource(name: str, body: Any) -> ResourceTemplate:
    if not LOGICAL_ID.fullmatch(name):
        raise TemplateError(f"Template format error: Resource name {name} is non alphanumeric.")
    if not isinstance(body, dict):
        raise TemplateError(f"Template format error: [/Resources/{name}] resource definition must be an object")
    if not isinstance(body.get("Type"), str):
        raise TemplateError(
            f"Template format error: [/Resources/{name}] Every Resources object must contain a Type member."
        )
    unknown = sorted(str(key) for key in body if key not in ATTRIBUTES)
    if unknown:
        raise TemplateError(f"Invalid template resource property '{unknown[0]}'")
    properties = body.get("Properties") or {}
    if not isinstance(properties, dict):
        raise TemplateError(f"Template format error: [/Resources/{name}/Properties] must be an object")
    depends = body.get("DependsOn", [])
    return ResourceTemplate(
        logical_id=name,
        type=body["Type"],
        properties=properties,
        depends_on=(depends,) if isinstance(depends, str) else tuple(depends),
        condition=body.get("Condition"),
        deletion_policy=_policy(name, body, "DeletionPolicy"),
        update_replace_policy=_policy(name, body, "UpdateReplacePolicy"),
        metadata=body.get("Metadata") or {},
    )


def _policy(name: str, body: Mapping[str, Any], key: str) -> str:
    policy = body.get(key, "Delete")
    if policy not in POLICIES or (key == "UpdateReplacePolicy" and policy == "RetainExceptOnCreate"):
        raise TemplateError(f"Template error: Unrecognized {key} {policy} for resource {name}")
    return str(policy)
