from __future__ import annotations

import json

import pytest

from controller.local.cloudformation import graph
from controller.local.cloudformation.errors import TemplateError
from controller.local.cloudformation.template import parse

YAML = """
Description: a bucket and its reader
Resources:
  Bucket:
    Type: AWS::S3::Bucket
    DeletionPolicy: Retain
    Properties:
      BucketName: !Sub "lake-${AWS::AccountId}"
      Policy:
        Version: 2012-10-17
        On: yes
        Arn: !GetAtt Role.Arn
        First: !Select [0, !Split [",", "a,b"]]
  Role:
    Type: AWS::IAM::Role
    DependsOn: Key
    Properties: {Path: !If [Wide, /, !Ref "AWS::NoValue"]}
  Key: {Type: AWS::KMS::Key}
Conditions:
  Wide: !Not [!Condition Narrow]
  Narrow: !Equals [a, b]
"""


def test_short_tags_are_functions_and_dates_stay_text() -> None:
    bucket = parse(YAML).resources["Bucket"]
    assert bucket.deletion_policy == "Retain"
    assert bucket.properties["BucketName"] == {"Fn::Sub": "lake-${AWS::AccountId}"}
    assert bucket.properties["Policy"]["Version"] == "2012-10-17"
    assert bucket.properties["Policy"]["Arn"] == {"Fn::GetAtt": ["Role", "Arn"]}
    assert bucket.properties["Policy"]["First"] == {"Fn::Select": [0, {"Fn::Split": [",", "a,b"]}]}
    assert parse(YAML).conditions["Wide"] == {"Fn::Not": [{"Condition": "Narrow"}]}


def test_a_resource_comes_after_what_it_refers_to_and_depends_on() -> None:
    template = parse(YAML)
    assert graph.order(template, template.resources, lambda _: True) == ("Key", "Role", "Bucket")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "JSON not well-formed. (line 1, column 2)"),
        ("a: [", "YAML not well-formed."),
        ("[]", "unsupported structure"),
        ("{}", "At least one Resources member must be defined."),
        ('{"Resourcess": {}}', "Invalid template property or properties [Resourcess]"),
        ('{"Resources": {"A": {}}}', "[/Resources/A] Every Resources object must contain a Type member."),
        ('{"Resources": {"A-b": {"Type": "X"}}}', "Resource name A-b is non alphanumeric."),
        ('{"Resources": {"A": {"Type": "X", "Propertys": {}}}}', "Invalid template resource property 'Propertys'"),
        ('{"Resources": {"A": {"Type": "X", "DeletionPolicy": "Keep"}}}', "Unrecognized DeletionPolicy Keep"),
        (json.dumps({"Resources": {f"A{n}": {"Type": "X"} for n in range(501)}}), "Number of resources, 501"),
    ],
)
def test_what_is_no_template_is_refused_in_the_words_of_aws(text: str, message: str) -> None:
    with pytest.raises(TemplateError) as refused:
        parse(text)
    assert message in refused.value.message


@pytest.mark.parametrize(
    ("properties", "message"),
    [
        ({"P": {"Ref": "Nobody"}}, "Unresolved resource dependencies [Nobody] in the Resources block of the template"),
        ({"P": {"Fn::Sub": "${Nobody.Arn}"}}, "Unresolved resource dependencies [Nobody]"),
        ({"P": {"Fn::Sub": ["${Given} ${No}", {"Given": "x"}]}}, "Unresolved resource dependencies [No]"),
        ({"P": {"Fn::Wrong": "x"}}, "Encountered unsupported function: Fn::Wrong"),
    ],
)
def test_references_to_nothing_are_refused(properties: dict[str, object], message: str) -> None:
    with pytest.raises(TemplateError) as refused:
        graph.check(parse(json.dumps({"Resources": {"A": {"Type": "X", "Properties": properties}}})))
    assert message in refused.value.message


def test_a_circle_is_refused_with_its_members() -> None:
    circle = {name: {"Type": "X", "Properties": {"P": {"Ref": other}}} for name, other in ("AB", "BC", "CA")}
    template = parse(json.dumps({"Resources": circle}))
    with pytest.raises(TemplateError, match=r"Circular dependency between resources: \[A, B, C\]"):
        graph.order(template, template.resources, lambda _: True)


@pytest.mark.parametrize(
    ("sections", "message"),
    [
        (
            {"Conditions": {"C": {"Fn::Equals": [{"Ref": "A"}, "x"]}}},
            "Cannot reference resources in the Conditions block",
        ),
        ({"Resources": {"A": {"Type": "X", "Condition": "C"}}}, "Unresolved condition dependency C in the Resources"),
        ({"Outputs": {"O": {"Value": {"Fn::If": ["C", 1, 2]}}}}, "Unresolved condition dependency C in the Outputs"),
        ({"Outputs": {"O": {"Value": {"Ref": "B"}}}}, "Unresolved resource dependencies [B] in the Outputs block"),
    ],
)
def test_conditions_have_to_exist_and_see_only_parameters(sections: dict[str, object], message: str) -> None:
    with pytest.raises(TemplateError) as refused:
        graph.check(parse(json.dumps({"Resources": {"A": {"Type": "X"}}} | sections)))
    assert message in refused.value.message
