"""Small bundles: what a change in one nested stack does in the others, through outputs, parameters and conditions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from controller.aws.resource_types import create_only
from controller.diff.change import Change, Later, Verb
from controller.diff.release import Published, bundle_changes
from controller.model.bundle import Rendered, Template
from controller.model.ownership import logical_id

Body = dict[str, Any]
NESTED = "AWS::CloudFormation::Stack"
PATH_A, PATH_B = ({"Type": "AWS::IAM::Role", "Properties": {"Path": path}} for path in ("/a/", "/b/"))  # create-only


def get(resource: str, attribute: str) -> Body:
    return {"Fn::GetAtt": [resource, attribute]}


def stack(resources: Body, outputs: Body | None = None, takes: tuple[str, ...] = (), **more: Any) -> Body:
    declared = {name: {"Type": "String"} for name in takes}
    said = {name: {"Value": value} for name, value in (outputs or {}).items()}
    return {"Resources": resources, **({"Outputs": said} if said else {}), "Parameters": declared, **more}


def root(given: Mapping[str, Body], **more: Any) -> Body:
    """`given` are the parameters of each nested stack by its address."""
    nested = {
        logical_id(address): {"Type": NESTED, "Properties": {"TemplateURL": address, "Parameters": parameters}}
        for address, parameters in given.items()
    }
    return {"Resources": nested, **more}


def changes(
    before: tuple[Body, Mapping[str, Body]],
    after: tuple[Body, Mapping[str, Body]],
    facts: tuple[Mapping[str, str], Mapping[str, str]] = ({}, {}),
) -> dict[str, Change]:
    """By address below the silo; each side is a root and its nested templates."""
    there = Published("0", before[0], before[1], facts[0], {})
    nested = tuple(Template(address, body, {}) for address, body in sorted(after[1].items()))
    rendered = Rendered("sales", Template("", after[0], {}), nested, (), facts[1], {})
    found = bundle_changes(rendered, there, create_only)
    return {change.address.removeprefix("silo/sales/"): change for change in found}


def verbs(found: Mapping[str, Change]) -> dict[str, Verb]:
    return {address: change.verb for address, change in found.items()}


def of_storage(storage: tuple[Body, Body], reader: Body, value: Any, **root_more: Any) -> dict[str, Change]:
    """`storage` changes and `flow/orders` does not; `value` is what the root gives it for its parameter Given."""
    whole = root({"storage": {}, "flow/orders": {"Given": value}}, **root_more)
    flow = stack(reader, takes=("Given",))
    return changes(
        (whole, {"storage": storage[0], "flow/orders": flow}), (whole, {"storage": storage[1], "flow/orders": flow})
    )


ROLES = tuple(stack({"Role": role}, {"RoleName": {"Ref": "Role"}, "Fixed": "a"}) for role in (PATH_A, PATH_B))
GIVEN = {"Ref": "Given"}


@pytest.mark.parametrize(
    ("properties", "verb", "path"),
    [
        ({"KmsMasterKeyId": GIVEN}, Verb.UPDATE, "KmsMasterKeyId"),
        ({"QueueName": GIVEN}, Verb.REPLACE, "QueueName"),
        ({"QueueName": {"Fn::Sub": "${Given}-x"}}, Verb.REPLACE, "QueueName"),
        ({"QueueName": {"Fn::Sub": ["${r}", {"r": GIVEN}]}}, Verb.REPLACE, "QueueName"),
        ({"QueueName": {"Fn::Join": ["-", ["x", GIVEN]]}}, Verb.REPLACE, "QueueName"),
        ({"QueueName": {"Fn::Select": [0, {"Fn::Split": ["/", GIVEN]}]}}, Verb.REPLACE, "QueueName"),
        ({"QueueName": {"Fn::If": ["Told", GIVEN, "no"]}}, Verb.REPLACE, "QueueName"),
        ({"Tags": [{"Key": "role", "Value": GIVEN}]}, Verb.UPDATE, "Tags[role].Value"),
        (
            {"RedrivePolicy": {"deadLetterTargetArn": {"Fn::Sub": "${Given}"}}},
            Verb.UPDATE,
            "RedrivePolicy.deadLetterTargetArn",
        ),
    ],
)
def test_what_reads_an_output_of_something_made_anew_changes_with_it(properties: Body, verb: Verb, path: str) -> None:
    queue = {"Queue": {"Type": "AWS::SQS::Queue", "Properties": properties}}
    told = {"Told": {"Fn::Not": [{"Fn::Equals": [GIVEN, ""]}]}}
    whole = root({"storage": {}, "flow/orders": {"Given": get("Storage", "Outputs.RoleName")}})
    flow = stack(queue, takes=("Given",), Conditions=told)
    found = changes(*((whole, {"storage": roles, "flow/orders": flow}) for roles in ROLES))
    assert verbs(found) == {"storage/Role": Verb.REPLACE, "flow/orders/Queue": verb}
    (detail,) = found["flow/orders/Queue"].details
    later = Later("silo/sales/storage/Role", "Ref")
    assert (detail.path, detail.after, detail.replaces) == (path, later, verb is Verb.REPLACE)
    assert "it reads silo/sales/storage/Role, made anew" in found["flow/orders/Queue"].reason
