"""Templates of the blueprints, made for real: what no handler keeps would show as drift at once."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from controller.local.cloudformation import service
from controller.local.resources.handler import Scope

ROOT = Path(__file__).parents[4]
CASES = (
    "blueprints/dashboards/cases/several",
    "blueprints/flows/dropzone/cases/on-arrival",
    "blueprints/flows/http/cases/api-key",
    "blueprints/flows/http/cases/every-target",
    "blueprints/storage/cases/own-key",
    "blueprints/warehouse/cases/own-network",
    "pipeline/master/cases/home",
    "pipeline/silo-baseline/cases/acme",
)
DATABASE = "sales"  # of the silo that the flows' cases belong to; the storage blueprint makes it
PATIENCE = 60  # seconds
GIVEN = {
    "DropzoneBucket": "acme-sales-dropzone",
    "FailureTopic": "arn:aws:sns:eu-west-1:200000000001:failures",
    "KeyArn": "arn:aws:kms:eu-west-1:200000000001:key/a",
    "OrganizationId": "o-abcdefghij",
    "ProcessedBucket": "acme-sales-processed",
    "RawBucket": "acme-sales-raw",
    "SecurityConfiguration": "lake",
    "WorkGroup": "sales",
    "UnitPaths": "o-abcdefghij/r-abcd/ou-abcd-abcdefgh/*",
}


@pytest.fixture(scope="module", autouse=True)
def cloudformation() -> None:
    service.install()


def settled(cloudformation: Any, stack: str) -> str:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        status = str(cloudformation.describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"])
        if not status.endswith("IN_PROGRESS"):
            return status
        time.sleep(0.02)
    raise TimeoutError(stack)


def failures(cloudformation: Any, stack: str) -> list[str]:
    events = cloudformation.describe_stack_events(StackName=stack)["StackEvents"]
    failed = [event for event in events if event["ResourceStatus"].endswith("FAILED")]
    return [f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason')}" for event in failed]


def drifted(cloudformation: Any, stack: str) -> list[Any]:
    detection = cloudformation.detect_stack_drift(StackName=stack)["StackDriftDetectionId"]
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        found = cloudformation.describe_stack_drift_detection_status(StackDriftDetectionId=detection)
        if found["DetectionStatus"] != "DETECTION_IN_PROGRESS":
            break
        time.sleep(0.02)
    drifts = cloudformation.describe_stack_resource_drifts(StackName=stack)["StackResourceDrifts"]
    wrong = [drift for drift in drifts if drift["StackResourceDriftStatus"] in ("MODIFIED", "DELETED")]
    return [(drift["LogicalResourceId"], drift["PropertyDifferences"]) for drift in wrong]


@pytest.mark.emulator
@pytest.mark.parametrize("case", CASES)
def test_a_blueprint_is_made_stays_as_it_is_and_goes(scope: Scope, case: str) -> None:
    text = (ROOT / case / "template.yaml").read_text(encoding="utf-8")
    body = text.replace("acme-datalake", f"lake-{scope.account}")  # bucket names are everybody's
    wanted = yaml.load(body, Loader=yaml.CBaseLoader).get("Parameters", {})
    cf = replace(scope, stack_name="case").client("cloudformation")
    if "blueprints/flows/" in case:
        scope.client("glue").create_database(DatabaseInput={"Name": DATABASE})
    parameters = [{"ParameterKey": name, "ParameterValue": GIVEN[name]} for name in wanted]
    stack = cf.create_stack(
        StackName="case", TemplateBody=body, Parameters=parameters, Capabilities=["CAPABILITY_NAMED_IAM"]
    )["StackId"]
    assert settled(cf, stack) == "CREATE_COMPLETE", failures(cf, stack)
    assert drifted(cf, stack) == []
    cf.delete_stack(StackName=stack)
    assert settled(cf, stack) == "DELETE_COMPLETE", failures(cf, stack)
