"""What a change does beyond the lines that differ: through Ref and Fn::GetAtt within a stack, through outputs and
parameters from one nested stack to the next, and through conditions.

Both versions of all stacks are worked out as far as can be told without AWS (values.py) and compared value by value, as
CloudFormation compares them when it updates. What is made anew answers otherwise than what was there, so that its
readers change, which may make them anew too: this goes round until nothing more is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from controller.diff.edits import Edit, edits
from controller.diff.values import Attribute, Given, Truth, Values

NESTED = "AWS::CloudFormation::Stack"
ROOT = ""  # the root among the nested stacks' logical ids
CUSTOM = ("Custom::", "AWS::CloudFormation::CustomResource")  # their functions may answer anything after any update
# Properties that change in place, and with them what the resource answers (CloudFormation, template reference).
NAMES: Mapping[str, frozenset[str]] = MappingProxyType({"AWS::CodeCommit::Repository": frozenset({"/RepositoryName"})})
_OUTPUTS = "Outputs."
NOTHING: Mapping[str, Any] = MappingProxyType({})

CreateOnly = Callable[[str], frozenset[str]]


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a stack; `nested` are the templates of those within it by their logical ids."""

    template: Mapping[str, Any]
    parameters: Mapping[str, Any] = field(default_factory=dict)
    nested: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What becomes of one resource: whether it was and will be there, and which values of its properties differ."""

    was: Truth
    will_be: Truth
    edits: tuple[Edit, ...] = ()


Outcomes = Mapping[str, Outcome]  # by logical id


def consequences(
    places: Mapping[str, str], before: Version, after: Version, create_only: CreateOnly
) -> Mapping[str, Outcomes]:
    """By the logical id of each stack, of which ROOT is the root's; `places` are the addresses of the same.

    Stacks that are the same and are given the same are left out: nothing changes in them.
    """
    old = _Side(places, before)
    anew: frozenset[str] = frozenset()
    while True:
        new = _Side(places, after, old, anew)
        found = {
            stack: dict(_outcomes(old.of(stack), new.of(stack))) for stack in places if _concerned(stack, old, new)
        }
        answering_anew = frozenset(
            f"{places[stack]}/{name}"
            for stack, outcomes in found.items()
            for name, outcome in outcomes.items()
            if _answers_anew(old.of(stack).resources.get(name), new.of(stack).resources.get(name), outcome, create_only)
        )
        if answering_anew <= anew:
            return found
        anew |= answering_anew


class _Side:
    """One version of all the stacks; the later one knows the earlier, and what is known to be made `anew`."""

    def __init__(
        self, places: Mapping[str, str], version: Version, old: _Side | None = None, anew: frozenset[str] = frozenset()
    ) -> None:
        self.version, self._places, self._old, self._anew = version, places, old, anew
        self._stacks: dict[str, Values] = {}
        self._asked: set[tuple[str, str, str]] = set()

    def of(self, stack: str) -> Values:
        if stack not in self._stacks:
            template = self.version.nested.get(stack, NOTHING) if stack else self.version.template
            self._stacks[stack] = Values(
                self._places[stack],
                template,
                self.given(stack),
                lambda values, name, attribute: self._attribute(stack, values, name, attribute),
            )
        return self._stacks[stack]

    def given(self, stack: str) -> Mapping[str, Any]:
        """The values of a stack's parameters."""
        if not stack:
            return self.version.parameters
        root = self.of(ROOT)
        found = root.properties(stack).get("Parameters", NOTHING) if stack in root.resources else NOTHING
        return found if isinstance(found, Mapping) else NOTHING

    def _attribute(self, stack: str, values: Values, name: str, attribute: str) -> Any:
        asked = (stack, name, attribute)
        address = f"{values.place}/{name}"
        if asked in self._asked:  # a circle, which CloudFormation refuses
            return Attribute(address, attribute)
        self._asked.add(asked)
        try:
            if not stack and name in self._places and attribute.startswith(_OUTPUTS):
                return self._output(name, attribute.removeprefix(_OUTPUTS))
            return Attribute(address, attribute, self._is_later(stack, name), _said(values, name, attribute))
        finally:
            self._asked.remove(asked)

    def _output(self, stack: str, name: str) -> Any:
        """An output that is not known, as of a template that is lost, is like nothing that is."""
        found = self.of(stack).output(name) if stack in self.version.nested else None
        return (
            Given(f"{self._places[stack]} {'before' if self._old is None else 'after'}", name)
            if found is None
            else found
        )

    def _is_later(self, stack: str, name: str) -> bool:
        if self._old is None:
            return False
        return f"{self._places[stack]}/{name}" in self._anew or self._old.of(stack).there(name) is False


def _said(values: Values, name: str, attribute: str) -> Any:
    """What the template gives for a property that can be asked for under its own name."""
    found: Any = values.resources.get(name, NOTHING).get("Properties", NOTHING)
    for step in attribute.split("."):
        if not isinstance(found, Mapping) or step not in found:
            return None
        found = found[step]
    return values.value(found)


def _concerned(stack: str, old: _Side, new: _Side) -> bool:
    before, after = old.of(stack), new.of(stack)
    return (before.template is not after.template and before.template != after.template) or before.given != after.given


def _outcomes(before: Values, after: Values) -> Iterator[tuple[str, Outcome]]:
    for name in sorted({*before.resources, *after.resources}):
        was, will_be = before.there(name), after.there(name)
        if was is False or will_be is False:
            yield name, Outcome(was, will_be)
        else:
            yield name, Outcome(was, will_be, tuple(edits(before.properties(name), after.properties(name))))


def _answers_anew(
    old: Mapping[str, Any] | None, new: Mapping[str, Any] | None, outcome: Outcome, create_only: CreateOnly
) -> bool:
    if old is None or new is None:
        return False
    if outcome.was != outcome.will_be or old["Type"] != new["Type"]:
        return True
    if new["Type"].startswith(CUSTOM):
        return bool(outcome.edits)
    telling = create_only(new["Type"]) | NAMES.get(new["Type"], frozenset())
    return any(is_fixed(edit.pointer, telling) for edit in outcome.edits)


def is_fixed(pointer: str, fixed: frozenset[str]) -> bool:
    """A create-only path covers what lies below it, and a change of the whole above it."""
    return any(pointer == one or pointer.startswith(one + "/") or one.startswith(pointer + "/") for one in fixed)
