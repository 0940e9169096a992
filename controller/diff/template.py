"""Two versions of a CloudFormation template in, one change a resource out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from controller.diff.change import Change, Detail, Later, Verb
from controller.diff.consequence import Follow, following
from controller.diff.edits import edits
from controller.model.source import Source

NESTED = "AWS::CloudFormation::Stack"
KEEPING = frozenset({"Retain", "RetainExceptOnCreate", "Snapshot"})

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
        "AWS::Logs::LogGroup",
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
    create_only: Callable[[str], frozenset[str]],
) -> Iterator[Change]:
    """The changes that bring template `before` to `after`, by logical id; `place` is the address above them.

    A nested stack is looked at as a resource only, and its TemplateURL not at all: what differs in its template is
    compared by itself. Where nothing but other sections differ (outputs, conditions), that is one change of `place`.
    """
    old, new = before.get("Resources", {}), after.get("Resources", {})
    if old == new and before != after:
        sections = tuple(
            Detail(section, before.get(section), after.get(section))
            for section in sorted({*before, *after})
            if before.get(section) != after.get(section)
        )
        yield Change(place, "template", Verb.UPDATE, "the template differs outside its resources", sections)
    found = {
        name: _resource(f"{place}/{name}", old.get(name), new.get(name), sources.get(name), create_only)
        for name in sorted({*old, *new})
    }
    replaced = {name for name, change in found.items() if change is not None and change.verb is Verb.REPLACE}
    kept = {name: new[name] for name in new if name in old}
    pulled = following(kept, replaced, lambda kind, pointer: _is_fixed(pointer, create_only(kind)))
    for name, change in found.items():
        if name in pulled:
            change = _pulled(place, name, kept[name], change, sources.get(name), pulled[name])
        if change is not None:
            yield change


def _pulled(
    place: str,
    name: str,
    resource: Mapping[str, Any],
    change: Change | None,
    source: Source | None,
    pulled: list[tuple[Follow, bool]],
) -> Change:
    """The change of a resource that refers to one which is made anew; `change` is its own, if it has one."""
    details = change.details if change else ()
    told = {detail.path for detail in details}
    for one, forced in pulled:
        if one.path not in told:
            told.add(one.path)
            later = Later(f"{place}/{one.name}", one.attribute)
            details = (*details, Detail(one.path, one.expression, later, forced))
    replaced = (change is not None and change.verb is Verb.REPLACE) or any(forced for _, forced in pulled)
    reason = "what it refers to is made anew" if change is None else change.reason
    return Change(
        f"{place}/{name}",
        resource["Type"],
        Verb.REPLACE if replaced else Verb.UPDATE,
        reason,
        details,
        source,
        destroys_data=replaced and _holds_data(resource),
    )


def _resource(
    address: str,
    old: Mapping[str, Any] | None,
    new: Mapping[str, Any] | None,
    source: Source | None,
    create_only: Callable[[str], frozenset[str]],
) -> Change | None:
    if old == new:
        return None
    if old is None:
        return Change(address, new["Type"] if new else "", Verb.CREATE, "does not exist yet", source=source)
    holds_data = _holds_data(old)
    if new is None:
        kept = old.get("DeletionPolicy") in KEEPING
        reason = "no manifest asks for it" + ("; AWS keeps it, outside the stack" if kept else "")
        return Change(
            address,
            old["Type"],
            Verb.DELETE,
            reason,
            source=source,
            destroys_data=holds_data and not kept,
            retained=kept,
        )
    if old["Type"] != new["Type"]:
        detail = Detail("Type", old["Type"], new["Type"], replaces=True)
        return Change(
            address, new["Type"], Verb.REPLACE, "its type differs", (detail,), source, destroys_data=holds_data
        )
    details = tuple(_details(old, new, create_only(new["Type"])))
    if not details:
        return None
    replaced = any(detail.replaces for detail in details)
    return Change(
        address,
        new["Type"],
        Verb.REPLACE if replaced else Verb.UPDATE,
        "a property that cannot be changed in place differs" if replaced else "its properties differ",
        details,
        source,
        destroys_data=replaced and holds_data,
    )


def _holds_data(resource: Mapping[str, Any]) -> bool:
    return resource["Type"] in DATA_TYPES and resource.get("Metadata", {}).get(DATA) != NO_DATA


def _details(old: Mapping[str, Any], new: Mapping[str, Any], fixed: frozenset[str]) -> Iterator[Detail]:
    for edit in edits(old.get("Properties", {}), new.get("Properties", {})):
        if new["Type"] != NESTED or edit.path != "TemplateURL":
            yield Detail(edit.path, edit.before, edit.after, _is_fixed(edit.pointer, fixed), edit.at)
    for attribute in ("DeletionPolicy", "UpdateReplacePolicy", "DependsOn", "Condition", "Metadata", "UpdatePolicy"):
        if old.get(attribute) != new.get(attribute):
            yield Detail(f"({attribute})", old.get(attribute), new.get(attribute))


def _is_fixed(pointer: str, fixed: frozenset[str]) -> bool:
    """A create-only path covers what lies below it, and a change of the whole above it."""
    return any(pointer == one or pointer.startswith(one + "/") or one.startswith(pointer + "/") for one in fixed)
