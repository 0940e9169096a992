"""What a template's expressions come to, as far as that can be told without AWS: text, or what stands for it.

Two values are equal here only when CloudFormation would find them equal. Numbers and booleans are their texts, since
CloudFormation compares them so: 60 is "60".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from controller.diff.change import Later

_VARIABLE = re.compile(r"\$\{(!?)([^}]*)\}")
_PER_STACK = frozenset({"AWS::StackId", "AWS::StackName"})
_NO_VALUE: Final = object()


@dataclass(frozen=True, slots=True)
class Given:
    """What an account or a caller gives, and no change of a template changes; `place` is empty for an account's."""

    place: str
    name: str


@dataclass(frozen=True, slots=True)
class Attribute:
    """What a resource answers to Ref or Fn::GetAtt; `later` when only the apply will tell."""

    address: str
    name: str
    later: bool = False
    said: Any = None  # the property of that name, if the template gives it


@dataclass(frozen=True, slots=True)
class Text:
    """A text of which some parts stand for what is not known."""

    parts: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Call:
    """A function whose answer hangs on what is not known."""

    function: str
    argument: Any


Truth = bool | Call


class Values:
    """One version of one stack; `attribute` answers for its resources."""

    def __init__(
        self,
        place: str,
        template: Mapping[str, Any],
        given: Mapping[str, Any],
        attribute: Callable[[Values, str, str], Any],
    ) -> None:
        self.place, self.template, self.given = place, template, given
        self.resources: Mapping[str, Any] = template.get("Resources", {})
        self._attribute = attribute
        self._properties: dict[str, Mapping[str, Any]] = {}
        self._conditions: dict[str, Truth] = {}

    def properties(self, name: str) -> Mapping[str, Any]:
        if name not in self._properties:
            self._properties[name] = self.value(self.resources[name].get("Properties", {}))
        return self._properties[name]

    def there(self, name: str) -> Truth:
        """Whether the stack has such a resource."""
        if name not in self.resources:
            return False
        condition = self.resources[name].get("Condition")
        return True if condition is None else self.condition(condition)

    def output(self, name: str) -> Any:
        """None for one that the stack does not have."""
        output = self.template.get("Outputs", {}).get(name)
        if output is None or ("Condition" in output and self.condition(output["Condition"]) is False):
            return None
        return self.value(output.get("Value"))

    def condition(self, name: str) -> Truth:
        if name not in self._conditions:
            self._conditions[name] = Call("Condition", name)  # what asks for itself is not known
            self._conditions[name] = self._truth(self.template.get("Conditions", {}).get(name))
        return self._conditions[name]

    def value(self, node: Any) -> Any:
        """The node with its functions answered, and without what AWS::NoValue stands for."""
        match node:
            case Mapping():
                if len(node) == 1:
                    function, argument = next(iter(node.items()))
                    if function == "Ref" or str(function).startswith("Fn::"):
                        return self._answer(function, argument)
                members = ((name, self.value(child)) for name, child in node.items())
                return {name: child for name, child in members if child is not _NO_VALUE}
            case list():
                return [child for child in map(self.value, node) if child is not _NO_VALUE]
            case bool():
                return "true" if node else "false"
            case float() if node.is_integer():
                return str(int(node))
            case int() | float():
                return str(node)
            case _:
                return node

    def _answer(self, function: str, argument: Any) -> Any:
        match function, argument:
            case "Ref", str():
                return self._ref(argument)
            case "Fn::GetAtt", str():
                return self._attribute(self, *_dotted(argument))
            case "Fn::GetAtt", [str(name), str(attribute)]:
                return self._attribute(self, name, attribute)
            case "Fn::Sub", str():
                return self._sub(argument, {})
            case "Fn::Sub", [str(template), dict(own)]:
                return self._sub(template, own)
            case "Fn::If", [str(condition), then, otherwise]:
                return self._if(condition, then, otherwise)
            case "Fn::Join", [str(between), items]:
                return self._join(between, self.value(items))
            case "Fn::Select", [index, items]:
                return _select(self.value(index), self.value(items))
            case "Fn::Split", [str(between), whole]:
                said = self.value(whole)
                return said.split(between) if isinstance(said, str) else Call(function, [between, said])
            case "Fn::FindInMap", [*keys]:
                return self._find_in_map([self.value(key) for key in keys])
            case _:
                return Call(function, self.value(argument))

    def _ref(self, name: str) -> Any:
        if name == "AWS::NoValue":
            return _NO_VALUE
        if name in self.template.get("Parameters", {}):
            return self._parameter(name, self.template["Parameters"][name])
        if name in self.resources:
            return self._attribute(self, name, "Ref")
        return Given(self.place if name in _PER_STACK or not name.startswith("AWS::") else "", name)

    def _parameter(self, name: str, declared: Mapping[str, Any]) -> Any:
        value = self.value(self.given.get(name, declared.get("Default")))
        kind = str(declared.get("Type", "String"))
        if value is None:
            return Given(self.place, name)
        if kind.startswith("AWS::SSM::Parameter::Value<"):
            return Call("AWS::SSM::Parameter::Value", [kind, value])
        if not kind.startswith(("List<", "CommaDelimitedList")):
            return value
        return (
            [item.strip() for item in value.split(",")] if isinstance(value, str) else Call("Fn::Split", [",", value])
        )

    def _sub(self, template: str, own: Mapping[str, Any]) -> Any:
        parts: list[Any] = []
        start = 0
        for found in _VARIABLE.finditer(template):
            parts.append(template[start : found.start()])
            start = found.end()
            literally, name = found[1], found[2].strip()
            if literally:
                parts.append("${" + found[2] + "}")
            elif name in own:
                parts.append(self.value(own[name]))
            else:
                parts.append(self._attribute(self, *_dotted(name)) if "." in name else self._ref(name))
        return _text([*parts, template[start:]])

    def _join(self, between: str, items: Any) -> Any:
        if not isinstance(items, list):
            return Call("Fn::Join", [between, items])
        return _text([part for item in items for part in (between, item)][1:])

    def _if(self, condition: str, then: Any, otherwise: Any) -> Any:
        match self.condition(condition):
            case True:
                return self.value(then)
            case False:
                return self.value(otherwise)
            case unknown:
                both = [None if one is _NO_VALUE else one for one in (self.value(then), self.value(otherwise))]
                return both[0] if both[0] == both[1] else Call("Fn::If", [unknown, *both])

    def _find_in_map(self, keys: list[Any]) -> Any:
        found: Any = self.template.get("Mappings", {})
        asked = Call("Fn::FindInMap", [*keys, found])  # with the mappings, for they decide the answer
        for key in keys[:3]:
            if not isinstance(key, str) or not isinstance(found, Mapping) or key not in found:
                return asked
            found = found[key]
        return self.value(found)

    def _truth(self, node: Any) -> Truth:
        match node:
            case {"Condition": str(name)}:
                return self.condition(name)
            case {"Fn::Equals": [left, right]}:
                return _equal(self.value(left), self.value(right))
            case {"Fn::Not": [one]}:
                truth = self._truth(one)
                return Call("Fn::Not", truth) if isinstance(truth, Call) else not truth
            case {"Fn::And": [*all_of]}:
                return _decided("Fn::And", [self._truth(one) for one in all_of], by=False)
            case {"Fn::Or": [*any_of]}:
                return _decided("Fn::Or", [self._truth(one) for one in any_of], by=True)
            case _:
                return Call("Condition", self.value(node))


def later(value: Any) -> Iterator[Attribute | Later]:
    """What of a value only the apply will tell."""
    match value:
        case Later():
            yield value
        case Attribute(later=True):
            yield value
        case Attribute(said=inner) | Call(argument=inner):
            yield from later(inner)
        case Text(parts) | [*parts]:
            for part in parts:
                yield from later(part)
        case Mapping():
            for child in value.values():
                yield from later(child)


def shown(value: Any, place: str) -> Any:
    """The value as a template would say it; a resource outside of `place` goes by its whole address."""
    match value:
        case Given(name=name):
            return {"Ref": name}
        case Attribute(said=said) if said is not None:
            return shown(said, place)
        case Attribute(address, "Ref"):
            return {"Ref": address.removeprefix(f"{place}/")}
        case Attribute(address, name):
            return {"Fn::GetAtt": [address.removeprefix(f"{place}/"), name]}
        case Text(parts) if all(isinstance(part, (str, Given, Attribute)) for part in parts):
            return {"Fn::Sub": "".join(_named(part, place) for part in parts)}
        case Text(parts):
            return {"Fn::Join": ["", [shown(part, place) for part in parts]]}
        case Call(function, argument):
            return {function: shown(argument, place)}
        case Mapping():
            return {name: shown(child, place) for name, child in value.items()}
        case list():
            return [shown(child, place) for child in value]
        case _:
            return value


def _named(part: str | Given | Attribute, place: str) -> str:
    match part:
        case str():
            return part.replace("${", "${!")
        case Given(name=name) | Attribute(address=name, name="Ref"):
            return "${" + name.removeprefix(f"{place}/") + "}"
        case Attribute(address, name):
            return "${" + f"{address.removeprefix(f'{place}/')}.{name}" + "}"


def _dotted(name: str) -> tuple[str, str]:
    resource, _, attribute = name.partition(".")
    return resource, attribute


def _text(parts: Iterable[Any]) -> Any:
    """Neighbouring known parts as one; a text of one part is that part."""
    joined: list[Any] = []
    for part in parts:
        for one in part.parts if isinstance(part, Text) else [_words(part)]:
            if isinstance(one, str) and joined and isinstance(joined[-1], str):
                joined[-1] += one
            elif one != "":
                joined.append(one)
    if not joined:
        return ""
    return joined[0] if len(joined) == 1 else Text(tuple(joined))


def _words(part: Any) -> Any:
    if isinstance(part, list) and all(isinstance(item, str) for item in part):
        return ",".join(part)
    return "" if part is _NO_VALUE else part


def _select(index: Any, items: Any) -> Any:
    if isinstance(items, list) and isinstance(index, str) and index.isdecimal() and int(index) < len(items):
        return items[int(index)]
    return Call("Fn::Select", [index, items])


def _equal(left: Any, right: Any) -> Truth:
    if left == right:
        return True
    known = isinstance(left, str) and isinstance(right, str)
    return False if known else Call("Fn::Equals", [left, right])


def _decided(function: str, truths: list[Truth], by: bool) -> Truth:
    """One of `by` decides; without it, those that are not known do."""
    if by in truths:
        return by
    unknown = [truth for truth in truths if isinstance(truth, Call)]
    return Call(function, unknown) if unknown else not by
