"""The handler of a type whose service has one operation each to create, read, update and delete: a few lines a type."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from controller.local.resources.api import Api
from controller.local.resources.handler import Made, ResourceFailed, Scope
from controller.local.resources.naming import name_of
from controller.local.resources.shapes import input_shape, reflect
from controller.local.resources.tagging import Tagging, live_tags, wanted_tags

TAGS = "Tags"


@dataclass(frozen=True, kw_only=True)
class Crud:
    """`key` is the argument that names the thing in every operation but create; `at` is where a read answers."""

    type: str
    service: str
    name: str  # the property that names the thing
    create_with: str
    read_with: str
    delete_with: str
    update_with: str = ""  # empty where nothing but tags changes in place
    key: str = "Name"
    create_key: str = ""  # the argument of create that names it, where it is another
    at: str = ""
    under: str = ""  # the argument of create that holds all properties
    update_under: str = ""
    renamed: Mapping[str, str] = field(default_factory=dict)  # property -> name in the service's interface
    unseen: frozenset[str] = frozenset()  # properties that say how to create or delete, not what to make
    limit: int = 255
    resource: str = ""  # the ARN's last part, such as `crawler/{name}`
    refers_by_arn: bool = False
    attributes: Mapping[str, str] = field(
        default_factory=dict
    )  # GetAtt name -> `arn`, `name` or a field of the read's answer
    tagging: Tagging | None = None
    tags_by_arn: bool = True
    made_with_tags: str = TAGS  # the argument of create that takes tags; empty where tags are written after
    outward: Callable[[Mapping[str, Any]], Mapping[str, Any]] = dict  # properties in the shape of the interface
    inward: Callable[[Mapping[str, Any]], Mapping[str, Any]] = dict  # a read's answer in the shape of the template

    def create(self, scope: Scope, properties: Mapping[str, Any]) -> Made:
        api, name = Api(scope, self.service), name_of(scope, properties, self.name, self.limit)
        values = {**self._values(api, self.create_with, self.under, properties), self._create_key: name}
        arguments = {self.under: values} if self.under else values
        tags = wanted_tags(scope, properties) if self.tagging else {}
        if self.tagging and tags and self.made_with_tags:
            arguments = {**arguments, self.made_with_tags: self.tagging.form(tags)}
        api.make(name, self.create_with, arguments)
        if self.tagging and tags and not self.made_with_tags:
            self.tagging.replace(api, self._tag_target(api, name), {}, tags)
        return self._made(api, name)

    def read(self, scope: Scope, physical_id: str, properties: Mapping[str, Any]) -> Mapping[str, Any] | None:
        api, name = Api(scope, self.service), self._name(physical_id)
        live = self._live(api, name)
        if live is None:
            return None
        answer = {self.name: name, **reflect(self._seen(properties), self._worded(live))}
        if self.tagging and (TAGS in properties or scope.tags):
            answer[TAGS] = live_tags(scope, properties, self.tagging.live(api, self._tag_target(api, name)))
        return {key: value for key, value in answer.items() if key in properties}

    def update(self, scope: Scope, physical_id: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Made:
        api, name = Api(scope, self.service), self._name(physical_id)
        old, new = self._seen(before), self._seen(after)
        if old != new:
            if not self.update_with:
                raise ResourceFailed(f"{self.type} cannot change in place: {', '.join(_differing(old, new))}")
            values = self._values(api, self.update_with, self.update_under, after, but=self.name)
            arguments = {self.update_under: values} if self.update_under else values
            api.call(self.update_with, arguments, **{self.key: name})
        if self.tagging:
            target = self._tag_target(api, name)
            self.tagging.replace(api, target, wanted_tags(scope, before), wanted_tags(scope, after))
        return self._made(api, name)

    def delete(self, scope: Scope, physical_id: str, properties: Mapping[str, Any]) -> None:
        Api(scope, self.service).drop(self.delete_with, **{self.key: self._name(physical_id)})

    @property
    def _create_key(self) -> str:
        return self.create_key or self.renamed.get(self.name, self.name)

    def _name(self, physical_id: str) -> str:
        return re.split(r"[:/]", physical_id)[-1] if self.refers_by_arn else physical_id

    def _tag_target(self, api: Api, name: str) -> str:
        return self._arn(api, name) if self.tags_by_arn else name

    def _arn(self, api: Api, name: str) -> str:
        return api.arn(self.resource.format(name=name))

    def _seen(self, properties: Mapping[str, Any]) -> dict[str, Any]:
        hidden = self.unseen | ({TAGS} if self.tagging else set())
        return {key: value for key, value in properties.items() if key not in hidden}

    def _values(
        self, api: Api, operation: str, under: str, properties: Mapping[str, Any], but: str = ""
    ) -> dict[str, Any]:
        """Properties by the names of the interface. Raises ResourceFailed for one that the operation does not take."""
        shape = input_shape(api.client, operation)
        shaped = self.outward(self._seen(properties))
        taken = {name.lower() for name in (shape.members[under] if under else shape).members}
        values = {self.renamed.get(key, key): value for key, value in shaped.items() if key != but}
        if unknown := sorted(key for key in values if key.lower() not in taken):
            raise ResourceFailed(f"property that the embedded AWS cannot make: {', '.join(unknown)} of {self.type}")
        return values

    def _live(self, api: Api, name: str) -> dict[str, Any] | None:
        found = api.find(self.read_with, **{self.key: name})
        return found if found is None or not self.at else found.get(self.at)

    def _worded(self, live: Mapping[str, Any]) -> dict[str, Any]:
        """The answer under the names of the template."""
        lower = {key.lower(): value for key, value in live.items()}
        back = {key: lower[name.lower()] for key, name in self.renamed.items() if name.lower() in lower}
        return {**self.inward({**live, **back})}

    def _made(self, api: Api, name: str) -> Made:
        known = {"name": name, "arn": self._arn(api, name) if self.resource else ""}
        asked = set(self.attributes.values()) - known.keys()
        live = (self._live(api, name) or {}) if asked else {}
        answers = {key: known.get(path, live.get(path)) for key, path in self.attributes.items()}
        return Made(known["arn"] if self.refers_by_arn else name, answers)


def _differing(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    return sorted(key for key in {*before, *after} if before.get(key) != after.get(key))
