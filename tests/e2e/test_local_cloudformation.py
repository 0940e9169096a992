"""CloudFormation over HTTP, as boto3 speaks it: real resources, real templates in buckets, errors that boto3 knows."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from controller.local import clients
from controller.local.cloudformation import stacks

ACCOUNT, REGION = "200000000001", "eu-west-1"
STORAGE = {
    "Parameters": {"Days": {"Type": "Number", "Default": 30}},
    "Resources": {
        "Raw": {
            "Type": "AWS::S3::Bucket",
            "Properties": {
                "BucketName": {"Fn::Sub": "acme-sales-raw-${AWS::AccountId}"},
                "VersioningConfiguration": {"Status": "Enabled"},
            },
        },
        "Retention": {
            "Type": "AWS::SSM::Parameter",
            "Properties": {"Name": "/lake/days", "Type": "String", "Value": {"Ref": "Days"}},
        },
    },
    "Outputs": {"RawArn": {"Value": {"Fn::GetAtt": ["Raw", "Arn"]}}},
}

Of = Callable[[str], Any]


@pytest.fixture
def of(embedded: Any) -> Of:
    """Clients of one silo's account."""
    return lambda name: clients.client(name, ACCOUNT, REGION)


def settled(name: str) -> str:
    return stacks.backend(ACCOUNT, REGION).wait_settled(name, 20).status


def published(of: Of, template: dict[str, Any], key: str = "storage.json") -> str:
    s3 = of("s3")
    if not any(bucket["Name"] == "code" for bucket in s3.list_buckets()["Buckets"]):
        s3.create_bucket(Bucket="code", CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket="code", Key=f"assets/{key}", Body=json.dumps(template).encode())
    return f"https://code.s3.{REGION}.amazonaws.com/assets/{key}"


def root(url: str, **parameters: str) -> str:
    child = {"TemplateURL": url, "Parameters": parameters}
    return json.dumps(
        {
            "Parameters": {"BundleDigest": {"Type": "String"}},
            "Resources": {"Storage": {"Type": "AWS::CloudFormation::Stack", "Properties": child}},
            "Outputs": {
                "BundleDigest": {"Value": {"Ref": "BundleDigest"}},
                "RawArn": {"Value": {"Fn::GetAtt": ["Storage", "Outputs.RawArn"]}},
            },
        }
    )


def digest(value: str) -> list[dict[str, str]]:
    return [{"ParameterKey": "BundleDigest", "ParameterValue": value}]


@pytest.mark.emulator
def test_a_root_stack_with_a_nested_one_from_create_to_delete(of: Of) -> None:
    cloudformation, url = of("cloudformation"), published(of, STORAGE)
    cloudformation.create_stack(StackName="lake-silo", TemplateBody=root(url), Parameters=digest("one"))
    assert settled("lake-silo") == "CREATE_COMPLETE"
    (stack,) = cloudformation.describe_stacks(StackName="lake-silo")["Stacks"]
    outputs = {item["OutputKey"]: item["OutputValue"] for item in stack["Outputs"]}
    assert outputs == {"BundleDigest": "one", "RawArn": f"arn:aws:s3:::acme-sales-raw-{ACCOUNT}"}
    versioning = of("s3").get_bucket_versioning(Bucket=f"acme-sales-raw-{ACCOUNT}")
    assert versioning["Status"] == "Enabled"

    cloudformation.create_change_set(
        StackName="lake-silo",
        ChangeSetName="next",
        TemplateBody=root(url, Days="60"),
        Parameters=digest("two"),
    )
    told = cloudformation.describe_change_set(StackName="lake-silo", ChangeSetName="next")
    (change,) = told["Changes"]
    assert change["ResourceChange"]["LogicalResourceId"] == "Storage"
    assert change["ResourceChange"]["Replacement"] == "False"
    cloudformation.execute_change_set(StackName="lake-silo", ChangeSetName="next")
    assert settled("lake-silo") == "UPDATE_COMPLETE"
    assert of("ssm").get_parameter(Name="/lake/days")["Parameter"]["Value"] == "60"

    cloudformation.delete_stack(StackName="lake-silo")
    assert settled(stack["StackId"]) == "DELETE_COMPLETE"
    with pytest.raises(ClientError, match="Stack with id lake-silo does not exist"):
        cloudformation.describe_stacks(StackName="lake-silo")
    (gone,) = cloudformation.describe_stacks(StackName=stack["StackId"])["Stacks"]
    assert gone["StackStatus"] == "DELETE_COMPLETE"


@pytest.mark.emulator
def test_a_bucket_changed_by_hand_is_drift(of: Of) -> None:
    cloudformation = of("cloudformation")
    cloudformation.create_stack(StackName="storage", TemplateBody=json.dumps(STORAGE))
    assert settled("storage") == "CREATE_COMPLETE"
    of("s3").put_bucket_versioning(Bucket=f"acme-sales-raw-{ACCOUNT}", VersioningConfiguration={"Status": "Suspended"})
    asked = cloudformation.detect_stack_drift(StackName="storage")["StackDriftDetectionId"]
    for _ in range(200):
        told = cloudformation.describe_stack_drift_detection_status(StackDriftDetectionId=asked)
        if told["DetectionStatus"] != "DETECTION_IN_PROGRESS":
            break
    assert (told["StackDriftStatus"], told["DriftedStackResourceCount"]) == ("DRIFTED", 1)
    (drift,) = cloudformation.describe_stack_resource_drifts(
        StackName="storage", StackResourceDriftStatusFilters=["MODIFIED", "DELETED"]
    )["StackResourceDrifts"]
    assert drift["LogicalResourceId"] == "Raw"
    assert drift["PropertyDifferences"] == [
        {
            "PropertyPath": "/VersioningConfiguration/Status",
            "ExpectedValue": "Enabled",
            "ActualValue": "Suspended",
            "DifferenceType": "NOT_EQUAL",
        }
    ]


@pytest.mark.emulator
def test_a_bucket_with_objects_cannot_be_deleted(of: Of) -> None:
    cloudformation = of("cloudformation")
    cloudformation.create_stack(StackName="storage", TemplateBody=json.dumps(STORAGE))
    assert settled("storage") == "CREATE_COMPLETE"
    of("s3").put_object(Bucket=f"acme-sales-raw-{ACCOUNT}", Key="data", Body=b"x")
    cloudformation.delete_stack(StackName="storage")
    assert settled("storage") == "DELETE_FAILED"
    events = cloudformation.describe_stack_events(StackName="storage")["StackEvents"]
    (failed,) = (
        event for event in events if event["LogicalResourceId"] == "Raw" and event["ResourceStatus"] == "DELETE_FAILED"
    )
    assert "The bucket you tried to delete is not empty" in failed["ResourceStatusReason"]


@pytest.mark.emulator
def test_an_unknown_property_fails_its_resource_and_the_stack_is_rolled_back(of: Of) -> None:
    cloudformation = of("cloudformation")
    template = {"Resources": {"Q": {"Type": "AWS::SQS::Queue", "Properties": {"Colour": "red"}}}}
    cloudformation.create_stack(StackName="queue", TemplateBody=json.dumps(template))
    assert settled("queue") == "ROLLBACK_COMPLETE"
    events = cloudformation.describe_stack_events(StackName="queue")["StackEvents"]
    reasons = [event.get("ResourceStatusReason", "") for event in events if event["LogicalResourceId"] == "Q"]
    assert any("#: extraneous key [Colour] is not permitted" in reason for reason in reasons)


@pytest.mark.emulator
@pytest.mark.parametrize(
    ("operation", "arguments", "code", "message"),
    [
        ("describe_stacks", {"StackName": "nope"}, "ValidationError", "Stack with id nope does not exist"),
        ("update_stack", {"StackName": "nope", "TemplateBody": "{}"}, "ValidationError", "Stack [nope] does not exist"),
        ("create_stack", {"StackName": "1x", "TemplateBody": "{}"}, "ValidationError", "regular expression pattern"),
        ("create_stack", {"StackName": "x"}, "ValidationError", "Either Template URL or Template Body"),
        (
            "create_stack",
            {"StackName": "x", "TemplateURL": f"https://code.s3.{REGION}.amazonaws.com/none"},
            "ValidationError",
            "S3 error: ",
        ),
        ("describe_change_set", {"StackName": "nope", "ChangeSetName": "x"}, "ValidationError", "Stack [nope]"),
        ("describe_stack_set", {"StackSetName": "nope"}, "StackSetNotFoundException", "StackSet nope not found"),
        ("list_types", {}, "ValidationError", "no CloudFormation operation ListTypes"),
    ],
)
def test_refusals_arrive_as_the_errors_that_boto3_knows(
    of: Of, operation: str, arguments: dict[str, Any], code: str, message: str
) -> None:
    with pytest.raises(ClientError) as refused:
        getattr(of("cloudformation"), operation)(**arguments)
    assert refused.value.response["Error"]["Code"] == code
    assert message in refused.value.response["Error"]["Message"]


@pytest.mark.emulator
def test_events_come_in_pages_newest_first(of: Of) -> None:
    cloudformation = of("cloudformation")
    many = {f"Q{number:02}": {"Type": "AWS::SNS::Topic"} for number in range(40)}
    cloudformation.create_stack(StackName="many", TemplateBody=json.dumps({"Resources": many}))
    assert settled("many") == "CREATE_COMPLETE"
    pages = list(cloudformation.get_paginator("describe_stack_events").paginate(StackName="many"))
    assert [len(page["StackEvents"]) for page in pages] == [100, 22]
    assert pages[0]["StackEvents"][0]["ResourceStatus"] == "CREATE_COMPLETE"
    assert len({event["EventId"] for page in pages for event in page["StackEvents"]}) == 122


@pytest.mark.emulator
def test_what_a_stack_is_can_be_read_in_every_way(of: Of) -> None:
    cloudformation = of("cloudformation")
    exporting = STORAGE | {"Outputs": {"Days": {"Value": {"Ref": "Days"}, "Export": {"Name": "days"}}}}
    importing = {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": {"Fn::ImportValue": "days"}}}
    stack = cloudformation.create_stack(StackName="storage", TemplateBody=json.dumps(exporting))["StackId"]
    assert settled("storage") == "CREATE_COMPLETE"
    cloudformation.create_stack(StackName="user", TemplateBody=json.dumps({"Resources": {"P": importing}}))
    assert settled("user") == "CREATE_COMPLETE"

    summaries = cloudformation.list_stacks(StackStatusFilter=["CREATE_COMPLETE"])["StackSummaries"]
    assert [item["StackName"] for item in summaries] == ["user", "storage"]
    assert cloudformation.list_exports()["Exports"] == [{"ExportingStackId": stack, "Name": "days", "Value": "30"}]
    assert cloudformation.list_imports(ExportName="days")["Imports"] == ["user"]
    assert cloudformation.get_template(StackName="storage")["TemplateBody"] == exporting
    resource = cloudformation.describe_stack_resource(StackName="storage", LogicalResourceId="Raw")
    bucket = resource["StackResourceDetail"]["PhysicalResourceId"]
    (found,) = cloudformation.describe_stack_resources(PhysicalResourceId=bucket, LogicalResourceId="Raw")[
        "StackResources"
    ]
    assert found["StackName"] == "storage"
    listed = cloudformation.list_stack_resources(StackName="storage")["StackResourceSummaries"]
    assert {item["LogicalResourceId"] for item in listed} == {"Raw", "Retention"}
    summary = cloudformation.get_template_summary(TemplateBody=json.dumps(exporting))
    assert summary["ResourceTypes"] == ["AWS::S3::Bucket", "AWS::SSM::Parameter"]
    assert summary["Parameters"][0] | {"ParameterConstraints": {}} == {
        "ParameterKey": "Days",
        "DefaultValue": "30",
        "ParameterType": "Number",
        "NoEcho": False,
        "ParameterConstraints": {},
    }
    assert (
        cloudformation.validate_template(TemplateBody=json.dumps(exporting))["Parameters"][0]["ParameterKey"] == "Days"
    )


@pytest.mark.emulator
def test_what_guards_a_stack_can_be_set_and_read(of: Of) -> None:
    cloudformation = of("cloudformation")
    cloudformation.create_stack(StackName="storage", TemplateBody=json.dumps(STORAGE))
    assert settled("storage") == "CREATE_COMPLETE"
    guard = policy({"Effect": "Deny", "Action": "Update:Delete", "Principal": "*", "Resource": "*"})
    cloudformation.set_stack_policy(StackName="storage", StackPolicyBody=guard)
    assert cloudformation.get_stack_policy(StackName="storage")["StackPolicyBody"] == guard
    cloudformation.update_termination_protection(StackName="storage", EnableTerminationProtection=True)
    with pytest.raises(ClientError, match="TerminationProtection is enabled"):
        cloudformation.delete_stack(StackName="storage")
    for operation in ("cancel_update_stack", "continue_update_rollback"):
        with pytest.raises(ClientError, match=r"current stack status|CREATE_COMPLETE state"):
            getattr(cloudformation, operation)(StackName="storage")
    drift = cloudformation.detect_stack_resource_drift(StackName="storage", LogicalResourceId="Raw")
    assert drift["StackResourceDrift"]["StackResourceDriftStatus"] == "IN_SYNC"
    cloudformation.create_change_set(StackName="storage", ChangeSetName="same", UsePreviousTemplate=True)
    (listed,) = cloudformation.list_change_sets(StackName="storage")["Summaries"]
    assert (listed["ChangeSetName"], listed["Status"]) == ("same", "FAILED")
    cloudformation.delete_change_set(StackName="storage", ChangeSetName="same")
    assert cloudformation.list_change_sets(StackName="storage")["Summaries"] == []


@pytest.mark.emulator
def test_the_delegated_administrator_drives_sets_over_the_organization(embedded: Any) -> None:
    """An account enters and leaves a targeted unit by the Organizations API alone."""
    cloudformation = clients.client("cloudformation", "100000000001", REGION)
    organizations = clients.client("organizations", embedded.seeded.management, "us-east-1")
    (root,) = organizations.list_roots()["Roots"]
    unit = organizations.create_organizational_unit(ParentId=root["Id"], Name="Later")["OrganizationalUnit"]["Id"]
    delegated = {"StackSetName": "baseline", "CallAs": "DELEGATED_ADMIN"}
    template = {"Resources": {"T": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "hello"}}}}
    cloudformation.create_stack_set(
        TemplateBody=json.dumps(template),
        PermissionModel="SERVICE_MANAGED",
        AutoDeployment={"Enabled": True, "RetainStacksOnAccountRemoval": False},
        ManagedExecution={"Active": True},
        **delegated,
    )
    cloudformation.create_stack_instances(
        DeploymentTargets={"OrganizationalUnitIds": [unit]}, Regions=[REGION], **delegated
    )
    (before,) = organizations.list_parents(ChildId=ACCOUNT)["Parents"]
    organizations.move_account(AccountId=ACCOUNT, SourceParentId=before["Id"], DestinationParentId=unit)
    assert until(lambda: len(clients.client("sns", ACCOUNT, REGION).list_topics()["Topics"]) == 1)
    told = cloudformation.describe_stack_instance(StackInstanceAccount=ACCOUNT, StackInstanceRegion=REGION, **delegated)
    assert told["StackInstance"]["OrganizationalUnitId"] == unit
    assert cloudformation.describe_organizations_access(CallAs="DELEGATED_ADMIN")["Status"] == "ENABLED"
    (listed,) = cloudformation.list_stack_sets(CallAs="DELEGATED_ADMIN")["Summaries"]
    assert listed["StackSetName"] == "baseline"
    organizations.move_account(AccountId=ACCOUNT, SourceParentId=unit, DestinationParentId=before["Id"])
    assert until(lambda: clients.client("sns", ACCOUNT, REGION).list_topics()["Topics"] == [])
    operations = cloudformation.list_stack_set_operations(**delegated)["Summaries"]
    assert [item["Action"] for item in operations] == ["DELETE", "CREATE", "CREATE"]
    assert until(lambda: cloudformation.list_stack_instances(**delegated)["Summaries"] == [])
    cloudformation.delete_stack_set(**delegated)


def until(condition: Callable[[], bool]) -> bool:
    """Whether it came true within ten seconds."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return False


@pytest.mark.emulator
def test_dynamic_references_are_read_when_something_is_made_and_never_kept(of: Of) -> None:
    secret = of("secretsmanager").create_secret(Name="partner", SecretString=json.dumps({"key": "s3cret"}))["ARN"]
    of("ssm").put_parameter(Name="/lake/size", Type="String", Value="60")
    text = f"{{{{resolve:secretsmanager:{secret}:SecretString:key}}}}/{{{{resolve:ssm:/lake/size}}}}"
    made = {"Type": "AWS::SSM::Parameter", "Properties": {"Name": "/out", "Type": "String", "Value": text}}
    typed = {"Size": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/lake/size"}}
    template = {"Parameters": typed, "Resources": {"P": made}, "Outputs": {"Size": {"Value": {"Ref": "Size"}}}}
    cloudformation = of("cloudformation")
    cloudformation.create_stack(StackName="dynamic", TemplateBody=json.dumps(template))
    assert settled("dynamic") == "CREATE_COMPLETE"
    assert of("ssm").get_parameter(Name="/out")["Parameter"]["Value"] == "s3cret/60"
    (stack,) = cloudformation.describe_stacks(StackName="dynamic")["Stacks"]
    assert stack["Outputs"] == [{"OutputKey": "Size", "OutputValue": "60"}]
    assert "s3cret" not in json.dumps(cloudformation.describe_stack_events(StackName="dynamic"), default=str)
    of("secretsmanager").put_secret_value(SecretId=secret, SecretString=json.dumps({"key": "rotated"}))
    with pytest.raises(ClientError, match=r"No updates are to be performed\."):
        cloudformation.update_stack(StackName="dynamic", UsePreviousTemplate=True)

    made["Properties"] = {"Type": "String", "Value": "{{resolve:ssm:/not/there}}"}
    cloudformation.create_stack(StackName="missing", TemplateBody=json.dumps({"Resources": {"P": made}}))
    assert settled("missing") == "ROLLBACK_COMPLETE"


@pytest.mark.emulator
def test_templates_are_read_with_the_credentials_of_the_stacks_role(of: Of) -> None:
    roles = {}
    reads = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
    trust = {"Effect": "Allow", "Principal": {"Service": "cloudformation.amazonaws.com"}, "Action": "sts:AssumeRole"}
    for name in ("reader", "stranger"):
        made = of("iam").create_role(RoleName=name, AssumeRolePolicyDocument=policy(trust))["Role"]
        of("iam").put_role_policy(RoleName=name, PolicyName="reads", PolicyDocument=policy(reads))
        roles[name] = made["Arn"]
    master = clients.client("s3", "100000000001", REGION)
    url = published(lambda _: master, STORAGE)
    master.put_bucket_policy(
        Bucket="code", Policy=policy(reads | {"Principal": {"AWS": roles["reader"]}, "Resource": "arn:aws:s3:::code/*"})
    )
    cloudformation = of("cloudformation")
    cloudformation.create_stack(StackName="storage", TemplateURL=url, RoleARN=roles["reader"])
    assert settled("storage") == "CREATE_COMPLETE"
    with pytest.raises(ClientError, match="S3 error: Access Denied"):
        cloudformation.create_stack(StackName="denied", TemplateURL=url, RoleARN=roles["stranger"])
    with pytest.raises(ClientError, match="is invalid or cannot be assumed"):
        cloudformation.create_stack(StackName="denied", TemplateURL=url, RoleARN=roles["reader"] + "s")

    cloudformation.create_stack(
        StackName="lake-silo", TemplateBody=root(url), Parameters=digest("one"), RoleARN=roles["stranger"]
    )
    assert settled("lake-silo") == "ROLLBACK_COMPLETE"
    events = cloudformation.describe_stack_events(StackName="lake-silo")["StackEvents"]
    assert any("S3 error: Access Denied" in event.get("ResourceStatusReason", "") for event in events)


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})
