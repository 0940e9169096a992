"""Templates of the blueprints, made for real: what no handler keeps would show as drift at once."""

from __future__ import annotations

import json
import re
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from controller.local.cloudformation import service
from controller.local.resources.dashboards import DataSource
from controller.local.resources.handler import Scope

ROOT = Path(__file__).parents[4]
FOLDERS = ("blueprints/flows", "blueprints", "pipeline")
SECRET = re.compile(r"\{\{resolve:secretsmanager:([^:}]+)")
DATABASE = re.compile(r"^ +DatabaseName: ([a-z0-9_]+)$", re.MULTILINE)  # of the silo: the storage blueprint makes it
CARRIED = ("silo", "sftp", "sharing", "webapp")  # need what a release carries; tests/e2e makes them, each by its name
PATIENCE = 60  # seconds
GIVEN = {
    "AccountPlant": "200000000002",
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


def cases() -> list[Path]:
    """One case of each blueprint that needs nothing published."""
    found = [sorted(place.glob("cases/*")) for folder in FOLDERS for place in sorted((ROOT / folder).iterdir())]
    return [case[0] for case in found if case and case[0].parts[-3] not in CARRIED]


def surroundings(scope: Scope, text: str) -> None:
    """What a flow finds in its silo already."""
    for database in sorted(set(DATABASE.findall(text))):
        scope.client("glue").create_database(DatabaseInput={"Name": database})
    for secret in sorted(set(SECRET.findall(text))):
        login = json.dumps(dict.fromkeys(("username", "password", "user"), "x"))
        scope.client("secretsmanager").create_secret(Name=secret, SecretString=login)


def dashboard_source(scope: Scope) -> str:
    """The ARN of what data sets of the catalogs read from: the consumer's stack makes it before them."""
    said = {"AwsAccountId": scope.account, "DataSourceId": "lake", "Name": "lake", "Type": "ATHENA"}
    return str(DataSource().create(scope, said).attributes["Arn"])


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
@pytest.mark.parametrize("case", cases(), ids=lambda case: f"{case.parts[-3]}-{case.name}")
def test_a_blueprint_is_made_stays_as_it_is_and_goes(scope: Scope, case: Path) -> None:
    text = (case / "template.yaml").read_text(encoding="utf-8")
    body = text.replace("acme-datalake", f"lake-{scope.account}")  # bucket names are everybody's
    template = yaml.load(body, Loader=yaml.CSafeLoader)
    wanted = template.get("Parameters", {})
    cf = replace(scope, stack_name="case").client("cloudformation")
    if case.parts[-4] == "flows":
        surroundings(scope, text)
    given = {**GIVEN, "DashboardSource": dashboard_source(scope)} if "DashboardSource" in wanted else GIVEN
    parameters = [{"ParameterKey": name, "ParameterValue": given[name]} for name in wanted]
    stack = cf.create_stack(
        StackName="case",
        TemplateBody=json.dumps(template),
        Parameters=parameters,
        Capabilities=["CAPABILITY_NAMED_IAM"],
    )["StackId"]
    assert settled(cf, stack) == "CREATE_COMPLETE", failures(cf, stack)
    assert drifted(cf, stack) == []
    cf.delete_stack(StackName=stack)
    assert settled(cf, stack) == "DELETE_COMPLETE", failures(cf, stack)
