"""The way back where somebody deleted a silo's root stack: its storage outlives it, and a new root takes it in.

In two steps, for a stack is nested into one that is there (CloudFormation user guide, "Nest an existing stack"); then
the pipeline brings the new root to the release.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from typing import Any

from controller.engine.ports import Ports
from controller.engine.silos import Silos
from controller.engine.ways_out import START
from controller.model.bundle import Asset, canonical
from controller.model.live import LiveStack, Place
from controller.model.observed import Present
from controller.model.ownership import SILO_STACK, asset_address, deploy_role, logical_id, role_arn
from controller.resolve.lake import Lake

NESTED = "AWS::CloudFormation::Stack"
STORAGE = logical_id("storage")
SYSTEM = "aws:"  # tags that nobody but AWS writes
# The root's own resource of this name, which the next release brings to its value.
RELEASE = {
    "Type": "AWS::SSM::Parameter",
    "Properties": {"Name": "/lake/release", "Type": "String", "Value": "restored"},
}


def restoring(lake: Lake, ports: Ports, silos: Silos, place: Place, failed: bool = False) -> str:
    """The commands, as they are typed; empty where no such storage is left, or nobody can tell.

    `failed` where a root was tried since, and has to go first: it never got to have anything.
    """
    match silos.survivors(place, f"{SILO_STACK}-{STORAGE}-"):
        case Present((str(one),)):
            stack, template = silos.stack(place, one), silos.template(place, one)
        case _:
            return ""
    if not isinstance(stack, Present) or not isinstance(template, Present):
        return ""
    asset = Asset(canonical(template.value), ".json")
    if not isinstance(ports.bucket(place.region).get(asset.key), Present):
        return ""
    url = asset_address(lake.organization.code_bucket.name_prefix, place.region) + asset.key
    return _commands(stack.value, url, place, failed)


def _commands(storage: LiveStack, url: str, place: Place, failed: bool) -> str:
    at = f"--stack-name {SILO_STACK} --region {place.region}"
    named = f"{at} --change-set-name restore"
    empty, whole = _root(), _root(_nested(storage, url))
    role = role_arn(place.account, deploy_role(place.region))
    target = {"ResourceType": NESTED, "LogicalResourceId": STORAGE, "ResourceIdentifier": {"StackId": storage.id}}
    tags = [{"Key": key, "Value": value} for key, value in storage.tags.items() if not key.startswith(SYSTEM)]
    steps = (
        *([f"delete-stack {at}", f"wait stack-delete-complete {at}"] if failed else []),
        f"create-stack {at} --role-arn {role} --template-body {_quoted(empty)} --tags {_quoted(tags)}",
        f"wait stack-create-complete {at}",
        f"create-change-set {named} --change-set-type IMPORT --template-body {_quoted(whole)}"
        f" --capabilities CAPABILITY_NAMED_IAM --resources-to-import {_quoted([target])}",
        f"wait change-set-create-complete {named}",
        f"execute-change-set {named}",
        f"wait stack-import-complete {at}",
    )
    chain = " && ".join(f"aws cloudformation {step}" for step in steps)
    return f"{chain} && {START} --region {place.region}  # in account {place.account}"


def _root(storage: Mapping[str, Any] | None = None) -> Mapping[str, Any]:
    return {"Resources": {"Release": RELEASE, **({STORAGE: storage} if storage else {})}}


def _nested(storage: LiveStack, url: str) -> Mapping[str, Any]:
    """As the root of a release has it: an import compares template, parameters and tags."""
    given = {"Parameters": dict(storage.parameters)} if storage.parameters else {}
    kept = {"DeletionPolicy": "RetainExceptOnCreate", "UpdateReplacePolicy": "Retain"}
    return {"Type": NESTED, **kept, "Properties": {"TemplateURL": url, **given}}


def _quoted(document: object) -> str:
    return shlex.quote(json.dumps(document, sort_keys=True, separators=(",", ":")))
