"""What CloudFormation's handlers ask for, by the provider schemas, against what the roles that deploy are allowed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest

from tests.handlers import BASELINE, BLUEPRINTS, DATA, PIPELINE, SILO, asked, kinds, matches, resources

MASTER = sorted((PIPELINE / "master" / "cases").glob("*/template.yaml"))
ROLES = {
    "DeployRole": (BASELINE, SILO),
    "VendingRole": (
        BLUEPRINTS / "webapp" / "cases" / "attached" / "template.yaml",
        sorted((BLUEPRINTS / "partners" / "cases").glob("*/template.yaml")),  # what it makes is what they are
    ),
    "ApplyRole": (PIPELINE / "master" / "cases" / "connection" / "template.yaml", MASTER),
}
EVERY = (*SILO, *sorted(PIPELINE.glob("*/cases/*/template.yaml")))
POLICIES_SIZE = 10240  # characters of all inline policies of a role (IAM user guide, quotas)
MANAGED_SIZE = 6144  # characters of a managed policy (same page)

# Type, action: why the role is not allowed it. Handlers list all that they ever call, for whatever property.
NOT_ASKED_FOR: Mapping[tuple[str, str], str] = {
    ("*", "s3:REST.PUT.OBJECT"): "the name of an event, not of an action",
    ("*", "iam:AssumeRole"): "not an action of IAM",
    ("AWS::S3::Bucket", "s3:PutObjectLockConfiguration"): "not an action: PutBucketObjectLockConfiguration is",
    ("AWS::S3::Bucket", "s3:DeleteBucket?*"): "not actions: a setting is removed with its Put",
    (
        "AWS::S3::Bucket",
        "s3:Put*Configuration",
    ): "no template sets analytics, inventory, metrics, tiers or acceleration",
    ("AWS::S3::Bucket", "s3:PutReplicationConfiguration"): "the master's buckets are not replicated",
    ("AWS::S3::Bucket", "s3:*BucketMetadata*"): "no template has a metadata table",
    ("AWS::S3::Bucket", "s3tables:*"): "no template has a metadata table",
    ("AWS::S3::Bucket", "s3:PutObjectAcl"): "no access control lists: BucketOwnerEnforced",
    ("AWS::S3::Bucket", "s3:DeleteObject"): "buckets are kept with what is in them",
    ("AWS::Athena::DataCatalog", "cloudformation:CreateChangeSet"): "catalogs of Glue, none of a connector",
    ("AWS::Athena::DataCatalog", "ecr:*"): "catalogs of Glue, none of a connector",
    ("AWS::Athena::DataCatalog", "secretsmanager:ListSecrets"): "catalogs of Glue, none of a connector",
    ("AWS::Athena::DataCatalog", "serverlessrepo:*"): "catalogs of Glue, none of a connector",
    ("AWS::CloudFront::Distribution", "cloudfront:*ConnectionGroup"): "no distribution of several tenants",
    ("AWS::CloudFront::Distribution", "cloudfront:GetVpcOrigin"): "no origin in a network",
    ("AWS::CloudFront::Distribution", "cloudfront:UpdateDistributionWithStagingConfig"): "nothing is staged",
    ("AWS::Cognito::UserPool", "cognito-idp:AddCustomAttributes"): "admins have an e-mail address and nothing else",
    ("AWS::Cognito::UserPool", "kms:*"): "Cognito's own key: no senders of ours",
    ("AWS::EC2::EIP", "ec2:AcceptAddressTransfer"): "no address comes from another account",
    ("AWS::EC2::Subnet", "ec2:*SubnetCidrBlock"): "no IPv6",
    ("AWS::EC2::VPC", "ec2:*VpcEncryptionControl"): "no template sets it",
    ("AWS::EC2::VPC", "ec2:ModifyVpcTenancy"): "no template sets it",
    ("AWS::EC2::VPCGatewayAttachment", "ec2:*VpnGateway"): "no VPN",
    ("AWS::IAM::User", "iam:*Group"): "partners are in no group",
    ("AWS::IAM::User", "iam:PutUserPermissionsBoundary"): "what is vended is made with its boundary, and keeps it",
    ("AWS::IAM::User", "iam:UpdateUser"): "what is vended keeps its name and path",
    ("AWS::IAM::User", "iam:*LoginProfile"): "partners have no password",
    ("AWS::IAM::User", "iam:*tachUserPolicy"): "partners have an inline policy alone",
    ("AWS::IAM::User", "iam:DeleteUserPermissionsBoundary"): "a user without its boundary is what must never be",
    ("AWS::Lambda::Function", "elasticfilesystem:*"): "no file system",
    ("AWS::Lambda::Function", "s3files:*"): "no file system",
    ("AWS::Lambda::Function", "lambda:*Capacity*"): "no capacity provider",
    ("AWS::Lambda::Function", "lambda:*CodeSigningConfig"): "code comes by its digest",
    ("AWS::Lambda::Function", "lambda:*FunctionConcurrency"): "no function reserves",
    ("AWS::Lambda::Function", "lambda:*RuntimeAlias"): "no template sets it",
    ("AWS::Lambda::Function", "lambda:GetLayerVersion"): "no layers",
    ("AWS::Lambda::Function", "lambda:PublishVersion"): "no versions",
    ("AWS::Lambda::Function", "lambda:Put*Config"): "no template sets it",
    ("AWS::QuickSight::*", "quicksight:*FolderMembership"): "no folders",
    ("AWS::RedshiftServerless::Namespace", "kms:CancelKeyDeletion"): "keys are not brought back by a deployment",
    ("AWS::RedshiftServerless::Namespace", "redshift-serverless:*SnapshotCopyConfiguration"): "no copies elsewhere",
    ("AWS::RedshiftServerless::Namespace", "redshift:*ResourcePolicy"): "no template sets it",
    ("AWS::RedshiftServerless::Workgroup", "redshift-serverless:RestoreFrom*"): "nothing is restored by a template",
    ("AWS::SecretsManager::Secret", "secretsmanager:GetRandomPassword"): "a partner's secret is its key's",
    ("AWS::SecretsManager::Secret", "secretsmanager:*Region*"): "no copies in other regions",
    ("AWS::Transfer::Server", "ds:*"): "no directory service",
    ("AWS::Athena::WorkGroup", "s3:*"): "results are written by whoever queries",
    ("AWS::CloudFormation::Stack", "cloudformation:*StackPolicy"): "only the root has one, which the pipeline sets",
    ("AWS::CloudFormation::Stack", "cloudformation:UpdateTerminationProtection"): "nested stacks have the root's",
    ("AWS::DataSync::Task", "fsx:*"): "no location on FSx",
    ("AWS::DataSync::Task", "elasticfilesystem:*"): "no location on EFS",
    ("AWS::Glue::*", "lakeformation:*"): "tables are IAM's, see storage: no location is registered",
    ("AWS::Glue::Table", "glue:GetSchemaVersion"): "no schema registry",
    ("AWS::Glue::Table", "s3:PutObject"): "no Iceberg table, whose first metadata file this is",
    ("AWS::Logs::LogGroup", "logs:PutBearerTokenAuthentication"): "no template sets it",
    ("AWS::Logs::LogGroup", "logs:*LogDelivery"): "no log group of the delivery class in the master",
    ("AWS::Logs::LogGroup", "logs:*ResourcePolic*"): "no resource policy in the master",
    ("AWS::Logs::LogGroup", "logs:*KmsKey"): "the master's logs have the service's key",
    ("AWS::Logs::LogGroup", "firehose:TagDeliveryStream"): "no log group of the delivery class in the master",
    ("AWS::IAM::Role", "iam:DeleteRolePermissionsBoundary"): "a role without its boundary is what must never be",
    ("AWS::IAM::Role", "iam:AttachRolePolicy"): "the master's roles have inline policies alone",
    ("AWS::IAM::Role", "iam:DetachRolePolicy"): "the master's roles have inline policies alone",
    ("AWS::IAM::ManagedPolicy", "iam:*"): "the boundary is an administrator's to make and to change",
    ("AWS::CodeCommit::Repository", "codecommit:CreateCommit"): "no template has first content",
    ("AWS::CodePipeline::Pipeline", "codepipeline:*StageTransition"): "no template stops a stage",
    ("AWS::CodePipeline::Pipeline", "codestar-connections:PassConnection"): "a silo's pipelines begin at a bucket",
    ("AWS::CodePipeline::Pipeline", "codepipeline:StartPipelineExecution"): "no RestartExecutionOnUpdate",
}

# What no handler lists: who switches an HTTP API's log on sets its delivery up (API Gateway developer guide, logging).
DELIVERY = [
    *(f"logs:{verb}LogDelivery" for verb in ("Create", "Delete", "Get", "Update")),
    *("logs:DescribeResourcePolicies", "logs:ListLogDeliveries", "logs:PutResourcePolicy"),
]
# Allowed upon less than everything although the reference lists no resources for it, and why that works.
NARROWED = {"iam:ListUsers": "IAM asks for it upon the path that is listed, as its refusals say"}
REFERENCE = json.loads((DATA / "AdditionalSpecs" / "Policies.json").read_text(encoding="utf-8"))


def policies(role: str) -> list[dict[str, Any]]:
    return list(resources(ROLES[role][0])[role]["Properties"]["Policies"])


def attached(role: str) -> list[dict[str, Any]]:
    """The managed policies that name the role themselves."""
    made = [one for one in resources(ROLES[role][0]).values() if one["Type"] == "AWS::IAM::ManagedPolicy"]
    return [one["Properties"] for one in made if {"Ref": role} in one["Properties"].get("Roles", [])]


def allowed(role: str, resource: object = None) -> set[str]:
    """The actions of all statements, or of those upon just this resource."""
    every = [*policies(role), *attached(role)]
    statements = [one for policy in every for one in policy["PolicyDocument"]["Statement"]]
    listed = [
        one["Action"] for one in statements if one["Effect"] == "Allow" and resource in (None, one.get("Resource"))
    ]
    return {action.lower() for said in listed for action in (said if isinstance(said, list) else [said])}


def characters(document: Mapping[str, Any]) -> int:
    """As IAM counts, without white space; a reference is no shorter than what it stands for."""
    return len(json.dumps(document, separators=(",", ":")))


def missing(role: str) -> set[tuple[str, str]]:
    may, handlers = allowed(role), ("create", "read", "update", "delete")
    found = ((kind, action) for kind in kinds(ROLES[role][1]) for action in asked(kind, *handlers))
    return {(kind, action) for kind, action in found if not matches(action, may)}


@pytest.mark.parametrize("role", ROLES)
def test_a_role_that_deploys_is_allowed_what_the_handlers_of_its_templates_ask_for(role: str) -> None:
    found = {
        (kind, action)
        for kind, action in missing(role)
        if not any(fnmatchcase(kind, k) and matches(action, [a]) for k, a in NOT_ASKED_FOR)
    }
    assert found == set()


def test_every_exception_is_still_one() -> None:
    left = {one for role in ROLES for one in missing(role)}
    assert [
        one for one in NOT_ASKED_FOR if not any(fnmatchcase(k, one[0]) and matches(a, [one[1]]) for k, a in left)
    ] == []


@pytest.mark.parametrize("action", DELIVERY)
def test_what_no_handler_lists_is_allowed_too(action: str) -> None:
    assert matches(action, allowed("DeployRole", "*"))


def identity_statements(case: Path) -> Iterable[tuple[str, dict[str, Any]]]:
    for name, resource in resources(case).items():
        own = resource.get("Properties", {})
        documents = [one["PolicyDocument"] for one in own.get("Policies", []) if isinstance(one, dict)]
        if resource["Type"] in ("AWS::IAM::RolePolicy", "AWS::IAM::ManagedPolicy"):
            documents.append(own["PolicyDocument"])
        for statement in (one for document in documents for one in document["Statement"]):
            yield name, statement


@pytest.mark.parametrize("case", EVERY, ids=lambda case: case.parent.relative_to(case.parents[3]).as_posix())
def test_what_knows_no_resources_is_allowed_upon_all(case: Path) -> None:
    """Anything narrower refuses it (service authorization reference, "Actions table")."""
    found = set()
    for name, statement in identity_statements(case):
        said = statement["Action"]
        if statement["Effect"] == "Deny" or statement["Resource"] == "*":
            continue
        for action in said if isinstance(said, list) else [said]:
            service, _, verb = action.partition(":")
            known = REFERENCE[service]["Actions"].get(verb.lower(), {"Resources": ["a pattern"]})
            if not known.get("Resources") and action not in NARROWED:
                found.add((name, action))
    assert found == set()


def test_the_sites_pipeline_may_what_its_deploy_action_asks_for() -> None:
    """As the action's reference lists it (CodePipeline user guide), upon buckets of sites alone."""
    bucket = "arn:${AWS::Partition}:s3:::acme-*-site-${AWS::AccountId}"
    upon = [{"Fn::Sub": bucket}, {"Fn::Sub": f"{bucket}/*"}]
    asked = [
        "GetBucketAcl",
        "GetBucketLocation",
        "GetBucketVersioning",
        "PutObject",
        "PutObjectAcl",
        "PutObjectVersionAcl",
    ]
    baseline = resources(ROLES["DeployRole"][0])["SiteRole"]["Properties"]["Policies"]
    statements = [one for policy in baseline for one in policy["PolicyDocument"]["Statement"]]
    assert [one["Action"] for one in statements if one["Resource"] == upon] == [[f"s3:{action}" for action in asked]]


def test_a_pipeline_is_made_by_who_may_look_at_its_role() -> None:
    """CodePipeline's handler gets the role before it passes it; no role of a pipeline is below /lake/workload/."""
    role = {"Fn::GetAtt": ["SiteRole", "Arn"]}
    assert {"iam:getrole", "iam:passrole"} <= allowed("DeployRole", role)


@pytest.mark.parametrize("case", [pytest.param(case, id=f"{case.parts[-4]}-{case.parts[-2]}") for case in EVERY])
def test_policies_are_within_what_iam_takes(case: Path) -> None:
    for name, resource in resources(case).items():
        match resource["Type"]:
            case "AWS::IAM::ManagedPolicy":
                assert characters(resource["Properties"]["PolicyDocument"]) <= MANAGED_SIZE, name
            case "AWS::IAM::Role":
                inline = (one["PolicyDocument"] for one in resource["Properties"].get("Policies", []))
                assert sum(map(characters, inline)) <= POLICIES_SIZE, name
