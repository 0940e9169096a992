"""Plan the baseline: its template, the units it deploys to, and accounts that were left out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from controller.diff.baseline import TEMPLATE, TYPE, baseline_diff
from controller.diff.change import Change, Verb
from controller.engine.draft import Draft
from controller.engine.masters import master_address
from controller.engine.observe import World, value_or
from controller.engine.ports import Ports
from controller.model.observed import Unreadable
from controller.model.world import Account, StackSet, Tree
from controller.plan.plan import Guard
from controller.plan.step import DeployUnits, ReleaseUnits, RetryAccounts, WriteBaseline
from controller.render.accounts import account_tags, render_baseline
from controller.render.blueprint import Catalogue
from controller.resolve.lake import Lake

UNITS = "baseline/units"


def plan_baseline(
    draft: Draft,
    lake: Lake,
    catalogue: Catalogue,
    world: World,
    tree: Tree | None,
    accounts: Mapping[str, Account],
    ports: Ports,
) -> None:
    organization = lake.organization
    if tree is None:
        return
    if isinstance(world.baseline, Unreadable):
        draft.blocked(TEMPLATE, TYPE, f"could not be read: {world.baseline.why}")
        return
    current = value_or(world.baseline, None)
    wanted = render_baseline(organization, catalogue)
    diff = baseline_diff(
        wanted,
        organization.units,
        organization.regions,
        tree.units,
        current,
        ports.create_only,
        account_tags(organization),
        organization.manifest.at("spec.tags"),
    )
    draft.changes.extend(diff.changes)
    draft.notes.extend(diff.notes)
    masters = tuple(master_address(lake, region) for region in organization.regions)
    if diff.template:
        draft.steps.append(WriteBaseline(TEMPLATE, masters, current is not None))
    deploy = {*diff.deploy, *_left_out(draft, lake, tree, current, accounts)}
    if deploy:
        needs = (*masters, TEMPLATE, *(f"unit/{path}" for path in organization.units))
        draft.steps.append(DeployUnits(UNITS, needs, tuple(sorted(deploy))))
    for regions, units in diff.release.items():
        address = f"baseline/release/{'+'.join(regions)}"
        draft.steps.append(ReleaseUnits(address, (TEMPLATE,), units, regions))
    if diff.release:
        draft.guards.extend(_releases(diff.changes))
    if diff.retry:
        draft.steps.append(RetryAccounts("baseline/retry", (TEMPLATE, UNITS), diff.retry))


def _left_out(
    draft: Draft, lake: Lake, tree: Tree, current: StackSet | None, accounts: Mapping[str, Account]
) -> Iterator[str]:
    """Units to deploy again: an account is in its unit, the unit is targeted, and yet it has no baseline.

    An account that is to be moved gets its baseline from the move itself.
    """
    for name, account in sorted(accounts.items()):
        unit = tree.units.get(lake.member(name).organizational_unit)
        place = account.id, lake.member(name).region
        if current is None or place in current.instances or account.state != "ACTIVE":
            continue
        if unit is None or account.parent != unit.id:
            continue
        path = next(p for p in lake.organization.units if f"{unit.path}/".startswith(f"{p}/"))
        if path in tree.units and tree.units[path].id in current.targets:
            reason = "the account is in its unit and has no baseline yet"
            draft.changes.append(Change("/".join(("baseline/account", *place)), TYPE, Verb.CREATE, reason))
            yield path


def _releases(changes: Iterable[Change]) -> Iterator[Guard]:
    for change in changes:
        if change.verb is Verb.DELETE and change.address.startswith("baseline/unit/"):
            yield Guard(
                "releases-unit",
                f"the accounts of {change.address} would get no more updates",
                blocks=True,
                address=change.address,
                allow=f"destroy={change.address}",
            )
