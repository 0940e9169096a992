"""What a template refers to, and in which order its resources can be made."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from typing import Any

from controller.local.cloudformation.errors import TemplateError
from controller.local.cloudformation.intrinsics import PSEUDO_PARAMETERS, SUPPORTED, unsupported, variables
from controller.local.cloudformation.template import ResourceTemplate, Template

Chosen = Callable[[str], bool]  # whether a condition holds


def references(node: Any, chosen: Chosen | None = None) -> Iterator[str]:
    """Names that Ref, Fn::GetAtt and Fn::Sub ask for; with `chosen`, only those of the branches that Fn::If takes."""
    if isinstance(node, list):
        for item in node:
            yield from references(item, chosen)
    elif isinstance(node, Mapping):
        if len(node) == 1:
            (name, argument), *_ = node.items()
            if name == "Ref" or (isinstance(name, str) and name.startswith("Fn::")):
                yield from _called(name, argument, chosen)
                return
        for item in node.values():
            yield from references(item, chosen)


def _called(name: str, argument: Any, chosen: Chosen | None) -> Iterator[str]:
    match name, argument:
        case "Ref", str():
            yield argument
        case "Fn::GetAtt", str():
            yield argument.partition(".")[0]
        case "Fn::GetAtt", [str() as resource, *rest]:
            yield resource
            yield from references(rest, chosen)
        case "Fn::Sub", str():
            yield from (variable.partition(".")[0] for variable in variables(argument))
        case "Fn::Sub", [str() as text, dict() as given]:
            yield from (variable.partition(".")[0] for variable in variables(text) if variable not in given)
            yield from references(list(given.values()), chosen)
        case "Fn::If", [str() as condition, then, otherwise] if chosen:
            yield from references(then if chosen(condition) else otherwise, chosen)
        case _ if name not in SUPPORTED:
            raise TemplateError(unsupported(name))
        case _:
            yield from references(argument, chosen)


def dependencies(resource: ResourceTemplate, names: Set[str], chosen: Chosen) -> frozenset[str]:
    """The resources among `names` that must be there before this one."""
    asked = {*references(resource.properties, chosen), *resource.depends_on}
    return frozenset(asked & names)


def order(template: Template, active: Iterable[str], chosen: Chosen) -> tuple[str, ...]:
    """Active resources, each after what it needs, otherwise as written. Raises TemplateError naming a circle."""
    names = dict.fromkeys(active)
    needs = {name: set(dependencies(template.resources[name], names.keys(), chosen)) for name in names}
    for name, needed in needs.items():
        if name in needed:
            raise TemplateError(f"Circular dependency between resources: [{name}]")
    users: dict[str, list[str]] = {name: [] for name in names}
    for name, needed in needs.items():
        for other in needed:
            users[other].append(name)
    ready = [name for name in names if not needs[name]]
    ordered: list[str] = []
    while ready:
        name = ready.pop(0)
        ordered.append(name)
        for user in users[name]:
            needs[user].discard(name)
            if not needs[user]:
                ready.append(user)
    if len(ordered) < len(names):
        raise TemplateError(f"Circular dependency between resources: [{', '.join(sorted(set(names) - set(ordered)))}]")
    return tuple(ordered)


def check(template: Template) -> None:
    """Refuse what refers to nothing, in any branch. Raises TemplateError."""
    known = template.resources.keys() | template.parameters.keys() | PSEUDO_PARAMETERS
    for section, nodes in (("Resources", _asked(template)), ("Outputs", _outputs(template))):
        missing = sorted({name for name in nodes if name not in known})
        if missing:
            raise TemplateError(
                f"Template format error: Unresolved resource dependencies [{', '.join(missing)}] "
                f"in the {section} block of the template"
            )
    outside = sorted({*references(list(template.conditions.values()))} - template.parameters.keys() - PSEUDO_PARAMETERS)
    if outside:
        raise TemplateError(
            f"Template format error: Unresolved dependencies [{', '.join(outside)}]. "
            "Cannot reference resources in the Conditions block of the template"
        )
    used = {
        "Resources": [conditions(item.properties) for item in template.resources.values()]
        + [[item.condition] for item in template.resources.values() if item.condition is not None],
        "Outputs": [conditions(item) for item in template.outputs.values()]
        + [[item["Condition"]] for item in template.outputs.values() if "Condition" in item],
    }
    for section, names in used.items():
        for name in (name for found in names for name in found):
            if name not in template.conditions:
                raise TemplateError(
                    f"Template format error: Unresolved condition dependency {name} "
                    f"in the {section} block of the template"
                )


def conditions(node: Any) -> Iterator[str]:
    """Names that Fn::If asks for."""
    if isinstance(node, list):
        for item in node:
            yield from conditions(item)
    elif isinstance(node, Mapping):
        if len(node) == 1 and isinstance(node.get("Fn::If"), list) and node["Fn::If"]:
            yield str(node["Fn::If"][0])
        for item in node.values():
            yield from conditions(item)


def _asked(template: Template) -> Iterator[str]:
    for resource in template.resources.values():
        yield from references(resource.properties)
        yield from resource.depends_on


def _outputs(template: Template) -> Iterator[str]:
    for output in template.outputs.values():
        yield from references(output.get("Value"))
        yield from references(output.get("Export"))
