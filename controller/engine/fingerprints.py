"""What a plan was made from, as digests: an apply looks again once it has the lock, and refuses a plan that is over."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from controller.engine.facts import units_in_shares
from controller.engine.observe import World, observe
from controller.engine.ports import Ports
from controller.model.bundle import canonical, sha256
from controller.model.errors import PlanStale
from controller.model.observed import Absent, Observed, Present, Unreadable
from controller.model.world import Stack, StackSet
from controller.resolve.lake import Lake
from controller.resolve.unmatched import wanted

T = TypeVar("T")


def look(lake: Lake, ports: Ports) -> World:
    """All that a plan of this lake compares with."""
    regions = {lake.member(name).region for name in lake.members}
    if wanted(lake.organization):
        regions.add(lake.organization.home_region)  # of default silos, which nobody knows yet
    return observe(lake.organization, ports, regions, units_in_shares(lake))


def fingerprints(world: World, inputs: Mapping[str, str]) -> dict[str, str]:
    """`inputs` are those of each silo and consumer."""
    return {"inputs": _digest(dict(inputs)), **_observed(world)}


def refuse_if_moved(lake: Lake, ports: Ports, planned: Mapping[str, str]) -> None:
    """Raises PlanStale where AWS is not as it was when the plan was made: it would undo what was done since."""
    now = _observed(look(lake, ports))
    moved = [WORDS[name] for name, digest in now.items() if planned.get(name) != digest]
    if moved:
        raise PlanStale(
            f"{' and '.join(moved)} changed since the plan was made",
            hint="somebody else applied meanwhile, or AWS was changed by hand: plan again and look at it",
        )


WORDS = {
    "index": "the index",
    "bundles": "the published bundles",
    "organization": "the organization's units",
    "masters": "the master's stacks",
    "baseline": "the baseline's StackSet",
}


def _observed(world: World) -> dict[str, str]:
    """Only what people and applies change. What AWS does by itself, such as an instance's status, moves no plan."""
    return {
        "index": str(_said(world.index, lambda index: index.etag) or ""),
        "bundles": _digest(
            {
                region: _said(listing, lambda found: {key: stored.etag for key, stored in found.items()})
                for region, listing in world.releases.items()
            }
        ),
        "organization": _digest(_said(world.tree, lambda tree: {path: unit.id for path, unit in tree.units.items()})),
        "masters": _digest({region: _said(stack, _stack) for region, stack in world.masters.items()}),
        "baseline": _digest(_said(world.baseline, _stack_set)),
    }


def _said(observed: Observed[T], of: Callable[[T], Any]) -> Any:
    match observed:
        case Present(value):
            return of(value)
        case Absent():
            return None
        case Unreadable():
            return "unreadable"


def _stack(stack: Stack) -> list[Any]:
    return [stack.template, dict(stack.parameters), dict(stack.tags)]


def _stack_set(found: StackSet) -> list[Any]:
    return [found.template, dict(found.targets), found.automatic, dict(found.tags)]


def _digest(value: Any) -> str:
    return sha256(canonical(value))
