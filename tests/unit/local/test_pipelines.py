"""Pipelines that poll, and run, by their own stored definition."""

from __future__ import annotations

import io
import json
import time
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from controller.local import clients, pipelines

Aws = Callable[..., Any]
SALES = "200000000001"
KEY = f"releases/{SALES}/bundle.zip"
TEMPLATE = {
    "Parameters": {"Word": {"Type": "String", "Default": "none"}},
    "Resources": {"Thing": {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": {"Ref": "Word"}}}},
    "Outputs": {"Word": {"Value": {"Ref": "Word"}}},
}
BROKEN = {"Resources": {"Thing": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "bad name!"}}}}


def bundle(template: Any = TEMPLATE, **parameters: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("template.json", json.dumps(template))
        archive.writestr("config.json", json.dumps({"Parameters": parameters, "Tags": {"team": "sales"}}))
    return packed.getvalue()


def json_bundle() -> bytes:
    packed = io.BytesIO(bundle())
    with zipfile.ZipFile(packed, "a") as archive:
        archive.writestr("more.json", '{"Word": "from a file"}')
    return packed.getvalue()


class Silo:
    """A silo account with a pipeline, and the code bucket of its master account."""

    def __init__(self, aws: Aws) -> None:
        self.code = aws("s3")
        self.code.create_bucket(Bucket="code", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        self.code.put_bucket_versioning(Bucket="code", VersioningConfiguration={"Status": "Enabled"})
        self.allow(SALES)
        own = self.client("s3")
        own.create_bucket(Bucket="artifacts", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        iam = self.client("iam")
        for name, service in (("lake-codepipeline-rl", "codepipeline"), ("lake-cloudformation", "cloudformation")):
            trust = {
                "Effect": "Allow",
                "Principal": {"Service": f"{service}.amazonaws.com"},
                "Action": "sts:AssumeRole",
            }
            iam.create_role(RoleName=name, Path="/lake/", AssumeRolePolicyDocument=policy(trust))
            may = {"Effect": "Allow", "Action": "*", "Resource": "*"}
            iam.put_role_policy(RoleName=name, PolicyName="all", PolicyDocument=policy(may))
        self.api = self.client("codepipeline")

    def client(self, service: str) -> Any:
        return clients.client(service, SALES, "eu-west-1")

    def allow(self, account: str) -> None:
        """Let one account read its own release."""
        statement = {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{account}:root"},
            "Action": ["s3:GetObject", "s3:GetObjectVersion", "s3:GetBucketVersioning", "s3:ListBucket"],
            "Resource": ["arn:aws:s3:::code", f"arn:aws:s3:::code/releases/{account}/*"],
        }
        self.code.put_bucket_policy(Bucket="code", Policy=policy(statement))

    def publish(self, content: bytes) -> str:
        return str(self.code.put_object(Bucket="code", Key=KEY, Body=content)["VersionId"])

    def create(self, *stages: dict[str, Any], **source: str) -> None:
        take = action("Take", "Source", "S3", {"S3Bucket": "code", "S3ObjectKey": KEY, **source}, outputs=["Bundle"])
        self.api.create_pipeline(
            pipeline={
                "name": "lake-delivery",
                "pipelineType": "V2",
                "roleArn": f"arn:aws:iam::{SALES}:role/lake/lake-codepipeline-rl",
                "artifactStore": {"type": "S3", "location": "artifacts"},
                "stages": [{"name": "Source", "actions": [{**take, "namespace": "Bundle"}]}, *stages],
            }
        )

    def runs(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.api.list_pipeline_executions(pipelineName="lake-delivery")[
            "pipelineExecutionSummaries"
        ]
        return found

    def settled(self, count: int) -> dict[str, Any]:
        """The newest of `count` executions, once all have ended."""
        until = time.monotonic() + 20
        while time.monotonic() < until:
            runs = self.runs()
            if len(runs) >= count and all(run["status"] != "InProgress" for run in runs):
                return runs[0]
            time.sleep(0.02)
        raise AssertionError(f"still running: {self.runs()} {self.error()}")

    def error(self) -> str:
        state = self.api.get_pipeline_state(name="lake-delivery")
        actions = [one for stage in state["stageStates"] for one in stage["actionStates"]]
        errors = [one.get("latestExecution", {}).get("errorDetails") for one in actions]
        return next((f"{error['code']}: {error['message']}" for error in errors if error), "")

    def stack(self) -> dict[str, Any]:
        found: dict[str, Any] = self.client("cloudformation").describe_stacks(StackName="lake-silo")["Stacks"][0]
        return found


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def action(
    name: str,
    category: str,
    provider: str,
    configuration: dict[str, str],
    outputs: list[str] | None = None,
    order: int = 1,
) -> dict[str, Any]:
    return {
        "name": name,
        "actionTypeId": {"category": category, "owner": "AWS", "provider": provider, "version": "1"},
        "configuration": configuration,
        "outputArtifacts": [{"name": one} for one in outputs or []],
        "inputArtifacts": [] if category in ("Source", "Approval") else [{"name": "Bundle"}],
        "runOrder": order,
    }


def deploying(**changed: str) -> dict[str, Any]:
    settings = {
        "ActionMode": "CREATE_UPDATE",
        "StackName": "lake-silo",
        "TemplatePath": "Bundle::template.json",
        "TemplateConfiguration": "Bundle::config.json",
        "Capabilities": "CAPABILITY_NAMED_IAM,CAPABILITY_AUTO_EXPAND",
        "RoleArn": f"arn:aws:iam::{SALES}:role/lake/lake-cloudformation",
    }
    return {"name": "Deploy", "actions": [action("Stack", "Deploy", "CloudFormation", {**settings, **changed})]}


@pytest.fixture
def silo(aws: Aws) -> Silo:
    return Silo(aws)


def test_a_new_pipeline_runs_at_once_and_says_that_there_is_no_bundle_yet(silo: Silo) -> None:
    silo.create(deploying())

    assert silo.settled(1)["status"] == "Failed"
    assert silo.error() == f'ConfigurationError: The object with key "{KEY}" does not exist in bucket code.'


def test_a_published_bundle_is_deployed_without_anybody_starting_the_pipeline(silo: Silo) -> None:
    silo.create(deploying())
    silo.settled(1)
    version = silo.publish(bundle(Word="hello"))

    run = silo.settled(2)

    assert (run["status"], run["trigger"]["triggerType"]) == ("Succeeded", "PollForSourceChanges"), silo.error()
    assert run["sourceRevisions"][0]["revisionId"] == version
    stack = silo.stack()
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    assert stack["Outputs"] == [{"OutputKey": "Word", "OutputValue": "hello"}]
    assert {"Key": "team", "Value": "sales"} in stack["Tags"]
    assert stack["RoleARN"].endswith("/lake-cloudformation")


def test_one_version_is_taken_once(silo: Silo) -> None:
    silo.publish(bundle())
    silo.create(deploying())
    silo.settled(1)

    pipelines.poll_now()
    pipelines.poll_now()

    assert len(silo.runs()) == 1


def test_a_pipeline_that_does_not_poll_waits_to_be_started(silo: Silo) -> None:
    silo.create(deploying(), PollForSourceChanges="false")
    silo.settled(1)
    silo.publish(bundle(Word="hello"))
    pipelines.poll_now()
    assert len(silo.runs()) == 1

    silo.api.start_pipeline_execution(name="lake-delivery")

    assert silo.settled(2)["status"] == "Succeeded"


def test_a_pipeline_whose_polling_was_switched_off_says_so_and_is_deaf(silo: Silo) -> None:
    silo.create(deploying())
    silo.settled(1)
    pipelines.switch_off_polling(SALES, "eu-west-1", "lake-delivery")
    silo.publish(bundle())

    pipelines.poll_now()

    assert len(silo.runs()) == 1
    assert "pollingDisabledAt" in silo.api.get_pipeline(name="lake-delivery")["metadata"]


def test_a_start_may_name_an_older_version_of_the_bundle(silo: Silo) -> None:
    older = silo.publish(bundle(Word="older"))
    silo.publish(bundle(Word="newer"))
    silo.create(deploying())
    silo.settled(1)

    silo.api.start_pipeline_execution(
        name="lake-delivery",
        sourceRevisions=[{"actionName": "Take", "revisionType": "S3_OBJECT_VERSION_ID", "revisionValue": older}],
    )

    assert silo.settled(2)["sourceRevisions"][0]["revisionId"] == older
    assert silo.stack()["Outputs"][0]["OutputValue"] == "older"


def test_a_stack_that_fails_fails_the_action_with_the_reason_and_stays_stuck(silo: Silo) -> None:
    silo.publish(bundle(BROKEN))
    silo.create(deploying())

    assert silo.settled(1)["status"] == "Failed"
    assert "Stack operation on lake-silo failed (ROLLBACK_COMPLETE). Thing:" in silo.error()
    silo.publish(bundle(TEMPLATE, Word="mended"))
    assert silo.settled(2)["status"] == "Failed"
    assert "ROLLBACK_COMPLETE state and can not be updated" in silo.error()


def test_an_update_without_a_change_succeeds(silo: Silo) -> None:
    silo.publish(bundle(Word="same"))
    silo.create(deploying())
    silo.settled(1)
    silo.publish(bundle(Word="same"))

    assert silo.settled(2)["status"] == "Succeeded", silo.error()


def test_a_change_set_is_made_and_executed_by_two_actions(silo: Silo) -> None:
    replace = deploying(ActionMode="CHANGE_SET_REPLACE", ChangeSetName="release")["actions"][0]
    execute = action(
        "Execute",
        "Deploy",
        "CloudFormation",
        {"ActionMode": "CHANGE_SET_EXECUTE", "StackName": "lake-silo", "ChangeSetName": "release"},
        order=2,
    )
    silo.publish(bundle(Word="one"))
    silo.create({"name": "Deploy", "actions": [execute, replace]})
    assert silo.settled(1)["status"] == "Succeeded", silo.error()
    silo.publish(bundle(Word="two"))
    assert silo.settled(2)["status"] == "Succeeded", silo.error()
    assert silo.stack()["Outputs"][0]["OutputValue"] == "two"
    silo.publish(bundle(Word="two"))

    assert silo.settled(3)["status"] == "Succeeded", silo.error()


def test_overrides_read_the_artifact_and_variables_of_earlier_actions(silo: Silo) -> None:
    silo.publish(bundle(Word="configured"))
    silo.create(deploying(ParameterOverrides='{"Word": "#{Bundle.VersionId}"}'))

    version = silo.settled(1)["sourceRevisions"][0]["revisionId"]

    assert silo.stack()["Outputs"][0]["OutputValue"] == version
    silo.publish(json_bundle())
    silo.api.delete_pipeline(name="lake-delivery")
    silo.create(deploying(ParameterOverrides='{"Word": {"Fn::GetParam": ["Bundle", "more.json", "Word"]}}'))
    silo.settled(1)
    assert silo.stack()["Outputs"][0]["OutputValue"] == "from a file"


def test_a_role_that_the_bucket_policy_does_not_name_cannot_take_the_bundle(silo: Silo) -> None:
    silo.allow("200000000003")
    silo.publish(bundle())
    silo.create(deploying())

    assert silo.settled(1)["status"] == "Failed"
    assert silo.error().startswith("PermissionError:")


def test_a_bundle_that_was_refused_is_taken_once_the_bucket_lets_it(silo: Silo) -> None:
    silo.allow("200000000003")
    silo.publish(bundle())
    silo.create(deploying())
    silo.settled(1)
    pipelines.poll_now()
    assert len(silo.runs()) == 1, "a refused poll starts nothing"

    silo.allow(SALES)

    assert silo.settled(2)["status"] == "Succeeded", silo.error()


def test_a_template_too_large_for_a_request_is_deployed_from_the_artifact_store(silo: Silo) -> None:
    silo.publish(bundle({**TEMPLATE, "Metadata": {"Padding": "x" * 60_000}}, Word="large"))
    silo.create(deploying())

    assert silo.settled(1)["status"] == "Succeeded", silo.error()
    assert silo.stack()["Outputs"][0]["OutputValue"] == "large"


def test_files_of_an_artifact_are_unpacked_into_a_bucket(silo: Silo) -> None:
    site = {
        "name": "Site",
        "actions": [action("Files", "Deploy", "S3", {"BucketName": "artifacts", "Extract": "true"})],
    }
    site["actions"][0]["configuration"]["ObjectKey"] = "site"
    silo.publish(bundle())
    silo.create(site)

    assert silo.settled(1)["status"] == "Succeeded", silo.error()
    assert (
        silo.client("s3").head_object(Bucket="artifacts", Key="site/template.json")["ContentType"] == "application/json"
    )


def test_an_approval_waits_for_its_result(silo: Silo) -> None:
    silo.publish(bundle())
    silo.create({"name": "Ask", "actions": [action("Person", "Approval", "Manual", {})]}, deploying())
    token = approval(silo)
    with pytest.raises(ClientError, match="InvalidApprovalToken"):
        approve(silo, "00000000-0000-0000-0000-000000000000")

    approve(silo, token)

    assert silo.settled(1)["status"] == "Succeeded", silo.error()


def test_an_execution_that_waits_is_superseded_by_a_newer_one(silo: Silo) -> None:
    silo.publish(bundle())
    silo.create({"name": "Ask", "actions": [action("Person", "Approval", "Manual", {})]}, deploying())
    token = approval(silo)
    for _ in range(2):
        silo.api.start_pipeline_execution(name="lake-delivery")

    assert [run["status"] for run in silo.runs()] == ["InProgress", "Superseded", "InProgress"]
    approve(silo, token, "Rejected")
    approve(silo, approval(silo, not_this=token))
    silo.settled(3)
    assert [run["status"] for run in silo.runs()] == ["Succeeded", "Superseded", "Failed"]


def test_actions_are_listed_with_what_they_took_and_gave(silo: Silo) -> None:
    silo.publish(bundle(Word="hello"))
    silo.create(deploying())
    silo.settled(1)

    stack, take = silo.api.list_action_executions(pipelineName="lake-delivery")["actionExecutionDetails"]

    assert take["output"]["outputVariables"]["ObjectKey"] == KEY
    assert stack["output"]["outputVariables"] == {"Word": "hello"}
    assert stack["input"]["inputArtifacts"][0]["s3location"]["bucket"] == "artifacts"
    assert silo.api.get_pipeline_execution(
        pipelineName="lake-delivery", pipelineExecutionId=take["pipelineExecutionId"]
    )["pipelineExecution"]["artifactRevisions"]


def test_a_failed_stage_can_be_tried_again(silo: Silo) -> None:
    silo.create(deploying(), PollForSourceChanges="false")
    failed = silo.settled(1)
    silo.publish(bundle())

    silo.api.retry_stage_execution(
        pipelineName="lake-delivery",
        stageName="Source",
        pipelineExecutionId=failed["pipelineExecutionId"],
        retryMode="FAILED_ACTIONS",
    )

    assert silo.settled(1)["status"] == "Succeeded", silo.error()


def test_an_action_that_is_not_made_here_fails_with_its_name(silo: Silo) -> None:
    silo.publish(bundle())
    silo.create({"name": "Build", "actions": [action("Build", "Build", "CodeBuild", {"ProjectName": "x"})]})

    assert silo.settled(1)["status"] == "Failed"
    assert silo.error() == "ConfigurationError: The embedded AWS runs no Build action of provider CodeBuild"


def test_a_role_that_does_not_trust_codepipeline_is_refused(silo: Silo) -> None:
    silo.client("iam").delete_role_policy(RoleName="lake-codepipeline-rl", PolicyName="all")
    silo.client("iam").delete_role(RoleName="lake-codepipeline-rl")

    with pytest.raises(ClientError, match="not authorized to perform AssumeRole"):
        silo.create(deploying())


def approval(silo: Silo, not_this: str = "") -> str:
    until = time.monotonic() + 20
    while time.monotonic() < until:
        stages = silo.api.get_pipeline_state(name="lake-delivery")["stageStates"]
        latest = stages[1]["actionStates"][0].get("latestExecution", {})
        if latest.get("token") not in (None, not_this) and latest["status"] == "InProgress":
            return str(latest["token"])
        time.sleep(0.02)
    raise AssertionError("nobody is asked")


def approve(silo: Silo, token: str, status: str = "Approved") -> None:
    silo.api.put_approval_result(
        pipelineName="lake-delivery",
        stageName="Ask",
        actionName="Person",
        token=token,
        result={"status": status, "summary": "looked at"},
    )
