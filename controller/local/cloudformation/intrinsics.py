"""The functions of a template and what they give: one Evaluator for one operation on one stack."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, Final

from controller.local.cloudformation.errors import TemplateError
from controller.local.cloudformation.template import Template

KNOWN_AFTER_APPLY: Final = (
    "{{changeSet:KNOWN_AFTER_APPLY}}"  # what change sets show for what only the operation will tell
)
VARIABLE = re.compile(r"\$\{(!?)([^}]*)\}")
PSEUDO = ("AWS::AccountId", "AWS::NotificationARNs", "AWS::NoValue", "AWS::Partition", "AWS::Region", "AWS::StackId")
PSEUDO_PARAMETERS: Final = frozenset((*PSEUDO, "AWS::StackName", "AWS::URLSuffix"))


class _NoValue:
    """Stands for AWS::NoValue until the member that holds it is dropped."""


NO_VALUE: Final = _NoValue()
Answer = Callable[[str, str | None], Any]  # a resource's Ref (None), or one of its attributes


def variables(text: str) -> list[str]:
    """The names in `${…}` of a Fn::Sub, without the escaped `${!…}`."""
    return [name.strip() for literal, name in VARIABLE.findall(text) if not literal]


class Evaluator:
    def __init__(
        self,
        template: Template,
        parameters: Mapping[str, Any],
        pseudo: Mapping[str, Any],
        answer: Answer,
        imported: Callable[[str], str],
    ) -> None:
        self.template = template
        self.parameters = parameters
        self.pseudo = pseudo
        self.answer = answer
        self.imported = imported
        self._conditions: dict[str, bool] = {}

    def value(self, node: Any) -> Any:
        """The node with every function replaced by what it gives, members of AWS::NoValue left out."""
        if isinstance(node, Mapping):
            if len(node) == 1:
                (name, argument), *_ = node.items()
                function = self._functions.get(name)
                if function:
                    return function(argument)
                if isinstance(name, str) and name.startswith("Fn::"):
                    raise TemplateError(unsupported(name))
            members = ((key, self.value(item)) for key, item in node.items())
            return {key: item for key, item in members if item is not NO_VALUE}
        if isinstance(node, list):
            return [item for item in map(self.value, node) if item is not NO_VALUE]
        return node

    def properties(self, logical_id: str) -> dict[str, Any]:
        properties: dict[str, Any] = self.value(self.template.resources[logical_id].properties)
        return properties

    def condition(self, name: str) -> bool:
        if name not in self._conditions:
            if name not in self.template.conditions:
                raise TemplateError(f"Template error: unresolved condition dependency {name} in the template")
            self._conditions[name] = self._truth(self.template.conditions[name])
        return self._conditions[name]

    def active(self, condition: str | None) -> bool:
        return condition is None or self.condition(condition)

    def _truth(self, node: Any) -> bool:
        if isinstance(node, Mapping) and len(node) == 1:
            (name, argument), *_ = node.items()
            if name == "Condition":
                return self.condition(argument)
            value = self.value(node)
            if isinstance(value, bool):
                return value
        raise TemplateError(
            "Template format error: Conditions can only be boolean operations on parameters and other conditions"
        )

    @cached_property
    def _functions(self) -> Mapping[str, Callable[[Any], Any]]:
        return {
            "Ref": self._ref,
            "Fn::GetAtt": self._get_att,
            "Fn::Sub": self._sub,
            "Fn::Join": self._join,
            "Fn::Select": self._select,
            "Fn::Split": self._split,
            "Fn::If": self._if,
            "Fn::And": lambda nodes: all(map(self._truth, nodes)),
            "Fn::Or": lambda nodes: any(map(self._truth, nodes)),
            "Fn::Not": lambda nodes: not self._truth(nodes[0]),
            "Fn::Equals": self._equals,
            "Fn::FindInMap": self._find_in_map,
            "Fn::ImportValue": lambda node: self.imported(str(self.value(node))),
            "Fn::Base64": lambda node: base64.b64encode(str(self.value(node)).encode()).decode(),
            "Fn::GetAZs": lambda node: [f"{self.value(node) or self.pseudo['AWS::Region']}{zone}" for zone in "abc"],
            "Fn::ToJsonString": lambda node: json.dumps(self.value(node), separators=(",", ":")),
        }

    def _ref(self, name: Any) -> Any:
        if name == "AWS::NoValue":
            return NO_VALUE
        if name in self.pseudo:
            return self.pseudo[name]
        if name in self.parameters:
            return self.parameters[name]
        if name in self.template.resources:
            return self.answer(name, None)
        raise TemplateError(f"Template format error: Unresolved resource dependencies [{name}] in the template")

    def _get_att(self, argument: Any) -> Any:
        name, _, attribute = (
            argument.partition(".") if isinstance(argument, str) else (argument[0], "", self.value(argument[1]))
        )
        return self.answer(name, attribute)

    def _sub(self, argument: Any) -> str:
        text, given = (argument, {}) if isinstance(argument, str) else argument
        values = {name: self.value(node) for name, node in given.items()}

        def replaced(match: re.Match[str]) -> str:
            literal, name = match[1], match[2].strip()
            if literal:
                return "${" + match[2] + "}"
            if name in values:
                return scalar_text(values[name])
            attribute = "." in name and name not in self.parameters
            return scalar_text(self._get_att(name) if attribute else self._ref(name))

        return VARIABLE.sub(replaced, text)

    def _join(self, argument: Any) -> str:
        separator, items = argument
        values = self.value(items)
        if not isinstance(values, list):
            if values == KNOWN_AFTER_APPLY:
                return KNOWN_AFTER_APPLY
            raise TemplateError(
                "Template error: every Fn::Join object requires two parameters, (1) a string delimiter and (2) a list"
            )
        return str(separator).join(scalar_text(value) for value in values)

    def _select(self, argument: Any) -> Any:
        index, values = int(self.value(argument[0])), self.value(argument[1])
        if values == KNOWN_AFTER_APPLY:
            return values
        if not isinstance(values, list) or not 0 <= index < len(values):
            raise TemplateError(f"Template error: Fn::Select cannot select nonexistent value at index {index}")
        return values[index]

    def _split(self, argument: Any) -> Any:
        separator, text = argument[0], self.value(argument[1])
        if KNOWN_AFTER_APPLY in text:
            return KNOWN_AFTER_APPLY
        return str(text).split(separator)

    def _if(self, argument: Any) -> Any:
        if not isinstance(argument, list) or len(argument) != 3:
            raise TemplateError("Template error: Fn::If requires a list argument with three parameters")
        return self.value(argument[1] if self.condition(argument[0]) else argument[2])

    def _equals(self, argument: Any) -> bool:
        if not isinstance(argument, list) or len(argument) != 2:
            raise TemplateError("Template error: every Fn::Equals object requires a list of 2 string parameters.")
        left, right = (self.value(node) for node in argument)
        return scalar_text(left) == scalar_text(right)

    def _find_in_map(self, argument: Any) -> Any:
        name, top, second = (self.value(node) for node in argument[:3])
        found = self.template.mappings.get(name, {}).get(top, {})
        if second in found:
            return found[second]
        if len(argument) > 3 and "DefaultValue" in argument[3]:
            return self.value(argument[3]["DefaultValue"])
        raise TemplateError(f"Template error: Unable to get mapping for {name}::{top}::{second}")


SUPPORTED: Final = (
    "Fn::And",
    "Fn::Base64",
    "Fn::Equals",
    "Fn::FindInMap",
    "Fn::GetAZs",
    "Fn::GetAtt",
    "Fn::If",
    "Fn::ImportValue",
    "Fn::Join",
    "Fn::Not",
    "Fn::Or",
    "Fn::Select",
    "Fn::Split",
    "Fn::Sub",
    "Fn::ToJsonString",
    "Ref",
)


def unsupported(name: str) -> str:
    return f"Template error: Encountered unsupported function: {name} Supported functions are: [{', '.join(SUPPORTED)}]"


def scalar_text(value: Any) -> str:
    """How a value reads inside text: booleans in lower case, lists with commas."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ",".join(scalar_text(item) for item in value)
    return str(value)
