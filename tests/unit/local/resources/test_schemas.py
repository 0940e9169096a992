from __future__ import annotations

from typing import Any

import pytest

from controller.local.resources.schemas import UnknownType, provider_schema


@pytest.mark.parametrize(
    ("type_name", "properties", "faults"),
    [
        ("AWS::S3::Bucket", {}, []),
        ("AWS::S3::Bucket", {"Nope": 1}, ["#: extraneous key [Nope] is not permitted"]),
        ("AWS::S3::Bucket", {"Arn": "x"}, ["#: extraneous key [Arn] is not permitted"]),
        ("AWS::S3::BucketPolicy", {"Bucket": "b"}, ["#: required key [PolicyDocument] not found"]),
        (
            "AWS::S3::Bucket",
            {"VersioningConfiguration": {"Status": "on"}},
            ["#/VersioningConfiguration/Status: on is not a valid enum value"],
        ),
        ("AWS::S3::Bucket", {"Tags": [{"Key": "a"}]}, ["#/Tags/0: required key [Value] not found"]),
        ("AWS::Glue::Crawler", {"Role": {}, "Targets": {}}, ["#/Role: expected type: String, found: JSONObject"]),
        (
            "AWS::SQS::Queue",
            {"VisibilityTimeout": "many"},
            ["#/VisibilityTimeout: expected type: Integer, found: String"],
        ),
    ],
)
def test_faults_are_worded_as_cloudformation_does(
    type_name: str, properties: dict[str, Any], faults: list[str]
) -> None:
    assert provider_schema(type_name).validate(properties) == faults


def test_scalars_are_taken_for_each_other() -> None:
    schema = provider_schema("AWS::Lambda::Function")
    given = {"Timeout": "60", "Description": 3, "VpcConfig": {"Ipv6AllowedForDualStack": "true"}}
    wanted = {"Timeout": 60, "Description": "3", "VpcConfig": {"Ipv6AllowedForDualStack": True}}
    assert schema.coerce(given) == wanted
    assert schema.validate({**given, "Code": {}, "Role": "arn:aws:iam::200000000001:role/a"}) == []


def test_what_replaces_a_resource_is_known() -> None:
    assert provider_schema("AWS::S3::Bucket").create_only[0] == ("BucketName",)
    assert ("TableInput", "Name") in provider_schema("AWS::Glue::Table").create_only
    assert provider_schema("AWS::IAM::Role").primary_identifier == (("RoleName",),)


def test_a_pattern_of_another_dialect_does_not_stop_the_checks() -> None:
    faults = provider_schema("AWS::Amplify::App").validate({"Nope": 1})
    assert "#: extraneous key [Nope] is not permitted" in faults


def test_a_type_that_cloudformation_does_not_know_is_named() -> None:
    with pytest.raises(UnknownType, match="AWS::Nope::Nope"):
        provider_schema("AWS::Nope::Nope")
