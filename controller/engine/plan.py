"""Plan: the lake against one look at AWS. Only silos whose inputs changed are rendered, fetched and compared."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from controller.diff.release import is_current
from controller.engine.accounts import account_id, plan_accounts
from controller.engine.baseline import plan_baseline
from controller.engine.draft import Draft
from controller.engine.facts import Known, known_facts
from controller.engine.fingerprints import fingerprints, look
from controller.engine.guards import in_force, paced, plan_guards
from controller.engine.masters import plan_masters
from controller.engine.observe import World, value_or
from controller.engine.ports import Ports
from controller.engine.silo import plan_departed, plan_silos
from controller.engine.unmatched import plan_unmatched, with_defaults
from controller.engine.waves import hold, in_waves
from controller.model.index import Entry, Index
from controller.model.observed import Absent
from controller.model.ownership import bundle_key, site_key
from controller.model.world import Account, StackSet, Tree
from controller.plan.guard import destroys_data, too_many_silos, unused
from controller.plan.plan import Plan
from controller.plan.step import Step
from controller.render.blueprint import Catalogue
from controller.render.silo import inputs
from controller.resolve.lake import Lake, Member
from controller.resolve.unmatched import orphaned, rekeyed


@dataclass(frozen=True, slots=True)
class Options:
    full: bool = False  # render and compare every silo, whatever the index says
    allowed: frozenset[str] = frozenset()  # what --allow named
    commit: str = "uncommitted"
    to_the_end: bool = False  # the last wave is waited for too
    patience: float = 1800.0  # seconds that an apply waits for a wave to run what it published


@dataclass(frozen=True, slots=True)
class Prepared:
    """A plan and what carries it out."""

    plan: Plan
    steps: tuple[Step, ...]
    lake: Lake
    catalogue: Catalogue
    options: Options
    tree: Tree | None
    accounts: Mapping[str, Account]  # by silo, where they were looked up
    index: Index
    facts: Mapping[str, Known]  # by silo and consumer


def make_plan(lake: Lake, catalogue: Catalogue, ports: Ports, options: Options) -> Prepared:
    """Compare and say what an apply would do. Reads only.

    Raises ManifestsInvalid where a blueprint refuses what a manifest asks for, ControllerError for the wrong account.
    """
    world = look(lake, ports)
    lake = with_defaults(lake, world.tree, world.index, ports)
    draft = Draft()
    read = value_or(world.index, Index({}))
    index = rekeyed(lake, read)
    wanted = {name: inputs(lake, name, catalogue) for name in lake.members}
    facts = {name: known_facts(lake, name, catalogue, world.tree, index) for name in lake.members}
    stale = _stale(lake, world, index, wanted, facts, options.full)
    tree, accounts = plan_accounts(draft, lake, stale, world, index, ports)
    plan_masters(draft, lake, catalogue, world, tree, ports)
    plan_baseline(draft, lake, catalogue, world, tree, accounts, ports)
    made = plan_silos(draft, lake, catalogue, world, index, stale, wanted, accounts, facts, options.allowed, ports)
    held = paced(lake, read)
    for _, one in hold(made, held, index, options.allowed):
        one.join(draft)
    plan_departed(draft, lake, index)
    plan_unmatched(draft, lake, read)
    plan_guards(draft, lake, world.index)
    order = in_waves(draft, held, index, options.allowed, options.to_the_end)
    _guard(draft, lake, index, {*stale, *(name for name, _ in orphaned(lake, read))}, options)
    plan = Plan(
        tuple(draft.changes),
        tuple(draft.guards),
        tuple(draft.notes),
        _compared(lake),
        fingerprints(world, wanted),
        order=order,
    )
    return Prepared(plan, tuple(draft.steps), lake, catalogue, options, tree, accounts, index, facts)


def _compared(lake: Lake) -> dict[str, int]:
    counted = {"silos": lake.silos, "consumers": lake.consumers, "flows": lake.flows, "partners": lake.partners}
    return {"regions": len(lake.organization.regions), **{noun: len(those) for noun, those in counted.items()}}


def _stale(
    lake: Lake, world: World, index: Index, wanted: Mapping[str, str], facts: Mapping[str, Known], full: bool
) -> tuple[str, ...]:
    """The members to look into: published from other inputs or facts, not as the index says, or not enrolled."""
    enrolled = value_or(world.baseline, StackSet({}, {}, False, {})).instances
    return tuple(
        name
        for name in lake.members
        if full
        or not _settled(lake.member(name), index.silos.get(name), wanted[name], world, enrolled)
        or _moved(index.silos.get(name), facts[name])
        or _declared(lake, name, index.silos.get(name))
    )


def _moved(entry: Entry | None, facts: Known) -> bool:
    """Whether other facts hold than what was published says. What cannot be read now leaves a settled member alone."""
    return entry is not None and not facts.missing and entry.facts != facts.digest


def _declared(lake: Lake, name: str, entry: Entry | None) -> bool:
    """Whether a default silo has a manifest by now; what is published for it may be the same."""
    return entry is not None and entry.default and name not in lake.defaults.residents


def _settled(
    silo: Member, entry: Entry | None, wanted: str, world: World, enrolled: Collection[tuple[str, str]]
) -> bool:
    account = account_id(silo, entry)
    listing = value_or(world.releases.get(silo.region, Absent()), {}) if account else {}
    listed, site = listing.get(bundle_key(account)), listing.get(site_key(account))
    return (account, silo.region) in enrolled and is_current(entry, wanted, account, silo.region, listed, site)


def _guard(draft: Draft, lake: Lake, index: Index, moving: Collection[str], options: Options) -> None:
    guards, granted = in_force(lake, index)
    touched = {change.address.split("/")[1] for change in draft.changes if change.address.startswith("silo/")}
    lifted = {guard.allow for guard in draft.guards} & options.allowed
    draft.guards = [guard for guard in draft.guards if guard.allow not in lifted]
    draft.guards.extend(destroys_data(draft.changes, guards, options.allowed, granted))
    draft.guards.extend(too_many_silos(len(touched & set(moving)), guards, options.allowed))
    draft.guards.extend(unused(options.allowed - lifted - draft.used, draft.changes))
