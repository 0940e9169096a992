from __future__ import annotations

import json
from typing import Any

import pytest

from controller.local.resources.handler import ResourceFailed, Scope
from controller.local.resources.registry import handler_for

TAGS = [{"Key": "lake:flow", "Value": "orders"}]
MORE = [{"Key": "lake:flow", "Value": "orders"}, {"Key": "owner", "Value": "sales"}]
POLICY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}],
}
WIDER = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": "arn:aws:s3:::b/*"}],
}
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "codepipeline.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ],
}
OTHER_TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "glue.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
MANAGED = "arn:aws:iam::aws:policy/service-role/AWSGlueServiceRole"
KEY_POLICY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "kms:*", "Resource": "*"}],
}

STAND_ALONE: dict[str, tuple[dict[str, Any], dict[str, Any], frozenset[str]]] = {
    "AWS::KMS::Key": (
        {"Description": "data", "KeyPolicy": KEY_POLICY, "EnableKeyRotation": True, "Tags": TAGS},
        {"Description": "all data", "KeyPolicy": KEY_POLICY, "EnableKeyRotation": False, "Tags": MORE},
        frozenset(),
    ),
    "AWS::IAM::Role": (
        {
            "RoleName": "lake-worker",
            "Path": "/lake/",
            "AssumeRolePolicyDocument": TRUST,
            "Policies": [{"PolicyName": "read", "PolicyDocument": POLICY}],
            "ManagedPolicyArns": [MANAGED],
            "MaxSessionDuration": 3600,
            "Tags": TAGS,
        },
        {
            "RoleName": "lake-worker",
            "Path": "/lake/",
            "AssumeRolePolicyDocument": OTHER_TRUST,
            "Policies": [
                {"PolicyName": "read", "PolicyDocument": WIDER},
                {"PolicyName": "more", "PolicyDocument": POLICY},
            ],
            "ManagedPolicyArns": [],
            "MaxSessionDuration": 7200,
            "PermissionsBoundary": MANAGED,
            "Tags": MORE,
        },
        frozenset(),
    ),
    "AWS::IAM::User": (
        {
            "UserName": "fastfreight",
            "Path": "/partners/sales/",
            "Policies": [{"PolicyName": "drop", "PolicyDocument": POLICY}],
        },
        {
            "UserName": "fastfreight",
            "Path": "/partners/sales/",
            "Policies": [{"PolicyName": "drop", "PolicyDocument": WIDER}],
            "PermissionsBoundary": MANAGED,
            "Tags": MORE,
        },
        frozenset(),
    ),
    "AWS::IAM::ManagedPolicy": (
        {
            "ManagedPolicyName": "lake-boundary",
            "Path": "/lake/",
            "PolicyDocument": POLICY,
            "Description": "outer limit",
        },
        {"ManagedPolicyName": "lake-boundary", "Path": "/lake/", "PolicyDocument": WIDER, "Description": "outer limit"},
        frozenset(),
    ),
    "AWS::SSM::Parameter": (
        {"Name": "/lake/raw", "Type": "String", "Value": "a", "Description": "where", "Tags": {"a": "b"}},
        {"Name": "/lake/raw", "Type": "String", "Value": "b", "Description": "where now", "Tags": {"c": "d"}},
        frozenset(),
    ),
    "AWS::SecretsManager::Secret": (
        {"Name": "lake/partner", "Description": "login", "SecretString": "x", "Tags": TAGS},
        {"Name": "lake/partner", "Description": "their login", "SecretString": "y", "Tags": MORE},
        frozenset({"SecretString"}),
    ),
    "AWS::Logs::LogGroup": (
        {"LogGroupName": "/lake/jobs", "RetentionInDays": 30, "Tags": TAGS},
        {"LogGroupName": "/lake/jobs", "RetentionInDays": 90, "Tags": MORE},
        frozenset(),
    ),
    "AWS::SNS::Topic": (
        {"TopicName": "lake-alerts", "KmsMasterKeyId": "alias/aws/sns", "Tags": TAGS},
        {"TopicName": "lake-alerts", "KmsMasterKeyId": "alias/lake", "DisplayName": "Lake", "Tags": MORE},
        frozenset(),
    ),
    "AWS::SQS::Queue": (
        {"QueueName": "lake-failed", "VisibilityTimeout": 60, "KmsMasterKeyId": "alias/aws/sqs", "Tags": TAGS},
        {"QueueName": "lake-failed", "VisibilityTimeout": 90, "KmsMasterKeyId": "alias/lake", "Tags": MORE},
        frozenset(),
    ),
    "AWS::CodeCommit::Repository": (
        {"RepositoryName": "lake", "RepositoryDescription": "manifests", "Tags": TAGS},
        {"RepositoryName": "all-lakes", "RepositoryDescription": "all manifests", "Tags": MORE},
        frozenset(),
    ),
}


@pytest.mark.parametrize("type_name", STAND_ALONE)
def test_a_resource_is_made_read_changed_and_deleted(round_trip: Any, type_name: str) -> None:
    round_trip(type_name, *STAND_ALONE[type_name])


@pytest.mark.parametrize(
    "type_name", ["AWS::IAM::Role", "AWS::IAM::ManagedPolicy", "AWS::SSM::Parameter", "AWS::Logs::LogGroup"]
)
def test_a_taken_name_is_refused(scope: Scope, type_name: str) -> None:
    properties = STAND_ALONE[type_name][0]
    handler_for(type_name).create(scope, properties)
    with pytest.raises(ResourceFailed, match=r"^[/a-z-]+ already exists$"):
        handler_for(type_name).create(scope, properties)


def test_a_generated_secret_keeps_to_its_template(scope: Scope) -> None:
    how = {
        "SecretStringTemplate": '{"user": "loader"}',
        "GenerateStringKey": "password",
        "PasswordLength": 20,
        "ExcludePunctuation": True,
    }
    made = handler_for("AWS::SecretsManager::Secret").create(scope, {"GenerateSecretString": how})
    secret = json.loads(scope.client("secretsmanager").get_secret_value(SecretId=made.physical_id)["SecretString"])
    assert secret["user"] == "loader"
    assert len(secret["password"]) == 20
    assert secret["password"].isalnum()


def test_a_deleted_key_waits_and_counts_as_gone(scope: Scope) -> None:
    handler = handler_for("AWS::KMS::Key")
    wanted = {"PendingWindowInDays": 7}
    key = handler.create(scope, wanted).physical_id
    handler.delete(scope, key, wanted)
    assert handler.read(scope, key, wanted) is None
    assert scope.client("kms").describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "PendingDeletion"
