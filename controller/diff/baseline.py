"""The baseline StackSet: its template, the units it targets, and the accounts whose instance is not up to it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from controller.diff.change import Change, Detail, Verb
from controller.diff.named import named_changes
from controller.diff.template import compare
from controller.model.bundle import Template
from controller.model.ownership import BASELINE_SET
from controller.model.source import Source
from controller.model.world import Instance, StackSet, Unit

TEMPLATE = "baseline/template"
TYPE = "AWS::CloudFormation::StackSet"
LOST = "INOPERABLE"  # operations leave it out until somebody takes it out of the set (botocore model, StackInstance)
TAKEN = "already exists"  # how CloudFormation refuses a name that another stack has
UNDER_WAY = frozenset({"PENDING", "RUNNING"})
SKIPPED = "SKIPPED_SUSPENDED_ACCOUNT"  # operations leave it out while its account is suspended (botocore model)


@dataclass(frozen=True, slots=True)
class BaselineDiff:
    """`template` says what differs in the set itself; the others name what to deploy, release and retry."""

    template: tuple[Change, ...]
    deploy: tuple[str, ...]  # unit paths to target
    release: Mapping[tuple[str, ...], tuple[str, ...]]  # regions -> ids of the units that no manifest names there
    retry: tuple[str, ...]  # accounts
    changes: tuple[Change, ...]
    notes: tuple[str, ...]


def baseline_diff(
    wanted: Template,
    units: Sequence[str],
    regions: Sequence[str],
    known: Mapping[str, Unit],
    current: StackSet | None,
    create_only: Callable[[str], frozenset[str]],
    tags: Mapping[str, str],
    tagged_at: Source | None = None,
) -> BaselineDiff:
    """`tagged_at` is the line that asks for the tags."""
    tagged = named_changes(TEMPLATE, "tags", current.tags, tags, TYPE, tagged_at) if current else ()
    template = (*_template_changes(wanted, current, create_only), *tagged)
    targets = current.targets if current else {}
    deploy = tuple(path for path in units if path not in known or set(regions) - set(targets.get(known[path].id, ())))
    kept = {known[path].id for path in units if path in known}
    release = _release(targets, kept, regions)
    instances = current.instances.values() if current else ()
    waiting = {*UNDER_WAY, SKIPPED}
    failing = [one for one in instances if one.status not in ("CURRENT", LOST) and one.detail not in waiting]
    colliding = [one for one in failing if TAKEN in one.reason]
    behind = [one for one in failing if one not in colliding]
    return BaselineDiff(
        template,
        deploy,
        release,
        tuple(sorted({one.account for one in behind})),
        (
            *template,
            *(_deploys(path, regions) for path in deploy),
            *(
                _releases(f"baseline/unit/{_path_of(unit, known)}", gone, unit in kept)
                for gone, ids in release.items()
                for unit in ids
            ),
            *(
                Change(
                    _address(one),
                    TYPE,
                    Verb.UPDATE,
                    f"its baseline is {one.status}: {one.reason or one.detail or 'no reason given'}",
                )
                for one in behind
            ),
            *(Change(_address(o), TYPE, Verb.BLOCKED, _lost(o)) for o in instances if o.status == LOST),
            *(Change(_address(o), TYPE, Verb.BLOCKED, _collides(o)) for o in colliding),
        ),
        tuple(
            f"{_address(one)}: the account is suspended, so its baseline stays {one.status}"
            for one in instances
            if one.detail == SKIPPED and one.status not in ("CURRENT", LOST)
        ),
    )


def _address(instance: Instance) -> str:
    return f"baseline/account/{instance.account}/{instance.region}"


def _lost(instance: Instance) -> str:
    return (
        f"its baseline is {LOST}, which no operation mends ({instance.reason or 'no reason given'}): take the instance "
        f"out of the set with its stack retained, then delete the stack in account {instance.account}"
    )


def _collides(instance: Instance) -> str:
    """An account that left the units kept its stack; when it is back, the set's new one wants the same names."""
    account, region, unit = instance.account, instance.region, instance.unit
    there = f"aws cloudformation list-stacks --region {region} --stack-status-filter CREATE_COMPLETE UPDATE_COMPLETE"
    its = f"--stack-set-name {BASELINE_SET} --call-as DELEGATED_ADMIN"
    only = f"OrganizationalUnitIds={unit},Accounts={account},AccountFilterType=INTERSECTION"
    return (
        f"its baseline is {instance.status}: {instance.reason}; mostly by the stack StackSet-{BASELINE_SET}-… that "
        f"stayed when the account left its unit. See it in account {account}: {there}. Either take it into the set: "
        f"aws cloudformation import-stacks-to-stack-set {its} --organizational-unit-ids {unit} --stack-ids <id>. Or "
        f"delete it, and then: aws cloudformation update-stack-instances {its} --deployment-targets {only} "
        f"--regions {region}"
    )


def _release(
    targets: Mapping[str, tuple[str, ...]], kept: Collection[str], regions: Sequence[str]
) -> dict[tuple[str, ...], tuple[str, ...]]:
    """A unit goes with all the regions that it was deployed in; of one that stays, regions may go."""
    released: dict[tuple[str, ...], tuple[str, ...]] = {}
    for unit, held in sorted(targets.items()):
        gone = tuple(sorted(set(held) - set(regions) if unit in kept else held))
        if gone:
            released[gone] = (*released.get(gone, ()), unit)
    return released


def _releases(address: str, regions: Sequence[str], kept: bool) -> Change:
    what, where = ("region", f"{address}/{'+'.join(regions)}") if kept else ("unit", address)
    reason = f"no manifest names the {what} any more; the stacks in its accounts stay, and get no more updates"
    return Change(where, TYPE, Verb.DELETE, reason, (Detail("Regions", list(regions), None),), retained=True)


def _deploys(path: str, regions: Sequence[str]) -> Change:
    detail = Detail("Regions", None, list(regions))
    return Change(f"baseline/unit/{path}", TYPE, Verb.CREATE, "the baseline does not target it yet", (detail,))


def _path_of(id: str, known: Mapping[str, Unit]) -> str:
    return next((unit.path for unit in known.values() if unit.id == id), id)


def _template_changes(
    wanted: Template, current: StackSet | None, create_only: Callable[[str], frozenset[str]]
) -> Iterator[Change]:
    if current is None:
        yield Change(TEMPLATE, TYPE, Verb.CREATE, "does not exist yet")
        return
    yield from compare(TEMPLATE, current.template, wanted.body, wanted.sources, create_only)
    if not current.automatic:
        detail = Detail("AutoDeployment", "off", "on, stacks of leaving accounts stay")
        yield Change(TEMPLATE, TYPE, Verb.UPDATE, "it does not deploy by itself", (detail,))
