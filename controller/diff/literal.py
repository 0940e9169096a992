"""What a deployed template's value is once its intrinsic functions are answered by what its stack really has."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from controller.model.live import LiveResource

_VARIABLE = re.compile(r"\$\{(!?)([^}]+)\}")
NO_VALUE = "AWS::NoValue"


class UnresolvedError(Exception):
    """A function or name whose answer cannot be told from outside the stack."""


@dataclass(frozen=True, slots=True)
class StackFacts:
    template: Mapping[str, Any]
    parameters: Mapping[str, str]
    resources: Mapping[str, LiveResource]  # by logical id
    account: str
    region: str
    stack: str

    @property
    def pseudo(self) -> dict[str, str]:
        """Of the standard partition, which is the only one that the lake's templates are written for."""
        return {
            "AWS::AccountId": self.account,
            "AWS::Region": self.region,
            "AWS::Partition": "aws",
            "AWS::URLSuffix": "amazonaws.com",
            "AWS::StackName": self.stack,
        }

    def literal(self, value: Any) -> Any:
        """Raises UnresolvedError rather than guess."""
        if isinstance(value, list):
            return [self.literal(item) for item in value if not _is_no_value(item)]
        if not isinstance(value, Mapping):
            return value
        if len(value) == 1:
            function, argument = next(iter(value.items()))
            if function in ("Ref", "Condition") or function.startswith("Fn::"):
                return self._answer(function, argument)
        return {key: self.literal(item) for key, item in value.items() if not _is_no_value(item)}

    def _answer(self, function: str, argument: Any) -> Any:
        match function:
            case "Ref":
                return self._ref(argument)
            case "Fn::GetAtt":
                return self._attribute(*(argument.split(".", 1) if isinstance(argument, str) else argument))
            case "Fn::Sub":
                return self._sub(*(argument if isinstance(argument, list) else [argument, {}]))
            case "Fn::Join":
                return str(argument[0]).join(str(item) for item in self.literal(argument[1]))
            case "Fn::Split":
                return str(self.literal(argument[1])).split(argument[0])
            case "Fn::If":
                return self.literal(argument[1 if self.condition({"Condition": argument[0]}) else 2])
            case _:
                raise UnresolvedError(function)

    def condition(self, said: Any) -> bool:
        function, argument = next(iter(said.items()))
        match function:
            case "Condition":
                return self.condition(self.template.get("Conditions", {})[argument])
            case "Fn::Equals":
                return bool(self.literal(argument[0]) == self.literal(argument[1]))
            case "Fn::Not":
                return not self.condition(argument[0])
            case "Fn::And":
                return all(self.condition(item) for item in argument)
            case "Fn::Or":
                return any(self.condition(item) for item in argument)
            case _:
                raise UnresolvedError(function)

    def _ref(self, name: str) -> Any:
        if name in self.pseudo:
            return self.pseudo[name]
        if name in self.parameters:
            kind = str(self.template.get("Parameters", {}).get(name, {}).get("Type", "String"))
            listed = kind == "CommaDelimitedList" or kind.startswith("List<")
            return self.parameters[name].split(",") if listed else self.parameters[name]
        if name in self.resources:
            return self.resources[name].physical_id
        raise UnresolvedError(f"Ref {name}")

    def _attribute(self, logical: str, attribute: str) -> str:
        found = self.resources.get(logical)
        match (found.type, attribute) if found else ("", attribute):
            case ("AWS::S3::Bucket", "Arn") if found:
                return f"arn:aws:s3:::{found.physical_id}"
            case ("AWS::KMS::Key", "Arn") if found:
                return f"arn:aws:kms:{self.region}:{self.account}:key/{found.physical_id}"
            case _:
                raise UnresolvedError(f"Fn::GetAtt {logical}.{attribute}")

    def _sub(self, text: str, given: Mapping[str, Any]) -> str:
        def put(found: re.Match[str]) -> str:
            literally, name = found.groups()
            if literally:
                return "${" + name + "}"
            if name in given:
                return str(self.literal(given[name]))
            return str(self._attribute(*name.split(".", 1)) if "." in name else self._ref(name))

        return _VARIABLE.sub(put, text)


def _is_no_value(value: Any) -> bool:
    return bool(value == {"Ref": NO_VALUE})
