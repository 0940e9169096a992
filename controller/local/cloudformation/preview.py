"""What an operation would do to each resource, before it does: the changes of a change set."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from controller.local.cloudformation import catalog, evaluation, graph
from controller.local.cloudformation.comparison import ABSENT, Difference, Path, canonical, differences
from controller.local.cloudformation.intrinsics import KNOWN_AFTER_APPLY
from controller.local.cloudformation.stack import STACK, Resource, Stack, Wanted


@dataclass(frozen=True, slots=True)
class Detail:
    attribute: str  # Properties, Tags or Metadata
    difference: Difference | None
    recreation: str  # Never, Conditionally, Always
    dynamic: bool
    source: str  # DirectModification, ParameterReference, ResourceReference, ResourceAttribute, Automatic
    cause: str | None = None


@dataclass(frozen=True, slots=True)
class Change:
    action: str  # Add, Modify, Remove
    logical_id: str
    type: str
    physical_id: str = ""
    replacement: str | None = None  # True, False, Conditional; None unless modified
    details: tuple[Detail, ...] = ()
    policy_action: str | None = None
    before: Mapping[str, Any] = field(default_factory=dict)
    after: Mapping[str, Any] = field(default_factory=dict)

    @property
    def scope(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(detail.attribute for detail in self.details))


class Preview:
    """The changes from a stack as it is to what is wanted, in the order of the template, removals last."""

    def __init__(self, stack: Stack, wanted: Wanted) -> None:
        self.stack, self.wanted = stack, wanted
        self.old = stack.template if stack.resources else None
        self.later: set[str] = set()  # resources whose Ref is only known after the operation
        self.touched: set[str] = set()  # nested stacks whose outputs may change
        self.changes: list[Change] = []
        imports = set(stack.imports)
        self._evaluator = evaluation.evaluator(stack, wanted, self._answer)
        self.active = evaluation.active(self._evaluator)
        for name in self.active:
            change = self._change(name)
            if change is not None:
                self.changes.append(change)
        self.changes += self._removals()
        self.outputs_differ = self._outputs() != {key: output.value for key, output in stack.outputs.items()}
        stack.imports = imports

    @property
    def empty(self) -> bool:
        return not self.changes and not self.outputs_differ and self.stack.wanted.tags == self.wanted.tags

    def properties(self, name: str) -> dict[str, Any]:
        """What a resource would be asked to be."""
        return self._evaluator.properties(name)

    def _answer(self, name: str, attribute: str | None) -> Any:
        resource = self.stack.resources.get(name)
        if name in self.later or resource is None or (attribute is not None and name in self.touched):
            return KNOWN_AFTER_APPLY
        return resource.physical_id if attribute is None else evaluation.attribute_of(resource, attribute)

    def _change(self, name: str) -> Change | None:
        old = self.stack.resources.get(name)
        properties = self._evaluator.properties(name)
        template = self.wanted.template.resources[name]
        if old is None or old.status in ("DELETE_COMPLETE", "CREATE_FAILED"):
            self.later.add(name)
            return Change("Add", name, template.type, after=properties)
        details = tuple(self._details(old, properties))
        if not details:
            return None
        replacement = _replacement(details)
        if replacement != "False":
            self.later.add(name)
        if old.type == STACK:
            self.touched.add(name)
        policy = {"True": "ReplaceAnd", "Conditional": "ReplaceAnd"}.get(replacement)
        kept = "Retain" if template.update_replace_policy == "Retain" else "Delete"
        return Change(
            action="Modify",
            logical_id=name,
            type=old.type,
            physical_id=old.physical_id,
            replacement=replacement,
            details=details,
            policy_action=policy and policy + kept,
            before=old.properties,
            after=properties,
        )

    def _details(self, old: Resource, properties: Mapping[str, Any]) -> Iterator[Detail]:
        schema = catalog.schema(old.type)
        for difference in differences(old.properties, properties):
            dynamic = KNOWN_AFTER_APPLY in str(difference.after)
            recreation = (
                "Always"
                if any(_touches(difference.path, path) for path in schema.create_only)
                else "Conditionally"
                if any(_touches(difference.path, path) for path in schema.conditional_create_only)
                else "Never"
            )
            source, cause = self._source(old.logical_id, difference.path[0])
            attribute = "Tags" if difference.path[0] == "Tags" else "Properties"
            yield Detail(attribute, difference, recreation, dynamic, source, cause)
        if self.stack.wanted.tags != self.wanted.tags and "Tags" in schema.properties:
            yield Detail("Tags", None, "Never", False, "DirectModification")
        template = self.wanted.template.resources[old.logical_id]
        if canonical(old.metadata) != canonical(template.metadata):
            yield Detail("Metadata", None, "Never", False, "DirectModification")

    def _source(self, name: str, key: str) -> tuple[str, str | None]:
        """Why a property changes: its text did, or something that it refers to."""
        node = self.wanted.template.resources[name].properties.get(key)
        before = self.old.resources.get(name) if self.old else None
        if before is None or canonical(before.properties.get(key)) != canonical(node):
            return "DirectModification", None
        changed = {change.logical_id for change in self.changes}
        for asked in graph.references(node, self._evaluator.condition):
            if asked in self.wanted.parameters:
                if self.wanted.parameters[asked] != self.stack.wanted.parameters.get(asked):
                    return "ParameterReference", asked
            elif asked in changed:
                return ("ResourceAttribute" if "GetAtt" in canonical(node) else "ResourceReference"), asked
        return "DirectModification", None

    def _removals(self) -> Iterator[Change]:
        for name, resource in self.stack.resources.items():
            if name not in self.active and resource.status != "DELETE_COMPLETE":
                policy = "Delete" if resource.deletion_policy == "Delete" else "Retain"
                physical = resource.physical_id
                before = resource.properties
                yield Change("Remove", name, resource.type, physical, policy_action=policy, before=before)

    def _outputs(self) -> dict[str, str]:
        return {key: output.value for key, output in evaluation.told(self._evaluator).items()}


def _touches(path: Path, rule: Path) -> bool:
    """Whether a difference at a path is at, above or below a path of the schema, whose indexes are `*` or left out."""
    named = tuple(part for part in path if not part.isdigit())
    wanted = tuple(part for part in rule if part != "*")
    count = min(len(named), len(wanted))
    return named[:count] == wanted[:count]


def _replacement(details: tuple[Detail, ...]) -> str:
    if any(detail.recreation == "Always" and not detail.dynamic for detail in details):
        return "True"
    return "Conditional" if any(detail.recreation != "Never" for detail in details) else "False"


def shown(value: Any) -> str | None:
    """A property's value as change sets print it."""
    if value is ABSENT:
        return None
    return value if isinstance(value, str) else canonical(value)
