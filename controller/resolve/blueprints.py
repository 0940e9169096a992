"""What manifests ask for and no blueprint can build yet, said at the line that asks. Nothing is left out in silence."""

from __future__ import annotations

from collections.abc import Iterator

from controller.kinds import Spec
from controller.kinds.consumer import Consumer
from controller.kinds.flow import Flow
from controller.kinds.organization import Organization
from controller.kinds.partner import Partner
from controller.kinds.share import Share
from controller.kinds.silo import Silo
from controller.model.problem import Problem
from controller.resolve.specs import Specs, of_all

TARGETS = {"redshift": "warehouse", "quicksight": "dashboards"}


def check(specs: Specs, available: frozenset[str]) -> Iterator[Problem]:
    for spec in of_all(specs):
        for blueprint, field in _needed(spec):
            if blueprint not in available:
                message = f"{_what(spec, blueprint)} needs the blueprint {blueprint}, which does not exist yet"
                hint = f"leave it out until blueprints/{blueprint}/template.yaml.j2 is there"
                yield Problem.of(spec.manifest, "no-blueprint-yet", field, message, hint)


def _needed(spec: Spec) -> Iterator[tuple[str, str]]:
    """Names of blueprints, each with the field that asks for it."""
    match spec:
        case Silo():
            yield "storage", "kind"
            for name, component in _components(spec):
                if component is not None:
                    yield name, f"spec.{name}"
        case Consumer():
            yield "consumer", "kind"
            if spec.dashboards is not None:
                yield "dashboards", "spec.dashboards"
        case Partner():
            yield "partners", "kind"
        case Share():
            yield "sharing", "kind"
        case Flow():
            yield f"flows/{spec.source_type}", "spec.source.type"
            for index, target in enumerate(spec.targets):
                if target.type in TARGETS:
                    yield TARGETS[target.type], f"spec.targets[{index}].type"
        case Organization():
            return


def _components(silo: Silo) -> tuple[tuple[str, object], ...]:
    return (
        ("webapp", silo.webapp),
        ("sftp", silo.sftp),
        ("warehouse", silo.warehouse),
        ("dashboards", silo.dashboards),
    )


def _what(spec: Spec, blueprint: str) -> str:
    match spec:
        case Silo() if blueprint != "storage":
            return f"spec.{blueprint}"
        case Flow() if blueprint.startswith("flows/"):
            return f'the flow type "{spec.source_type}"'
        case Flow():
            return "this target"
    return f"a {spec.manifest.kind}"
