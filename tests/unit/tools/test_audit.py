"""Reasons beside resources, and policies as the checkers see them; `make audit` runs the checkers themselves."""

from __future__ import annotations

import json
from typing import Any

import pytest

from controller.render.blueprint import Catalogue
from tools.audit.__main__ import Finding, compare
from tools.audit.policies import policies, resolved
from tools.audit.reasons import Misplaced, Reason, beside, numbered, written
from tools.audit.templates import Judged, templates

TEXT = """\
Description: x
# accepted by nobody: this is no reason
Resources:
  Bucket:
    Type: AWS::S3::Bucket
    # accepted CKV_AWS_18: only answers @some/template.yaml.j2:6
    Properties: {}
  Topic:
    Type: AWS::SNS::Topic
Outputs: {}
"""
REASON = Reason("CKV_AWS_18", "only answers", "some/template.yaml.j2:6")


def judged(text: str = TEXT) -> Judged:
    return Judged("some/cases/one", {"Resources": {}}, beside(text))


def finding(resource: str = "Bucket", check: str = "CKV_AWS_18") -> Finding:
    return Finding("some/cases/one", resource, check, "no logs")


@pytest.fixture(scope="module")
def every() -> tuple[Judged, ...]:
    return tuple(templates())


def test_a_reason_belongs_to_the_resource_that_it_stands_in() -> None:
    assert beside(TEXT) == {"Bucket": (REASON,)}


@pytest.mark.parametrize("after", ["Resources:\n", "Description: x\n", "Outputs: {}\n", "  Topic:\n"])
def test_a_reason_outside_of_a_resource_is_refused(after: str) -> None:
    indent = "  " if after == "  Topic:\n" else ""
    with pytest.raises(Misplaced, match="move it into one"):
        beside(TEXT.replace(after, f"{after}{indent}# accepted CKV_AWS_1: nowhere\n"))


def test_what_is_found_is_left_unless_the_reason_stands_beside_that_resource_for_that_check() -> None:
    assert compare([judged()], [finding()], [REASON]) == ([], [])
    for other in (finding("Topic"), finding(check="CKV_AWS_21"), Finding("other", "Bucket", "CKV_AWS_18", "")):
        assert compare([judged()], [finding(), other], [REASON]) == ([other], [])


def test_a_reason_for_what_nothing_finds_any_more_is_told() -> None:
    assert compare([judged()], [], [REASON]) == ([], [REASON])


def test_a_reason_says_where_it_stands_and_nothing_else_changes() -> None:
    source = b"Resources:\n{% if x %}\n  # accepted CKV_AWS_18: why\n{% endif %}\n"
    assert numbered("a.yaml.j2", source) == source.replace(b": why", b": why @a.yaml.j2:3")
    assert numbered("a.py", source) == source
    assert written({"a.yaml.j2": source}) == (Reason("CKV_AWS_18", "why", "a.yaml.j2:3"),)


def test_every_reason_of_the_blueprints_is_rendered_beside_a_resource(every: tuple[Judged, ...]) -> None:
    rendered = {reason for one in every for reasons in one.reasons.values() for reason in reasons}
    assert rendered == set(written(Catalogue.read().files))


def test_no_comment_reaches_a_template_that_is_sent(every: tuple[Judged, ...]) -> None:
    assert [one.name for one in every if b"# accepted" in one.content] == []


def test_each_blueprint_and_whole_lakes_are_judged(every: tuple[Judged, ...]) -> None:
    names = [one.name for one in every]
    assert {name.partition("/cases/")[0] for name in names} >= Catalogue.read().available
    assert any(name.startswith("manifests/") for name in names)
    assert len({one.content for one in every}) == len(every)


def test_policies_are_found_wherever_they_stand_and_hold_no_references(every: tuple[Judged, ...]) -> None:
    found = [policy for one in every for policy in policies(one.body)]
    places = {policy.place.split("[")[0] for policy in found}
    assert {"AssumeRolePolicyDocument", "Policies", "PolicyDocument", "KeyPolicy"} <= places
    assert [policy for policy in found if any(said in json.dumps(policy.document) for said in ('"Ref"', "Fn::"))] == []


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"Ref": "AWS::AccountId"}, "123456789012"),
        ({"Fn::GetAtt": ["Raw", "Arn"]}, "arn:aws:s3:::raw"),
        ({"Fn::Sub": "${Raw.Arn}/${!aws:username}/*"}, "arn:aws:s3:::raw/${aws:username}/*"),
        ({"Fn::Sub": ["${of}", {"of": {"Ref": "Raw"}}]}, "raw"),
        ({"Fn::Join": ["/", ["a", {"Ref": "DropzoneBucket"}]]}, "a/dropzonebucket"),
    ],
)
def test_references_become_what_they_could_be(value: Any, text: str) -> None:
    assert resolved(value, {"Raw": "AWS::S3::Bucket"}) == text


def test_a_policy_of_a_key_speaks_of_the_key_and_a_trust_of_the_role() -> None:
    statement = {"Effect": "Allow", "Action": "kms:*", "Resource": "*"}
    body = {
        "Key": {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": {"Statement": [statement]}}},
        "Role": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {"Statement": [{}]}}},
        "Logs": {"Type": "X", "Properties": {"Policy": {"Fn::Sub": '{"Statement":[{"Resource":"${AWS::Region}"}]}'}}},
    }
    found = [policy.document["Statement"][0]["Resource"] for policy in policies({"Resources": body})]
    assert [one.split(":")[2] if one.count(":") else one for one in found] == ["kms", "iam", "eu-west-1"]
