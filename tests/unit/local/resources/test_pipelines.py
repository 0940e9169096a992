from __future__ import annotations

from typing import Any

import pytest

from controller.local.resources.handler import ResourceFailed, Scope
from controller.local.resources.registry import handler_for

TAGS = [{"Key": "lake:silo", "Value": "finance"}]


@pytest.fixture
def pipeline(role: str) -> dict[str, Any]:
    source = {
        "Name": "Bundle",
        "ActionTypeId": {"Category": "Source", "Owner": "AWS", "Provider": "S3", "Version": "1"},
        "Configuration": {
            "S3Bucket": "acme-code-eu-west-1",
            "S3ObjectKey": "releases/1/bundle.zip",
            "PollForSourceChanges": "true",
        },
        "OutputArtifacts": [{"Name": "SourceArtifact"}],
        "RoleArn": role,
    }
    deploy = {
        "Name": "Deploy",
        "ActionTypeId": {"Category": "Deploy", "Owner": "AWS", "Provider": "CloudFormation", "Version": "1"},
        "Configuration": {"ActionMode": "CREATE_UPDATE", "StackName": "lake-silo"},
        "InputArtifacts": [{"Name": "SourceArtifact"}],
        "RunOrder": 1,
    }
    return {
        "Name": "lake-delivery",
        "PipelineType": "V2",
        "ExecutionMode": "QUEUED",
        "RoleArn": role,
        "ArtifactStore": {"Type": "S3", "Location": "artifacts", "EncryptionKey": {"Id": "k", "Type": "KMS"}},
        "Stages": [{"Name": "Source", "Actions": [source]}, {"Name": "Deploy", "Actions": [deploy]}],
        "Tags": TAGS,
    }


@pytest.fixture
def project(role: str) -> dict[str, Any]:
    return {
        "Name": "lake-plan",
        "ServiceRole": role,
        "EncryptionKey": "arn:aws:kms:eu-west-1:1:key/a",
        "Source": {"Type": "CODEPIPELINE", "BuildSpec": "pipeline/buildspec-plan.yaml"},
        "Artifacts": {"Type": "CODEPIPELINE"},
        "Environment": {
            "Type": "ARM_CONTAINER",
            "ComputeType": "BUILD_GENERAL1_SMALL",
            "Image": "aws/codebuild/amazonlinux-aarch64-standard:3.0",
            "EnvironmentVariables": [{"Name": "CODE_BUCKET", "Value": "acme-code", "Type": "PLAINTEXT"}],
        },
        "LogsConfig": {"CloudWatchLogs": {"Status": "ENABLED", "GroupName": "/lake/plan"}},
        "TimeoutInMinutes": 30,
        "ConcurrentBuildLimit": 2,
        "Tags": TAGS,
    }


def test_a_pipeline_makes_a_round_trip(round_trip: Any, pipeline: dict[str, Any]) -> None:
    made = round_trip("AWS::CodePipeline::Pipeline", pipeline, {**pipeline, "ExecutionMode": "SUPERSEDED"})
    assert made.attributes == {"Version": "1"}


def test_a_change_of_a_pipeline_is_a_new_version(scope: Scope, pipeline: dict[str, Any]) -> None:
    handler = handler_for("AWS::CodePipeline::Pipeline")
    handler.create(scope, pipeline)
    made = handler.update(scope, "lake-delivery", pipeline, {**pipeline, "ExecutionMode": "SUPERSEDED"})
    assert made.attributes == {"Version": "2"}


def test_a_project_makes_a_round_trip(round_trip: Any, project: dict[str, Any]) -> None:
    after = {**project, "TimeoutInMinutes": 60, "Tags": [{"Key": "owner", "Value": "platform"}]}
    round_trip("AWS::CodeBuild::Project", project, after)


def test_a_project_of_a_taken_name_is_refused(scope: Scope, project: dict[str, Any]) -> None:
    handler_for("AWS::CodeBuild::Project").create(scope, project)
    with pytest.raises(ResourceFailed, match=r"^lake-plan already exists$"):
        handler_for("AWS::CodeBuild::Project").create(scope, project)


def test_a_repository_answers_its_id_and_its_addresses(scope: Scope) -> None:
    made = handler_for("AWS::CodeCommit::Repository").create(scope, {"RepositoryName": "lake"})
    assert made.attributes["Name"] == "lake"
    assert made.attributes["CloneUrlHttp"].startswith("https://git-codecommit.eu-west-1.")
    assert made.physical_id not in ("lake", "")
