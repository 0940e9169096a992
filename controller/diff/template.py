"""Two versions of a CloudFormation template in, one change a resource out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from controller.diff.change import Change, Detail, Later, Verb
from controller.diff.consequence import (
    NESTED,
    NOTHING,
    ROOT,
    CreateOnly,
    Outcome,
    Outcomes,
    Version,
    consequences,
    is_fixed,
)
from controller.diff.edits import Edit, edits
from controller.diff.values import Attribute, later, shown
from controller.model.source import Source

KEEPING = frozenset({"Retain", "RetainExceptOnCreate", "Snapshot"})

LOG = "AWS::Logs::LogGroup"  # tells of what goes with it, and is no data of the lake

DATA, NO_DATA = "lake:data", "none"  # a resource's metadata: of a type that holds data, and yet only points at it

# Types that hold data or identity: losing one loses what no re-run brings back.
DATA_TYPES = frozenset(
    {
        "AWS::AppFlow::ConnectorProfile",
        "AWS::AppFlow::Flow",  # its place in the source's delta queue
        "AWS::CodeCommit::Repository",
        "AWS::Cognito::UserPool",
        "AWS::DynamoDB::Table",
        "AWS::Glue::Database",
        "AWS::IAM::AccessKey",
        "AWS::IAM::User",
        "AWS::KMS::Key",
        "AWS::Redshift::Cluster",
        "AWS::RedshiftServerless::Namespace",
        "AWS::S3::Bucket",
        "AWS::SecretsManager::Secret",
        "AWS::Transfer::Server",
    }
)


def compare(
    place: str,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    sources: Mapping[str, Source],
    create_only: CreateOnly,
    given: tuple[Mapping[str, Any], Mapping[str, Any]] = (NOTHING, NOTHING),
) -> Iterator[Change]:
    """The changes that bring a stack from template `before` to `after`, by logical id; `place` is the address above
    them, and `given` are the values of its parameters before and after.
    """
    old, new = Version(before, given[0]), Version(after, given[1])
    outcomes = consequences({ROOT: place}, old, new, create_only).get(ROOT, {})
    return resource_changes(place, before, after, sources, create_only, outcomes)


def resource_changes(
    place: str,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    sources: Mapping[str, Source],
    create_only: CreateOnly,
    outcomes: Outcomes,
) -> Iterator[Change]:
    """As `compare`, where it is known already what becomes of each resource.

    A nested stack is looked at as a resource only, and neither its TemplateURL nor the values of its parameters at all:
    what differs within it is compared by itself. Where nothing but other sections differ (outputs, conditions), that
    is one change of `place`.
    """
    old, new = before.get("Resources", {}), after.get("Resources", {})
    if old == new and before != after:
        sections = tuple(
            Detail(section, before.get(section), after.get(section))
            for section in sorted({*before, *after})
            if before.get(section) != after.get(section)
        )
        yield Change(place, "template", Verb.UPDATE, "the template differs outside its resources", sections)
    for name, outcome in sorted(outcomes.items()):
        change = _resource(place, name, old.get(name), new.get(name), outcome, sources.get(name), create_only)
        if change is not None:
            yield change


def _resource(
    place: str,
    name: str,
    old: Mapping[str, Any] | None,
    new: Mapping[str, Any] | None,
    outcome: Outcome,
    source: Source | None,
    create_only: CreateOnly,
) -> Change | None:
    address = f"{place}/{name}"
    if new is not None and outcome.was is False:
        return None if outcome.will_be is False else _created(address, new, source)
    if old is None:
        return None
    if new is None or outcome.will_be is False:
        return None if outcome.was is False else _deleted(address, old, source, new is not None)
    if outcome.was != outcome.will_be:
        return _uncertain(address, old, new, outcome, source)
    if old["Type"] != new["Type"]:
        detail = Detail("Type", old["Type"], new["Type"], replaces=True)
        reason = "its type differs"
        return _replaced(Change(address, new["Type"], Verb.REPLACE, reason, (detail,), source), old, new)
    return _changed(place, name, old, new, outcome, source, create_only(new["Type"]))


def _created(address: str, new: Mapping[str, Any], source: Source | None) -> Change:
    return Change(address, new["Type"], Verb.CREATE, "does not exist yet", source=source)


def _deleted(address: str, old: Mapping[str, Any], source: Source | None, conditional: bool) -> Change:
    kept = old.get("DeletionPolicy") in KEEPING
    reason = "its condition holds no more" if conditional else "no manifest asks for it"
    left = (
        "; AWS keeps it, outside the stack" if kept else "; what it logged goes with it" if old["Type"] == LOG else ""
    )
    return Change(
        address,
        old["Type"],
        Verb.DELETE,
        reason + left,
        source=source,
        destroys_data=_holds_data(old) and not kept,
        retained=kept,
    )


def _uncertain(
    address: str, old: Mapping[str, Any], new: Mapping[str, Any], outcome: Outcome, source: Source | None
) -> Change:
    """Its condition hangs on what only the apply will tell: the worst that may come is told."""
    lost = outcome.will_be is not True and _holds_data(old) and old.get("DeletionPolicy") not in KEEPING
    reason = "whether its condition holds is known after apply"
    hangs = _told(next(later(outcome.will_be), Later(address, "Condition")))
    detail = Detail("(Condition)", old.get("Condition"), hangs, replaces=True)
    return Change(address, new["Type"], Verb.REPLACE, reason, (detail,), source, destroys_data=lost)


def _changed(
    place: str,
    name: str,
    old: Mapping[str, Any],
    new: Mapping[str, Any],
    outcome: Outcome,
    source: Source | None,
    fixed: frozenset[str],
) -> Change | None:
    forcing = [edit for edit in outcome.edits if is_fixed(edit.pointer, fixed)]
    own = tuple(_details(old, new, forcing, fixed)) if old != new else ()
    read = tuple(_read(place, outcome.edits, own, fixed)) if new["Type"] != NESTED else ()
    if not own and not read:
        return None
    verb, reason = Verb.REPLACE if forcing else Verb.UPDATE, _reason(own, outcome.edits, bool(forcing))
    change = Change(f"{place}/{name}", new["Type"], verb, reason, (*own, *read), source)
    return _replaced(change, old, new) if forcing else change


def _replaced(change: Change, old: Mapping[str, Any], new: Mapping[str, Any]) -> Change:
    """What is replaced starts empty. What it held is gone, unless AWS keeps the old one, outside of the stack.

    Which of the two templates' policy AWS goes by is not documented: it is kept where both say so.
    """
    kept = all(version.get("UpdateReplacePolicy") in KEEPING for version in (old, new))
    return replace(change, destroys_data=_holds_data(old), retained=kept)


def _holds_data(resource: Mapping[str, Any]) -> bool:
    return resource["Type"] in DATA_TYPES and resource.get("Metadata", {}).get(DATA) != NO_DATA


def _details(
    old: Mapping[str, Any], new: Mapping[str, Any], forcing: list[Edit], fixed: frozenset[str]
) -> Iterator[Detail]:
    """What the template itself says otherwise; it replaces only where the value is another one too."""
    for edit in edits(old.get("Properties", {}), new.get("Properties", {})):
        if new["Type"] != NESTED or edit.path != "TemplateURL":
            pointer = _outside("/", edit.pointer)
            replaces = is_fixed(pointer, fixed) and any(_overlap("/", pointer, one.pointer) for one in forcing)
            yield Detail(edit.path, edit.before, edit.after, replaces, edit.at)
    for attribute in ("DeletionPolicy", "UpdateReplacePolicy", "DependsOn", "Condition", "Metadata", "UpdatePolicy"):
        if old.get(attribute) != new.get(attribute):
            yield Detail(f"({attribute})", old.get(attribute), new.get(attribute))


def _read(place: str, found: tuple[Edit, ...], own: tuple[Detail, ...], fixed: frozenset[str]) -> Iterator[Detail]:
    """What the template says as before, and yet comes to another value: what it reads differs."""
    told = [_outside(".", detail.path) for detail in own]
    for edit in found:
        if not any(_overlap(".[", path, edit.path) for path in told):
            first = next(later(edit.after), None)
            after = shown(edit.after, place) if first is None else _told(first)
            yield Detail(edit.path, shown(edit.before, place), after, is_fixed(edit.pointer, fixed), edit.at)


def _told(found: Attribute | Later) -> Later:
    return found if isinstance(found, Later) else Later(found.address, found.name)


def _reason(own: tuple[Detail, ...], found: tuple[Edit, ...], replaced: bool) -> str:
    if own and any(detail.replaces for detail in own) == replaced:
        return "a property that cannot be changed in place differs" if replaced else "its properties differ"
    read = sorted({one.address for edit in found for one in later(edit.after)})
    because = f"it reads {', '.join(read)}, made anew" if read else "what it reads differs"
    return f"replaced because {because}" if replaced else because


def _outside(separator: str, path: str) -> str:
    """A path or pointer up to the function that it leads into."""
    steps = path.split(separator)
    end = next((number for number, step in enumerate(steps) if step == "Ref" or step.startswith("Fn::")), len(steps))
    return separator.join(steps[:end])


def _overlap(separators: str, one: str, other: str) -> bool:
    """Whether one of two paths is the other or lies below it."""
    short, long = sorted((one, other), key=len)
    return long.startswith(short) and (not short or long[len(short) :][:1] in ("", *separators))
