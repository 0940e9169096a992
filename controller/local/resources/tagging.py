"""How each service writes, removes and lists tags: the same idea under a dozen names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from controller.local.resources.api import Api
from controller.local.resources.handler import Scope
from controller.local.resources.shapes import pairs


def wanted_tags(scope: Scope, properties: Mapping[str, Any], field: str = "Tags") -> dict[str, str]:
    """The template's tags over the stack's. The `aws:` ones stay away: moto has no caller who may write them."""
    merged = {**scope.tags, **pairs(properties.get(field))}
    return {key: str(merged[key]) for key in sorted(merged) if not key.startswith("aws:")}


def live_tags(scope: Scope, properties: Mapping[str, Any], live: Mapping[str, str], field: str = "Tags") -> Any:
    """Live tags in the form of the template, without those that the stack gave."""
    own = properties.get(field)
    named = pairs(own)
    seen = {key: live[key] for key in live if not key.startswith("aws:") and (key in named or key not in scope.tags)}
    if isinstance(own, Mapping):
        return seen
    order = [key for key in named if key in seen] + sorted(key for key in seen if key not in named)
    return [{"Key": key, "Value": seen[key]} for key in order]


@dataclass(frozen=True, slots=True)
class Tagging:
    """`target` is the argument that names the thing; the other fields are the words of the service."""

    write: str
    remove: str
    read: str
    target: str
    tags: str = "Tags"  # argument of `write`
    keys: str = "TagKeys"  # argument of `remove`
    answer: str = "Tags"  # where `read` has them
    key: str = "Key"  # empty where tags are a map
    value: str = "Value"

    def form(self, tags: Mapping[str, str]) -> Any:
        return [{self.key: key, self.value: value} for key, value in tags.items()] if self.key else dict(tags)

    def live(self, api: Api, target: str) -> dict[str, str]:
        found = (api.find(self.read, **{self.target: target}) or {}).get(self.answer) or {}
        if isinstance(found, Mapping):
            return dict(found)
        return {tag[self.key]: tag.get(self.value, "") for tag in found}

    def replace(self, api: Api, target: str, before: Mapping[str, str], after: Mapping[str, str]) -> None:
        """Write what is wanted, and remove what the template had and has no more; foreign tags stay."""
        if gone := sorted(set(before) - set(after)):
            api.call(self.remove, **{self.target: target, self.keys: gone})
        if after:
            api.call(self.write, **{self.target: target, self.tags: self.form(after)})
