"""Targets: what a flow loads must be there in its silo, and be loaded once."""

from __future__ import annotations

from collections.abc import Iterator

from controller.kinds.flow import Flow
from controller.model.manifest import Manifest
from controller.model.problem import Problem
from controller.resolve.specs import Specs


def check(specs: Specs) -> Iterator[Problem]:
    for flows in specs.flows_by_silo.values():
        tables: dict[str, Manifest] = {}
        for flow in flows:
            yield from _available(specs, flow)
            yield from _once(flow, tables)


def _available(specs: Specs, flow: Flow) -> Iterator[Problem]:
    silo = specs.silos.get(flow.silo)
    if silo is None:
        return
    components = {"redshift": ("warehouse", silo.warehouse), "quicksight": ("dashboards", silo.dashboards)}
    for index, target in enumerate(flow.targets):
        name, component = components.get(target.type, ("", {}))
        if component is None:
            message = f"the target {target.type} needs spec.{name}, which silo {silo.name} does not have"
            hint = f"add it at {silo.manifest.at('spec')}"
            yield Problem.of(flow.manifest, "target-unavailable", f"spec.targets[{index}].type", message, hint)


def _once(flow: Flow, tables: dict[str, Manifest]) -> Iterator[Problem]:
    """`tables` remembers what the silo's flows load, by type and name."""
    for index, target in enumerate(flow.targets):
        name = target.values.get("table") or target.values.get("dataset") or flow.table
        owner = tables.setdefault(f"{target.type} {name}", flow.manifest)
        again = any(other.type == target.type for other in flow.targets[:index])
        if owner is not flow.manifest or again:
            whose = owner.subject if owner is not flow.manifest else "another target of this flow"
            message = (
                f"{target.type} {name} is already loaded by {whose}"
                if not again
                else f"two targets are of type {target.type}"
            )
            yield Problem.of(flow.manifest, "duplicate-target", f"spec.targets[{index}].type", message)
