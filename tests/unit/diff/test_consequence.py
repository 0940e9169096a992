"""Small bundles: what a change in one nested stack does in the others, through outputs, parameters and conditions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from controller.aws.resource_types import create_only
from controller.diff.change import Change, Detail, Later, Verb
from controller.diff.release import Published, bundle_changes
from controller.diff.stack import stack_changes
from controller.diff.values import Values
from controller.kinds.organization import Guards
from controller.model.bundle import Rendered, Template
from controller.model.observed import Present
from controller.model.ownership import logical_id
from controller.model.world import Stack
from controller.plan.guard import destroys_data

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


def reading(value: Any, reader: Body, *storages: Body, **more: Any) -> dict[str, Change]:
    """`storage` goes from one template to the other, `flow/orders` stays; the root gives it `value` for Given."""
    whole = root({"storage": {}, "flow/orders": {"Given": value}})
    flow = stack({"Thing": reader}, takes=("Given",), **more)
    before, after = ((whole, {"storage": storage, "flow/orders": flow}) for storage in storages)
    return changes(before, after)


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
    told = {"Told": {"Fn::Not": [{"Fn::Equals": [GIVEN, ""]}]}}
    queue = {"Type": "AWS::SQS::Queue", "Properties": properties}
    found = reading(get("Storage", "Outputs.RoleName"), queue, *ROLES, Conditions=told)
    assert verbs(found) == {"storage/Role": Verb.REPLACE, "flow/orders/Thing": verb}
    (detail,) = found["flow/orders/Thing"].details
    later = Later("silo/sales/storage/Role", "Ref")
    assert (detail.path, detail.after, detail.replaces) == (path, later, verb is Verb.REPLACE)
    assert "it reads silo/sales/storage/Role, made anew" in found["flow/orders/Thing"].reason


def test_an_output_that_stays_changes_nothing() -> None:
    found = reading(
        get("Storage", "Outputs.Fixed"), {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": GIVEN}}, *ROLES
    )
    assert verbs(found) == {"storage/Role": Verb.REPLACE}


def test_a_replacement_goes_on_from_stack_to_stack_and_a_guard_holds_what_it_destroys() -> None:
    queue = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": {"Fn::Sub": "${Given}-x"}}}
    bucket = {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": GIVEN}}
    topic = {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": GIVEN}}
    whole = root(
        {
            "storage": {},
            "flow/orders": {"Given": get("Storage", "Outputs.RoleName")},
            "flow/reports": {"Given": get("FlowOrders", "Outputs.Queue")},
            "warehouse": {"Given": get("FlowReports", "Outputs.Bucket")},
            "webapp": {"Given": get("Warehouse", "Outputs.Topic")},
        }
    )
    same = {
        "flow/orders": stack({"Queue": queue}, {"Queue": get("Queue", "Arn")}, ("Given",)),
        "flow/reports": stack({"Bucket": bucket}, {"Bucket": {"Fn::Sub": "s3://${Bucket}"}}, ("Given",)),
        "warehouse": stack({"Topic": topic}, {"Topic": {"Ref": "Topic"}}, ("Given",)),
        "webapp": stack({"Topic": topic}, takes=("Given",)),
    }
    found = changes(*((whole, {"storage": roles, **same}) for roles in ROLES))
    assert verbs(found) == {
        "storage/Role": Verb.REPLACE,
        "flow/orders/Queue": Verb.REPLACE,
        "flow/reports/Bucket": Verb.REPLACE,
        "warehouse/Topic": Verb.UPDATE,
    }
    lost = "silo/sales/flow/reports/Bucket"
    guards = Guards(50, True)
    (guard,) = destroys_data(found.values(), guards, (), ())
    assert (guard.blocks, guard.address, guard.allow) == (True, lost, f"destroy={lost}")
    assert not [*destroys_data(found.values(), guards, (f"destroy={lost}",), ())]
    assert not [*destroys_data(found.values(), guards, (), (lost,))]


def test_an_output_that_says_something_else_is_told_with_both_values() -> None:
    role = {"Role": PATH_A}
    storages = [stack(role, {"Days": days}) for days in ("30", 60)]
    topic = {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": {"Fn::Sub": "${Given} days of ${AWS::Region}"}}}
    change = reading(get("Storage", "Outputs.Days"), topic, *storages)["flow/orders/Thing"]
    detail = Detail("DisplayName", {"Fn::Sub": "30 days of ${AWS::Region}"}, {"Fn::Sub": "60 days of ${AWS::Region}"})
    assert (change.verb, change.reason, change.details) == (Verb.UPDATE, "what it reads differs", (detail,))


def test_an_output_that_turns_to_another_resource_is_told_by_their_addresses() -> None:
    roles = {"Old": PATH_A, "New": PATH_A}
    storages = [stack(roles, {"Role": {"Ref": name}}) for name in ("Old", "New")]
    queue = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": GIVEN}}
    change = reading(get("Storage", "Outputs.Role"), queue, *storages)["flow/orders/Thing"]
    before, after = ({"Ref": f"silo/sales/storage/{name}"} for name in ("Old", "New"))
    assert (change.verb, change.details) == (Verb.REPLACE, (Detail("QueueName", before, after, replaces=True),))


def test_a_fact_that_aws_answers_otherwise_reaches_the_nested_stack_through_the_roots_parameter() -> None:
    policy = {"Type": "AWS::S3::BucketPolicy", "Properties": {"PolicyDocument": {"Path": GIVEN}}}
    whole = root({"storage": {"Given": {"Ref": "UnitSilos"}}}, Parameters={"UnitSilos": {"Type": "String"}})
    side = (whole, {"storage": stack({"Policy": policy}, takes=("Given",))})
    found = changes(side, side, ({"UnitSilos": "o-1/r-1/ou-1/*"}, {"UnitSilos": "o-1/r-1/ou-2/*"}))
    assert verbs(found) == {"storage/Policy": Verb.UPDATE, "bundle/(parameters)": Verb.UPDATE}
    assert found["storage/Policy"].details == (Detail("PolicyDocument.Path", "o-1/r-1/ou-1/*", "o-1/r-1/ou-2/*"),)


@pytest.mark.parametrize(
    ("given", "output"),
    [("Other", "RoleName"), ("Given", "OtherName"), ("Other", "OtherName")],
    ids=["parameter", "output", "both"],
)
def test_another_name_for_the_same_value_replaces_nothing(given: str, output: str) -> None:
    def side(given: str, output: str) -> tuple[Body, dict[str, Body]]:
        bucket = {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": {"Fn::Sub": f"${{{given}}}-x"}}}
        flow = stack({"Bucket": bucket}, takes=(given,))
        whole = root({"storage": {}, "flow/orders": {given: get("Storage", f"Outputs.{output}")}})
        return whole, {"storage": stack({"Role": PATH_A}, {output: {"Ref": "Role"}}), "flow/orders": flow}

    found = changes(side("Given", "RoleName"), side(given, output))
    assert {change.verb for change in found.values()} == {Verb.UPDATE}
    assert not any(change.destroys_data for change in found.values())
    assert ("flow/orders/Bucket" in found) == (given != "Given")


def test_a_parameter_that_is_taken_away_takes_its_default() -> None:
    topic = {"Topic": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": GIVEN}}}
    flow = {**stack(topic), "Parameters": {"Given": {"Type": "String", "Default": "none"}}}
    storage = stack({"Role": PATH_A}, {"RoleName": {"Ref": "Role"}})
    before = root({"storage": {}, "flow/orders": {"Given": get("Storage", "Outputs.RoleName")}})
    after = root({"storage": {}, "flow/orders": {}})
    nested = {"storage": storage, "flow/orders": flow}
    change = changes((before, nested), (after, nested))["flow/orders/Topic"]
    detail = Detail("TopicName", {"Ref": "silo/sales/storage/Role"}, "none", replaces=True)
    assert (change.verb, change.details) == (Verb.REPLACE, (detail,))


def test_a_default_and_a_mapping_count_as_what_they_give() -> None:
    topic = {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": {"Fn::FindInMap": ["Names", GIVEN, "Long"]}}}

    def side(default: str, name: str) -> tuple[Body, dict[str, Body]]:
        flow = stack({"Topic": topic}, Mappings={"Names": {"a": {"Long": name}, "b": {"Long": "Bee"}}})
        return root({"flow/orders": {}}), {"flow/orders": {**flow, "Parameters": {"Given": {"Default": default}}}}

    for before, after in ((("a", "Ay"), ("b", "Ay")), (("a", "Ay"), ("a", "Bee"))):
        change = changes(side(*before), side(*after))["flow/orders/Topic"]
        assert change.details == (Detail("DisplayName", "Ay", "Bee"),)


BUCKET: Body = {"Type": "AWS::S3::Bucket", "Properties": {}, "Condition": "Wanted"}


@pytest.mark.parametrize(
    ("values", "resource", "verb", "destroys"),
    [
        (("no", "yes"), BUCKET, Verb.CREATE, False),
        (("yes", "no"), BUCKET, Verb.DELETE, True),
        (("yes", "no"), {**BUCKET, "DeletionPolicy": "Retain"}, Verb.DELETE, False),
        (("no", "never"), BUCKET, None, False),
    ],
    ids=["comes", "goes", "goes and is kept", "stays away"],
)
def test_a_condition_on_what_is_given_makes_a_resource_come_and_go(
    values: tuple[str, str], resource: Body, verb: Verb | None, destroys: bool
) -> None:
    wanted = {"Wanted": {"Fn::Or": [{"Fn::Equals": [GIVEN, "yes"]}, {"Fn::Equals": ["a", "b"]}]}}
    storages = [stack({"Role": PATH_A}, {"Told": value}) for value in values]
    found = reading(get("Storage", "Outputs.Told"), resource, *storages, Conditions=wanted)
    if verb is None:
        assert "flow/orders/Thing" not in found
    else:
        change = found["flow/orders/Thing"]
        assert (change.verb, change.destroys_data) == (verb, destroys)


def test_a_condition_that_only_the_apply_will_tell_is_told_as_the_worst_that_may_come() -> None:
    wanted = {"Wanted": {"Fn::Equals": [GIVEN, "yes"]}}
    change = reading(get("Storage", "Outputs.RoleName"), BUCKET, *ROLES, Conditions=wanted)["flow/orders/Thing"]
    assert (change.verb, change.destroys_data) == (Verb.REPLACE, True)
    assert change.reason == "whether its condition holds is known after apply"
    later = Later("silo/sales/storage/Role", "Ref")
    assert change.details == (Detail("(Condition)", "Wanted", later, replaces=True),)


def test_a_property_that_a_condition_chooses_follows_it() -> None:
    wanted = {"Wanted": {"Fn::Equals": [GIVEN, "yes"]}}
    chosen = {"Fn::If": ["Wanted", "loud", {"Ref": "AWS::NoValue"}]}
    topic = {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": chosen}}
    storages = [stack({"Role": PATH_A}, {"Told": value}) for value in ("no", "yes")]
    change = reading(get("Storage", "Outputs.Told"), topic, *storages, Conditions=wanted)["flow/orders/Thing"]
    assert change.details == (Detail("DisplayName", None, "loud"),)


def test_what_a_resource_gives_back_of_its_own_properties_changes_with_them_in_place() -> None:
    values = [{"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": value}} for value in "ab"]
    storages = [stack({"Setting": one}, {"Setting": get("Setting", "Value")}) for one in values]
    topic = {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": GIVEN}}
    found = reading(get("Storage", "Outputs.Setting"), topic, *storages)
    assert verbs(found) == {"storage/Setting": Verb.UPDATE, "flow/orders/Thing": Verb.UPDATE}
    assert found["flow/orders/Thing"].details == (Detail("DisplayName", "a", "b"),)


def test_a_repository_that_is_renamed_in_place_answers_otherwise() -> None:
    named = [{"Type": "AWS::CodeCommit::Repository", "Properties": {"RepositoryName": one}} for one in "ab"]
    storages = [stack({"Code": one}, {"Arn": get("Code", "Arn")}) for one in named]
    topic = {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": GIVEN}}
    found = reading(get("Storage", "Outputs.Arn"), topic, *storages)
    assert verbs(found) == {"storage/Code": Verb.UPDATE, "flow/orders/Thing": Verb.UPDATE}


def test_a_custom_resource_may_answer_anything_once_it_is_updated() -> None:
    customs = [{"Type": "Custom::Grant", "Properties": {"ServiceToken": "arn", "Of": one}} for one in "ab"]
    storages = [stack({"Grant": one}, {"Id": get("Grant", "Id")}) for one in customs]
    queue = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": GIVEN}}
    found = reading(get("Storage", "Outputs.Id"), queue, *storages)
    assert verbs(found) == {"storage/Grant": Verb.UPDATE, "flow/orders/Thing": Verb.REPLACE}


def test_what_a_lost_template_gave_counts_as_another_value() -> None:
    queue = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": GIVEN}}
    whole = root({"storage": {}, "flow/orders": {"Given": get("Storage", "Outputs.RoleName")}})
    flow = {"flow/orders": stack({"Queue": queue}, takes=("Given",))}
    found = changes((whole, flow), (whole, {**flow, "storage": ROLES[0]}))
    assert verbs(found) == {"storage/Role": Verb.CREATE, "flow/orders/Queue": Verb.REPLACE}


def test_stacks_that_give_each_other_in_a_circle_end() -> None:
    whole = root({"flow/a": {"Given": get("FlowB", "Outputs.O")}, "flow/b": {"Given": get("FlowA", "Outputs.O")}})
    queue = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": GIVEN}}
    sides = [
        (
            whole,
            {
                name: stack({"Queue": queue}, {"O": {"Fn::Sub": f"${{Queue}}-{text}"}}, ("Given",))
                for name in ("flow/a", "flow/b")
            },
        )
        for text in "xy"
    ]
    found = changes(sides[0], sides[1])
    assert found["flow/a/Queue"].verb is found["flow/b/Queue"].verb is Verb.REPLACE


def test_what_is_not_concerned_is_not_worked_out(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    worked_out = Values.properties
    monkeypatch.setattr(Values, "properties", lambda self, name: (seen.append(self.place), worked_out(self, name))[1])
    topic = {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": GIVEN}}
    flow = stack({"Topic": topic}, takes=("Given",))
    whole = root(
        {
            "storage": {},
            "flow/orders": {"Given": get("Storage", "Outputs.RoleName")},
            **{f"flow/f{n}": {"Given": get("Storage", "Outputs.Fixed")} for n in range(9)},
        }
    )
    flows = {"flow/orders": flow, **{f"flow/f{n}": flow for n in range(9)}}
    changes(*((whole, {"storage": roles, **flows}) for roles in ROLES))
    assert {*seen} == {"silo/sales/bundle", "silo/sales/storage", "silo/sales/flow/orders"}


def test_a_parameter_of_a_masters_stack_changes_what_reads_it() -> None:
    topic = {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": {"Ref": "Units"}, "TopicName": {"Ref": "Kept"}}}
    body = stack({"Topic": topic}, takes=("Units", "Kept"))
    there = Stack("UPDATE_COMPLETE", "", body, {"Units": "ou-1", "Kept": "a"}, {})
    later = Later("unit/Lake/Silos", "Id")
    wanted = Template("", body, {})
    first, second = stack_changes("master/stack", wanted, {"Units": later}, {}, Present(there), create_only)
    assert (first.address, first.verb) == ("master/stack/Topic", Verb.UPDATE)
    assert first.details == (Detail("DisplayName", "ou-1", later),)
    assert second.address == "master/stack/(parameters)"
