"""The resource types that stacks can hold: who makes them, and what their provider schema says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from controller.local.resources import registry
from controller.local.resources.handler import Handler
from controller.local.resources.schemas import Path, UnknownType, provider_schema


class Schema(Protocol):
    @property
    def create_only(self) -> Sequence[Path]: ...

    @property
    def conditional_create_only(self) -> Sequence[Path]: ...

    @property
    def primary_identifier(self) -> Sequence[Path]: ...

    @property
    def properties(self) -> frozenset[str]: ...

    @property
    def tag_property(self) -> str: ...

    @property
    def tags_as_map(self) -> bool: ...

    def validate(self, properties: Mapping[str, Any]) -> list[str]: ...

    def coerce(self, properties: Mapping[str, Any]) -> dict[str, Any]: ...


@dataclass(frozen=True)
class Plain:
    """The schema of a type that takes any property."""

    create_only: tuple[Path, ...] = ()
    conditional_create_only: tuple[Path, ...] = ()
    primary_identifier: tuple[Path, ...] = ()
    properties: frozenset[str] = frozenset(("Tags",))
    tag_property: str = "Tags"
    tags_as_map: bool = False

    def validate(self, properties: Mapping[str, Any]) -> list[str]:
        return []

    def coerce(self, properties: Mapping[str, Any]) -> dict[str, Any]:
        return dict(properties)


_added: dict[str, tuple[Handler, Schema]] = {}


def add(type_name: str, handler: Handler, schema: Schema | None = None) -> None:
    """Let stacks hold a type beyond those of `controller.local.resources`; it goes before a type of the same name."""
    _added[type_name] = (handler, schema or Plain())


def handler(type_name: str) -> Handler:
    """Raises UnknownType for what the embedded AWS cannot make."""
    if type_name in _added:
        return _added[type_name][0]
    return registry.handler_for(type_name)


def schema(type_name: str) -> Schema:
    if type_name.startswith(registry.CUSTOM):
        return Plain()
    return _added[type_name][1] if type_name in _added else provider_schema(type_name)


def known(type_name: str) -> bool:
    """Whether CloudFormation has such a type at all."""
    try:
        schema(type_name)
    except UnknownType:
        return False
    return True
