"""Plan the master's stacks, one a region: what they are to be, and the observed facts that they are given."""

from __future__ import annotations

from controller.diff.change import Later, Verb
from controller.diff.stack import stack_changes
from controller.engine.draft import Draft
from controller.engine.observe import World
from controller.engine.ports import Ports
from controller.model.observed import Present
from controller.model.world import Tree
from controller.plan.step import SettleStack, WriteStack
from controller.render.accounts import account_tags, render_master
from controller.render.blueprint import Catalogue
from controller.resolve.lake import Lake

MASTER = "master/stack"


def plan_masters(draft: Draft, lake: Lake, catalogue: Catalogue, world: World, tree: Tree | None, ports: Ports) -> None:
    organization = lake.organization
    parameters = master_parameters(lake, tree)
    for region in organization.regions:
        address = master_address(lake, region)
        template = render_master(organization, region, catalogue)
        seen = world.masters[region]
        if tree is None and not isinstance(seen, Present):
            draft.blocked(address, "stack", "it is given facts of the organization, which could not be read")
            continue
        tags, at = account_tags(organization), organization.manifest.at("spec.tags")
        changes = list(stack_changes(address, template, parameters, tags, seen, ports.create_only, at)) if tree else []
        draft.changes.extend(changes)
        if any(change.verb is Verb.BLOCKED for change in changes):
            continue
        if any(change.address == f"{MASTER}/(tags)" for change in changes):
            draft.notes.append(f"{MASTER}/(tags): the builds' own role is tagged too, so an administrator applies this")
        needs = tuple(f"unit/{path}" for path in organization.units)
        if changes:
            draft.steps.append(WriteStack(address, needs, region))
        elif isinstance(seen, Present) and seen.value.status.endswith("_IN_PROGRESS"):
            draft.notes.append(f"{address} is {seen.value.status}: an apply waits for it")
            draft.steps.append(SettleStack(address, needs, region))


def master_address(lake: Lake, region: str) -> str:
    return MASTER if region == lake.organization.home_region else f"{MASTER}/{region}"


def master_parameters(lake: Lake, tree: Tree | None) -> dict[str, str | Later]:
    """The observed facts that the code bucket's policy rests on."""
    if tree is None:
        return {}
    absent = next((path for path in lake.organization.units if path not in tree.units), None)
    paths = sorted(f"{tree.units[path].id_path}*" for path in lake.organization.units if path in tree.units)
    units = Later(f"unit/{absent}", "Id") if absent else ",".join(paths)
    return {"OrganizationId": tree.organization_id, "UnitPaths": units}
