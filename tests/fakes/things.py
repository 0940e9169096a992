"""A resource type whose things live in memory, and the words to make stacks of them."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from typing import Any

from controller.local.cloudformation.catalog import Plain
from controller.local.cloudformation.stack import Stack
from controller.local.cloudformation.stacks import StackBackend
from controller.local.resources.handler import Made, ResourceFailed, Scope

THING = "Test::Memory::Thing"  # `Name` is create-only and names it; `Fixed` is create-only
SCHEMA = Plain(create_only=(("Name",), ("Fixed",)), primary_identifier=(("Name",),))
ACCOUNT, REGION = "111111111111", "eu-west-1"


class Things:
    def __init__(self) -> None:
        self.there: dict[str, dict[str, Any]] = {}
        self.tags: dict[str, Mapping[str, str]] = {}
        self.refuse: dict[tuple[str, str], str] = {}  # (verb, logical id) -> reason
        self.log: list[str] = []
        self.gate = threading.Event()
        self.gate.set()
        self._made = 0

    def create(self, scope: Scope, properties: Mapping[str, Any]) -> Made:
        self._ask("create", scope)
        self._made += 1
        name = str(properties.get("Name", f"{scope.logical_id.lower()}-{self._made}"))
        if name in self.there:
            raise ResourceFailed(f"{name} already exists")
        self.there[name], self.tags[name] = dict(properties), scope.tags
        return self._answer(name, properties)

    def read(self, scope: Scope, physical_id: str, properties: Mapping[str, Any]) -> Mapping[str, Any] | None:
        return self.there.get(physical_id)

    def update(self, scope: Scope, physical_id: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Made:
        self._ask("update", scope)
        self.there[physical_id], self.tags[physical_id] = dict(after), scope.tags
        return self._answer(physical_id, after)

    def delete(self, scope: Scope, physical_id: str, properties: Mapping[str, Any]) -> None:
        self._ask("delete", scope)
        self.there.pop(physical_id, None)

    def _ask(self, verb: str, scope: Scope) -> None:
        assert self.gate.wait(10)
        self.log.append(f"{verb} {scope.logical_id}")
        if (verb, scope.logical_id) in self.refuse:
            raise ResourceFailed(self.refuse[verb, scope.logical_id])

    def _answer(self, name: str, properties: Mapping[str, Any]) -> Made:
        return Made(name, {"Arn": f"arn:thing:{name}", "Size": properties.get("Size"), "Deep.Value": "deep"})


def thing(**properties: Any) -> dict[str, Any]:
    return {"Type": THING, "Properties": properties}


def body(resources: Mapping[str, Any], **sections: Any) -> str:
    return json.dumps({"Resources": resources, **sections})


def parameters(**values: str) -> list[dict[str, str]]:
    return [{"ParameterKey": key, "ParameterValue": value} for key, value in values.items()]


def settled(backend: StackBackend, name: str) -> Stack:
    stack = backend.wait_settled(name, 10)
    assert not stack.busy
    return stack


def created(backend: StackBackend, name: str, template: str, **more: Any) -> Stack:
    return settled(backend, backend.create_stack({"StackName": name, "TemplateBody": template, **more}).id)


def updated(backend: StackBackend, name: str, template: str, **more: Any) -> Stack:
    return settled(backend, backend.update_stack({"StackName": name, "TemplateBody": template, **more}).id)


def told(stack: Stack, logical_id: str | None = None) -> list[str]:
    """Statuses of the stack, or of one resource, oldest first, without repetition."""
    name = logical_id or stack.name
    return list(dict.fromkeys(event.status for event in stack.events if event.logical_id == name))


def reason(stack: Stack, logical_id: str, status: str) -> str | None:
    return next(event.reason for event in stack.events if (event.logical_id, event.status) == (logical_id, status))
