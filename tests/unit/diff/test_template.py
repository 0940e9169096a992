"""Two versions of a template, told resource by resource."""

from __future__ import annotations

from typing import Any

import pytest

from controller.aws.resource_types import create_only
from controller.diff.change import Change, Verb
from controller.diff.template import compare
from controller.model.source import Source

BUCKET: dict[str, Any] = {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "a"}}
KEPT: dict[str, Any] = {**BUCKET, "UpdateReplacePolicy": "Retain"}
QUEUE: dict[str, Any] = {"Type": "AWS::SQS::Queue", "Properties": {"DelaySeconds": 5}}


def changes(old: dict[str, Any], new: dict[str, Any]) -> list[Change]:
    before, after = ({"Resources": {"Thing": one}} if one else {"Resources": {}} for one in (old, new))
    return list(compare("silo/sales/storage", before, after, {"Thing": Source("silos/sales.yaml", 7, 3)}, create_only))


def with_properties(resource: dict[str, Any], **properties: Any) -> dict[str, Any]:
    return {**resource, "Properties": {**resource["Properties"], **properties}}


@pytest.mark.parametrize(
    ("old", "new", "verb", "destroys", "retained"),
    [
        ({}, BUCKET, Verb.CREATE, False, False),
        (BUCKET, {}, Verb.DELETE, True, False),
        ({**BUCKET, "DeletionPolicy": "Retain"}, {}, Verb.DELETE, False, True),
        ({**BUCKET, "DeletionPolicy": "RetainExceptOnCreate"}, {}, Verb.DELETE, False, True),
        ({**BUCKET, "DeletionPolicy": "Snapshot"}, {}, Verb.DELETE, False, True),
        ({**BUCKET, "DeletionPolicy": "Delete"}, {}, Verb.DELETE, True, False),
        (QUEUE, {}, Verb.DELETE, False, False),
        (BUCKET, with_properties(BUCKET, BucketName="b"), Verb.REPLACE, True, False),
        (KEPT, with_properties(KEPT, BucketName="b"), Verb.REPLACE, True, True),
        (BUCKET, with_properties(KEPT, BucketName="b"), Verb.REPLACE, True, False),
        (KEPT, with_properties(BUCKET, BucketName="b"), Verb.REPLACE, True, False),
        (KEPT, with_properties(KEPT, Tags=[]), Verb.UPDATE, False, False),
        (BUCKET, with_properties(BUCKET, Tags=[]), Verb.UPDATE, False, False),
        (QUEUE, with_properties(QUEUE, DelaySeconds=6), Verb.UPDATE, False, False),
        (QUEUE, with_properties(QUEUE, QueueName="q"), Verb.REPLACE, False, False),
        (BUCKET, {**QUEUE}, Verb.REPLACE, True, False),
        (BUCKET, {**BUCKET, "DeletionPolicy": "Retain"}, Verb.UPDATE, False, False),
    ],
    ids=[
        "create",
        "delete data",
        "keep data",
        "keep data except on create",
        "keep a snapshot",
        "delete data by its policy",
        "delete no data",
        "rename data",
        "rename data that AWS keeps",
        "rename data that is kept from now on",
        "rename data that is kept no longer",
        "change kept data in place",
        "change data in place",
        "change in place",
        "rename no data",
        "another type",
        "another policy",
    ],
)
def test_each_way_to_differ_has_its_verb_and_says_what_it_costs(
    old: dict[str, Any], new: dict[str, Any], verb: Verb, destroys: bool, retained: bool
) -> None:
    (change,) = changes(old, new)
    assert (change.verb, change.destroys_data, change.retained) == (verb, destroys, retained)
    assert change.source == Source("silos/sales.yaml", 7, 3)
    assert change.address == "silo/sales/storage/Thing"


def test_a_log_group_that_goes_needs_no_leave_and_says_what_goes_with_it() -> None:
    log = {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "/aws/vendedlogs/lake/sales/orders/process"}}
    (gone,) = changes(log, {})
    assert (gone.verb, gone.destroys_data) == (Verb.DELETE, False)
    assert gone.reason == "no manifest asks for it; what it logged goes with it"
    (kept,) = changes({**log, "DeletionPolicy": "RetainExceptOnCreate"}, {})
    assert kept.reason == "no manifest asks for it; AWS keeps it, outside the stack"


def test_a_property_below_a_fixed_one_replaces() -> None:
    table = {"Type": "AWS::Glue::Table", "Properties": {"DatabaseName": "d", "TableInput": {"Name": "a"}}}
    (change,) = changes(table, with_properties(table, TableInput={"Name": "b"}))
    (detail,) = change.details
    assert (detail.path, detail.replaces, change.verb) == ("TableInput.Name", True, Verb.REPLACE)


def test_a_property_above_a_fixed_one_replaces() -> None:
    table = {"Type": "AWS::Glue::Table", "Properties": {"DatabaseName": "d", "TableInput": {"Name": "a"}}}
    (change,) = changes(table, {**table, "Properties": {"DatabaseName": "d"}})
    assert change.verb is Verb.REPLACE


def test_a_nested_stack_is_not_told_for_its_template_alone() -> None:
    nested = {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": "one"}}
    assert changes(nested, with_properties(nested, TemplateURL="two")) == []
    (change,) = changes(nested, with_properties(nested, TemplateURL="two", Parameters={"A": "b"}))
    assert [detail.path for detail in change.details] == ["Parameters"]


def test_what_differs_in_a_list_is_told_in_its_order() -> None:
    many = [{"Key": f"t{number}", "Value": "a"} for number in range(12)]
    other = [{**one, "Value": "b"} for one in many]
    (change,) = changes(with_properties(QUEUE, Tags=many), with_properties(QUEUE, Tags=other))
    assert [detail.path for detail in change.details] == [f"Tags[t{number}].Value" for number in range(12)]


def test_an_item_of_a_fixed_list_replaces() -> None:
    before, after = ({"Type": "T", "Properties": {"Keys": [{"Name": name} for name in names]}} for names in ("a", "ab"))
    (change,) = compare(
        "x", {"Resources": {"A": before}}, {"Resources": {"A": after}}, {}, lambda _: frozenset({"/Keys"})
    )
    assert [(detail.path, detail.replaces) for detail in change.details] == [("Keys[b]", True)]


def test_a_template_that_differs_outside_of_its_resources_is_one_change() -> None:
    before = {"Resources": {"Thing": QUEUE}, "Outputs": {"A": {"Value": "1"}}}
    after = {"Resources": {"Thing": QUEUE}, "Outputs": {"A": {"Value": "2"}}}
    (change,) = compare("silo/sales/storage", before, after, {}, create_only)
    assert (change.address, change.verb, change.details[0].path) == ("silo/sales/storage", Verb.UPDATE, "Outputs")


ROLE: dict[str, Any] = {"Type": "AWS::IAM::Role", "Properties": {"Path": "/a/"}}


def of(before: dict[str, Any], **after: Any) -> dict[str, tuple[Verb, list[str]]]:
    """What a stack's resources go through when these change, with the paths of what differs."""
    found = compare("silo/sales/storage", {"Resources": before}, {"Resources": {**before, **after}}, {}, create_only)
    return {one.address.rpartition("/")[2]: (one.verb, [detail.path for detail in one.details]) for one in found}


@pytest.mark.parametrize(
    ("properties", "verb", "path"),
    [
        ({"KmsMasterKeyId": {"Fn::GetAtt": ["Role", "Arn"]}}, Verb.UPDATE, "KmsMasterKeyId"),
        ({"QueueName": {"Ref": "Role"}}, Verb.REPLACE, "QueueName"),
        ({"QueueName": {"Fn::Sub": "${Role}-x"}}, Verb.REPLACE, "QueueName"),
        ({"QueueName": {"Fn::Sub": ["${r}", {"r": {"Ref": "Role"}}]}}, Verb.REPLACE, "QueueName"),
        ({"QueueName": {"Fn::Join": ["-", ["x", {"Ref": "Role"}]]}}, Verb.REPLACE, "QueueName"),
        ({"Tags": [{"Key": "role", "Value": {"Ref": "Role"}}]}, Verb.UPDATE, "Tags[role].Value"),
    ],
)
def test_what_refers_to_a_replaced_resource_changes_with_it(properties: Any, verb: Verb, path: str) -> None:
    stack = {"Role": ROLE, "Queue": {"Type": "AWS::SQS::Queue", "Properties": properties}}
    found = of(stack, Role={"Type": "AWS::IAM::Role", "Properties": {"Path": "/b/"}})
    assert found == {"Role": (Verb.REPLACE, ["Path"]), "Queue": (verb, [path])}


def test_a_replacement_goes_on_through_what_it_replaces_and_ends_at_what_it_does_not() -> None:
    stack = {
        "Role": ROLE,
        "Queue": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": {"Ref": "Role"}}},
        "Bucket": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": {"Fn::GetAtt": ["Queue", "QueueName"]}}},
        "Topic": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": {"Ref": "Bucket"}}},
        "Other": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": {"Ref": "Topic"}}},
        "Text": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": {"Fn::Sub": "${!Role}"}}},
    }
    changed = {"Type": "AWS::IAM::Role", "Properties": {"Path": "/b/"}}
    found = of(stack, Role=changed)
    assert {name: verb for name, (verb, _) in found.items()} == {
        "Role": Verb.REPLACE,
        "Queue": Verb.REPLACE,
        "Bucket": Verb.REPLACE,
        "Topic": Verb.UPDATE,
    }
    changes = compare(
        "silo/sales/storage", {"Resources": stack}, {"Resources": {**stack, "Role": changed}}, {}, create_only
    )
    assert [one.address for one in changes if one.destroys_data] == ["silo/sales/storage/Bucket"]


def test_what_changes_itself_is_told_once_for_each_property() -> None:
    stack = {"Role": ROLE, "Queue": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": {"Ref": "Role"}}}}
    queue = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": {"Fn::Sub": "${Role}-x"}, "DelaySeconds": 5}}
    found = of(stack, Role={"Type": "AWS::IAM::Role", "Properties": {"Path": "/b/"}}, Queue=queue)
    assert sorted(found["Queue"][1])[0] == "DelaySeconds"
    assert len(found["Queue"][1]) == len(set(found["Queue"][1]))
