"""Who reads the code bucket, decided on the rendered policies; and what the templates of all accounts hold."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Any

import pytest
import yaml

from controller.access.decision import Policies, decide
from controller.access.policy import Policy, read
from controller.access.request import Principal, Request
from controller.kinds.organization import APPLY_MINUTES
from controller.render.accounts import render_baseline, render_master
from controller.render.blueprint import Catalogue
from controller.resolve.lake import Lake

MASTER, SILO, OTHER = "100000000001", "200000000001", "200000000002"
ORGANIZATION = "o-a1b2c3d4e5"
UNIT = f"{ORGANIZATION}/r-ab12/ou-ab12-11111111/"
BUCKET = "arn:aws:s3:::acme-datalake-code-eu-west-1"
BUNDLE, PAGES = (f"{BUCKET}/releases/{SILO}/{name}.zip" for name in ("bundle", "site"))
ASSET = f"{BUCKET}/assets/sha256/{'0' * 64}.json"
PIPELINE, DEPLOY = "lake-eu-west-1-codepipeline-rl", "lake-eu-west-1-cloudformation-codepipeline-rl"
PAGES_ROLE = "lake-eu-west-1-site-codepipeline-rl"
KNOWN = {
    "AWS::AccountId": MASTER,
    "AWS::Region": "eu-west-1",
    "AWS::Partition": "aws",
    "AWS::URLSuffix": "amazonaws.com",
    "OrganizationId": ORGANIZATION,
    "CodeBucket": BUCKET.rpartition(":")[2],
    "CodeBucket.Arn": BUCKET,
}


def resolved(node: Any, known: dict[str, Any]) -> Any:
    """As CloudFormation would fill it in."""
    match node:
        case {"Ref": "UnitPaths"}:
            return [f"{UNIT}*"]
        case {"Ref": name}:
            return known[name]
        case {"Fn::GetAtt": [name, attribute]}:
            return known.get(f"{name}.{attribute}", f"arn:aws:x:::{name}")
        case {"Fn::Sub": text}:
            filled = re.sub(r"\$\{([^!}]+)\}", lambda found: known.get(found[1], f"arn:aws:x:::{found[1]}"), text)
            return filled.replace("${!", "${")
        case dict():
            return {key: resolved(child, known) for key, child in node.items()}
        case list():
            return [resolved(child, known) for child in node]
        case _:
            return node


@pytest.fixture(scope="module")
def master(lake: Lake, catalogue: Catalogue) -> dict[str, Any]:
    return dict(render_master(lake.organization, "eu-west-1", catalogue).body["Resources"])


@pytest.fixture(scope="module")
def baseline(lake: Lake, catalogue: Catalogue) -> dict[str, Any]:
    return dict(render_baseline(lake.organization, catalogue).body["Resources"])


def bucket_policy(master: dict[str, Any]) -> Policy:
    return read(json.dumps(resolved(master["CodeBucketPolicy"]["Properties"]["PolicyDocument"], KNOWN)))


def own_policies(role: dict[str, Any], account: str) -> tuple[Policy, ...]:
    known = {**KNOWN, "AWS::AccountId": account}
    return tuple(read(json.dumps(resolved(one["PolicyDocument"], known))) for one in role["Properties"]["Policies"])


def policies_of(name: str, baseline: dict[str, Any], account: str) -> tuple[Policy, ...]:
    """A role's own policies, and the managed ones that name it."""
    known = {**KNOWN, "AWS::AccountId": account}
    managed = [one["Properties"] for one in baseline.values() if one["Type"] == "AWS::IAM::ManagedPolicy"]
    named = [one["PolicyDocument"] for one in managed if {"Ref": name} in one.get("Roles", [])]
    return (*own_policies(baseline[name], account), *(read(json.dumps(resolved(one, known))) for one in named))


@dataclass(frozen=True)
class Who:
    role: str = PIPELINE
    path: str = UNIT
    account: str = SILO
    organization: str = ORGANIZATION
    tls: str = "true"
    prefix: str = ""

    def request(self, action: str, resource: str) -> Request:
        arn = f"arn:aws:iam::{self.account}:role/lake/{self.role}"
        session = f"arn:aws:sts::{self.account}:assumed-role/{self.role}/x"
        context: dict[str, str | tuple[str, ...]] = {
            "aws:PrincipalArn": arn,
            "aws:PrincipalAccount": self.account,
            "aws:PrincipalOrgID": self.organization,
            "aws:PrincipalOrgPaths": (self.path,),
            "aws:SecureTransport": self.tls,
            "aws:ResourceAccount": MASTER,
        }
        if self.prefix:
            context["s3:prefix"] = self.prefix
        return Request(Principal("role-session", session, self.account, arn), action, resource, MASTER, context)


READS = {
    "its own bundle": (Who(), "s3:GetObject", BUNDLE, True),
    "a version of it": (Who(), "s3:GetObjectVersion", BUNDLE, True),
    "in a child unit": (Who(path=f"{UNIT}ou-ab12-22222222/"), "s3:GetObject", BUNDLE, True),
    "the bucket's versioning": (Who(), "s3:GetBucketVersioning", BUCKET, True),
    "an asset": (Who(DEPLOY), "s3:GetObject", ASSET, True),
    "its own listing": (Who(prefix=f"releases/{SILO}/"), "s3:ListBucket", BUCKET, True),
    "all of the listing": (Who(), "s3:ListBucket", BUCKET, False),
    "another silo's listing": (Who(prefix=f"releases/{OTHER}/"), "s3:ListBucket", BUCKET, False),
    "another silo's bundle": (Who(account=OTHER), "s3:GetObject", BUNDLE, False),
    "a prefix that begins like its own": (Who(), "s3:GetObject", f"{BUCKET}/releases/{SILO}0/bundle.zip", False),
    "outside the organization": (Who(organization="o-zzzzzzzzzz"), "s3:GetObject", BUNDLE, False),
    "in no organization": (Who(organization="", path=""), "s3:GetObject", BUNDLE, False),
    "a sibling unit with a longer id": (Who(path=UNIT[:-1] + "1/"), "s3:GetObject", BUNDLE, False),
    "moved out to the root": (Who(path=f"{ORGANIZATION}/r-ab12/"), "s3:GetObject", BUNDLE, False),
    "the unit's id below another": (Who(path=f"{ORGANIZATION}/r-ab12/ou-x/{UNIT}"), "s3:GetObject", BUNDLE, False),
    "plain HTTP": (Who(tls="false"), "s3:GetObject", BUNDLE, False),
    "a role of another name": (Who("admin"), "s3:GetObject", BUNDLE, False),
    "the lake's state": (Who(), "s3:GetObject", f"{BUCKET}/state/index.json", False),
    "writing its bundle": (Who(), "s3:PutObject", BUNDLE, False),
    "deleting an asset": (Who(DEPLOY), "s3:DeleteObject", ASSET, False),
    "changing the policy": (Who(), "s3:PutBucketPolicy", BUCKET, False),
}
ANYTHING = read('{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}')


@pytest.mark.parametrize(("who", "action", "resource", "allowed"), READS.values(), ids=READS)
def test_the_code_bucket_lets_in_silos_and_nobody_else(
    who: Who, action: str, resource: str, allowed: bool, master: dict[str, Any]
) -> None:
    """The account itself allows its role everything: what is refused, the bucket refuses."""
    policies = Policies(identity=(ANYTHING,), resource=bucket_policy(master))
    assert decide(who.request(action, resource), policies).allowed is allowed


@pytest.mark.parametrize(
    ("role", "action", "resource", "allowed"),
    [
        ("PipelineRole", "s3:GetObject", BUNDLE, True),
        ("PipelineRole", "s3:GetBucketVersioning", BUCKET, True),
        ("PipelineRole", "s3:GetObject", ASSET, False),
        ("DeployRole", "s3:GetObject", ASSET, True),
        ("DeployRole", "s3:GetObject", BUNDLE, False),
        ("SiteRole", "s3:GetObject", PAGES, True),
        ("SiteRole", "s3:GetBucketVersioning", BUCKET, True),
        ("SiteRole", "s3:GetObject", BUNDLE, False),
        ("SiteRole", "s3:GetObject", ASSET, False),
        ("SiteRole", "s3:PutObject", PAGES, False),
    ],
)
def test_the_baselines_roles_read_what_they_need_and_no_more(
    role: str, action: str, resource: str, allowed: bool, master: dict[str, Any], baseline: dict[str, Any]
) -> None:
    who = Who({"PipelineRole": PIPELINE, "DeployRole": DEPLOY, "SiteRole": PAGES_ROLE}[role])
    policies = Policies(identity=policies_of(role, baseline, SILO), resource=bucket_policy(master))
    assert decide(who.request(action, resource), policies).allowed is allowed


DANGEROUS = (
    ("iam:CreateUser", "arn:aws:iam::200000000001:user/x"),
    ("iam:CreateAccessKey", "arn:aws:iam::200000000001:user/x"),
    ("iam:CreateRole", "arn:aws:iam::200000000001:role/admin"),
    ("iam:CreateRole", "arn:aws:iam::200000000001:role/lake/workload/x"),  # without the boundary
    ("iam:CreateRole", "arn:aws:iam::200000000001:role/lake/vending/x"),  # without its own
    ("iam:PassRole", "arn:aws:iam::200000000001:role/lake/vending/x"),
    ("iam:CreatePolicyVersion", "arn:aws:iam::200000000001:policy/lake/lake-vending-boundary-eu-west-1"),
    ("codepipeline:UpdatePipeline", "arn:aws:codepipeline:eu-west-1:200000000001:lake-delivery"),
    ("iam:PutRolePolicy", "arn:aws:iam::200000000001:role/lake/lake-eu-west-1-codepipeline-rl"),
    ("iam:DeleteRolePermissionsBoundary", "arn:aws:iam::200000000001:role/lake/workload/x"),
    ("iam:CreatePolicyVersion", "arn:aws:iam::200000000001:policy/lake/lake-boundary-eu-west-1"),
    ("iam:UpdateAssumeRolePolicy", "arn:aws:iam::200000000001:role/lake/lake-controller-read"),
    ("s3:GetObject", "arn:aws:s3:::acme-sales-raw-200000000001/orders/x"),
    ("s3:PutBucketPolicy", "arn:aws:s3:::someone-elses"),
    ("sts:AssumeRole", "arn:aws:iam::100000000001:role/lake/lake-controller-apply"),
    ("organizations:LeaveOrganization", "*"),
    ("glue:PutResourcePolicy", "arn:aws:glue:eu-west-1:200000000001:catalog"),
    ("ram:CreateResourceShare", "*"),
    ("lakeformation:GrantPermissions", "*"),
)
DEPLOYS = frozenset({("DeployRole", "lakeformation:GrantPermissions")})  # Shares are made of it


@pytest.mark.parametrize(("action", "resource"), DANGEROUS)
@pytest.mark.parametrize("role", ["PipelineRole", "DeployRole", "SiteRole", "ReaderRole"])
def test_no_role_of_the_baseline_can_do_what_would_undo_it(
    role: str, action: str, resource: str, baseline: dict[str, Any]
) -> None:
    who = replace(Who().request(action, resource), resource_account=SILO)
    context = {**who.context, "aws:RequestedRegion": "eu-west-1", "aws:ResourceAccount": SILO}
    request = replace(who, context=context)
    allowed = decide(request, Policies(identity=policies_of(role, baseline, SILO))).allowed
    assert allowed is ((role, action) in DEPLOYS)


def statements(resources: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    found = []
    for name, resource in resources.items():
        for key in ("PolicyDocument", "KeyPolicy", "AssumeRolePolicyDocument"):
            found += [(name, one) for one in resource.get("Properties", {}).get(key, {}).get("Statement", [])]
    return [(name, one) for name, one in found if "Principal" in one]  # of a resource, not of an identity


def test_whoever_is_let_in_by_a_wildcard_is_of_the_organization_and_of_a_unit(master: dict[str, Any]) -> None:
    wild = [(name, one) for name, one in statements(master) if one["Principal"] in ("*", {"AWS": "*"})]
    letting_in = [(name, one) for name, one in wild if one["Effect"] == "Allow"]
    assert {name for name, _ in letting_in} == {"CodeBucketPolicy", "CodeKey"}
    for name, statement in letting_in:
        condition = statement["Condition"]
        assert condition["StringEquals"]["aws:PrincipalOrgID"] == {"Ref": "OrganizationId"}, name
        assert condition["ForAnyValue:StringLike"]["aws:PrincipalOrgPaths"] == {"Ref": "UnitPaths"}, name


CLOUDFORMATION = "cloudformation.amazonaws.com"  # takes a role that its caller passes, so one of the same account


def test_every_service_acts_for_this_account_alone(master: dict[str, Any], baseline: dict[str, Any]) -> None:
    for name, statement in (*statements(master), *statements(baseline)):
        principal = statement["Principal"]
        if isinstance(principal, dict) and principal.get("Service", CLOUDFORMATION) != CLOUDFORMATION:
            assert statement["Condition"]["StringEquals"]["aws:SourceAccount"] == {"Ref": "AWS::AccountId"}, name


def test_every_bucket_refuses_plain_http(master: dict[str, Any], baseline: dict[str, Any]) -> None:
    for resources in (master, baseline):
        buckets = {name for name, one in resources.items() if one["Type"] == "AWS::S3::Bucket"}
        guarded = {
            resource["Properties"]["Bucket"]["Ref"]
            for resource in resources.values()
            if resource["Type"] == "AWS::S3::BucketPolicy"
            and any(one["Sid"] == "TlsOnly" for one in resource["Properties"]["PolicyDocument"]["Statement"])
        }
        assert guarded == buckets


def test_another_region_has_the_code_bucket_and_nothing_else(lake: Lake, catalogue: Catalogue) -> None:
    body = render_master(lake.organization, "eu-central-1", catalogue).body
    assert set(body["Resources"]) == {"CodeKey", "CodeAlias", "CodeBucket", "CodeBucketPolicy"}


def test_the_baseline_is_allowed_in_a_stack_set(lake: Lake, catalogue: Catalogue) -> None:
    body = render_baseline(lake.organization, catalogue).body
    assert not {"Parameters", "Transform"} & body.keys()
    assert "AWS::CloudFormation::Stack" not in {one["Type"] for one in body["Resources"].values()}


def test_what_iam_needs_once_is_made_in_the_home_region(baseline: dict[str, Any]) -> None:
    """IAM knows no regions: what has no region in its name would collide with itself."""
    for name, resource in baseline.items():
        own = resource.get("Properties", {})
        given = own.get("RoleName", own.get("ManagedPolicyName"))
        if given is not None and "AWS::Region" not in json.dumps(given):
            assert resource["Condition"] == "Home", name


def test_a_region_waits_for_nothing_that_another_makes(baseline: dict[str, Any]) -> None:
    """The boundary that the deployment's role insists on is made beside it, in every region."""
    assert "Condition" not in baseline["Boundary"]
    name = baseline["Boundary"]["Properties"]["ManagedPolicyName"]["Fn::Sub"]
    making = baseline["DeployRole"]["Properties"]["Policies"][1]["PolicyDocument"]["Statement"][0]
    assert making["Condition"]["StringEquals"]["iam:PermissionsBoundary"]["Fn::Sub"].endswith(f":policy/lake/{name}")


def test_the_pipeline_polls_its_own_accounts_release(baseline: dict[str, Any]) -> None:
    source, deploy = (stage["Actions"][0]["Configuration"] for stage in baseline["Pipeline"]["Properties"]["Stages"])
    assert source["S3ObjectKey"] == {"Fn::Sub": "releases/${AWS::AccountId}/bundle.zip"}
    assert source["PollForSourceChanges"] == "true"
    assert (deploy["StackName"], deploy["TemplatePath"]) == ("lake-silo", "SourceArtifact::template.json")


ORGANIZATION_CHANGES: dict[str, dict[str, Any]] = {
    "e-mail": {"notification_emails": ("other@acme.example",)},
    "prefix": {"code_bucket": {"name_prefix": "other"}},
    "versions": {"code_bucket": {"keep_versions": 7}},
    "branch": {"source": {"branch": "other"}},
    "repository": {"source": {"repository": "other"}},
}


@pytest.mark.parametrize("fields", ORGANIZATION_CHANGES.values(), ids=ORGANIZATION_CHANGES)
def test_a_change_of_the_organization_takes_effect(
    fields: dict[str, Any], lake: Lake, catalogue: Catalogue, master: dict[str, Any]
) -> None:
    organization = lake.organization
    changed = {
        name: replace(getattr(organization, name), **value) if isinstance(value, dict) else value
        for name, value in fields.items()
    }
    assert render_master(replace(organization, **changed), "eu-west-1", catalogue).body["Resources"] != master


@pytest.mark.parametrize("build", ["Plan", "Apply", "Drift"])
def test_a_build_runs_nothing_of_the_checkout_and_nothing_by_name_from_an_index(
    build: str, master: dict[str, Any]
) -> None:
    project = master[f"{build}Project"]["Properties"]
    spec = yaml.safe_load(project["Source"]["BuildSpec"])
    assert spec["env"]["variables"]["PYTHONSAFEPATH"] == "1"
    (install,) = spec["phases"]["install"]["commands"]
    steps = install.strip("()").split(" && ")
    assert steps[0] == "cd /"
    assert [step for step in steps if step.startswith("python3") and not step.startswith("python3 -I ")] == []
    assert "--no-index" in steps[-1]
    assert "--require-hashes" in steps[-1]
    assert {"Name": "CODE_BUCKET", "Value": {"Ref": "CodeBucket"}} in project["Environment"]["EnvironmentVariables"]


def test_an_apply_cannot_change_what_the_builds_run(master: dict[str, Any]) -> None:
    def allowed(action: str, key: str) -> bool:
        role = f"arn:aws:iam::{MASTER}:role/lake/lake-controller-apply"
        principal = Principal("role-session", f"arn:aws:sts::{MASTER}:assumed-role/x/y", MASTER, role)
        request = Request(principal, action, f"{BUCKET}/{key}", MASTER, {"aws:ResourceAccount": MASTER})
        return decide(request, Policies(identity=own_policies(master["ApplyRole"], MASTER))).allowed

    assert allowed("s3:GetObject", "tool/siloctl-0.1.0.zip")
    assert not allowed("s3:PutObject", "tool/siloctl-0.1.0.zip")
    assert all(allowed("s3:PutObject", f"{place}/x") for place in ("assets", "releases", "state"))


KEY = f"arn:aws:kms:eu-west-1:{SILO}:key/1"
SERVICE = {"kms:GrantIsForAWSResource": "true", "kms:ViaService": "s3.eu-west-1.amazonaws.com"}
REST = "arn:aws:apigateway:eu-west-1::"


@pytest.mark.parametrize(
    ("role", "action", "resource", "context", "allowed"),
    [
        ("DeployRole", "kms:CreateGrant", KEY, SERVICE, True),
        ("DeployRole", "kms:CreateGrant", KEY, {}, False),
        ("DeployRole", "kms:CreateGrant", "arn:aws:x:::ArtifactKey", SERVICE, False),
        ("DeployRole", "kms:PutKeyPolicy", KEY, {}, True),
        ("DeployRole", "kms:PutKeyPolicy", "arn:aws:x:::ArtifactKey", {}, False),
        ("DeployRole", "kms:Decrypt", KEY, SERVICE, True),
        ("DeployRole", "kms:Decrypt", KEY, {}, False),
        ("DeployRole", "firehose:UpdateDestination", f"arn:aws:firehose:eu-west-1:{SILO}:deliverystream/x", {}, True),
        ("ReaderRole", "apigateway:GET", f"{REST}/restapis/a/stages/v1", {}, True),
        ("ReaderRole", "apigateway:GET", f"{REST}/usageplans/a", {}, True),
        ("ReaderRole", "apigateway:GET", f"{REST}/usageplans/a/keys/b", {}, False),
        ("ReaderRole", "apigateway:GET", f"{REST}/apikeys/b", {}, False),
        ("ReaderRole", "apigateway:GET", f"{REST}/apikeys", {}, False),
        ("ReaderRole", "s3:GetReplicationConfiguration", "arn:aws:s3:::acme-sales-raw-200000000001", {}, True),
    ],
)
def test_the_baselines_roles_keep_to_keys_and_settings_that_are_theirs(
    role: str, action: str, resource: str, context: dict[str, str], allowed: bool, baseline: dict[str, Any]
) -> None:
    asked = replace(Who().request(action, resource), resource_account=SILO)
    said = {**asked.context, "aws:RequestedRegion": "eu-west-1", "aws:ResourceAccount": SILO, **context}
    known = {**KNOWN, "AWS::AccountId": SILO}
    key = read(
        json.dumps(resolved(baseline["ArtifactKey"]["Properties"]["KeyPolicy"], known))
    )  # leaves it to the roles
    policies = Policies(identity=policies_of(role, baseline, SILO), resource=key if action.startswith("kms:") else None)
    assert decide(replace(asked, context=said), policies).allowed is allowed


OWN = f"arn:aws:iam::{MASTER}:role/lake/lake-controller-apply"
PLAN = f"arn:aws:iam::{MASTER}:role/lake/lake-controller-plan"
BOUNDARY = f"arn:aws:iam::{MASTER}:policy/lake/lake-controller-boundary"
SETS = "arn:aws:cloudformation:eu-west-1:900000000009:stackset"


@pytest.mark.parametrize(
    ("action", "resource", "context", "allowed"),
    [
        ("cloudformation:UpdateStackSet", f"{SETS}/lake-baseline:1", {}, True),
        ("cloudformation:CreateStackInstances", f"{SETS}/lake-baseline:1", {}, True),
        ("cloudformation:CreateStackInstances", f"{SETS}-target/lake-baseline:1/ou-ab12-11111111", {}, True),
        ("cloudformation:UpdateStackSet", f"{SETS}/someone-elses:1", {}, False),
        ("cloudformation:CreateStackInstances", f"{SETS}/someone-elses:1", {}, False),
        ("iam:PutRolePolicy", PLAN, {"iam:PermissionsBoundary": BOUNDARY}, True),
        ("iam:PutRolePolicy", PLAN, {}, False),
        ("iam:PutRolePolicy", OWN, {"iam:PermissionsBoundary": BOUNDARY}, False),
        ("iam:UpdateAssumeRolePolicy", OWN, {}, False),
        ("iam:CreateRole", f"arn:aws:iam::{MASTER}:role/lake/lake-controller-x", {}, False),
        ("iam:CreatePolicyVersion", BOUNDARY, {}, False),
        ("iam:PassRole", OWN, {"iam:PassedToService": "codebuild.amazonaws.com"}, True),
        ("iam:PassRole", OWN, {"iam:PassedToService": "ec2.amazonaws.com"}, False),
    ],
)
def test_an_apply_changes_the_baseline_and_no_other_set_and_not_itself(
    action: str, resource: str, context: dict[str, str], allowed: bool, master: dict[str, Any]
) -> None:
    principal = Principal("role-session", f"arn:aws:sts::{MASTER}:assumed-role/x/y", MASTER, OWN)
    request = Request(principal, action, resource, MASTER, {"aws:ResourceAccount": MASTER, **context})
    assert decide(request, Policies(identity=own_policies(master["ApplyRole"], MASTER))).allowed is allowed


@pytest.mark.parametrize(
    ("role", "organization", "allowed"),
    [
        ("lake-controller-read", ORGANIZATION, True),
        ("lake-controller-read", "o-other", False),
        ("lake-eu-west-1-codepipeline-rl", ORGANIZATION, False),
        ("OrganizationAccountAccessRole", ORGANIZATION, False),
    ],
)
def test_an_apply_looks_at_silos_by_their_reader_and_acts_as_nobody_else_there(
    role: str, organization: str, allowed: bool, master: dict[str, Any]
) -> None:
    """Between two waves it waits until the silos run what it published."""
    principal = Principal("role-session", f"arn:aws:sts::{MASTER}:assumed-role/x/y", MASTER, OWN)
    path = "" if role.startswith("Organization") else "lake/"
    context = {"aws:ResourceAccount": SILO, "aws:ResourceOrgID": organization}
    request = Request(principal, "sts:AssumeRole", f"arn:aws:iam::{SILO}:role/{path}{role}", SILO, context)
    trust = {"Effect": "Allow", "Principal": {"AWS": MASTER}, "Action": "sts:AssumeRole", "Resource": "*"}
    trusting = read(json.dumps({"Version": "2012-10-17", "Statement": [trust]}))
    policies = Policies(identity=own_policies(master["ApplyRole"], MASTER), resource=trusting)
    assert decide(request, policies).allowed is allowed


def test_an_apply_has_the_time_that_bakes_are_checked_against(master: dict[str, Any]) -> None:
    assert master["ApplyProject"]["Properties"]["TimeoutInMinutes"] == APPLY_MINUTES


def test_the_boundary_takes_nothing_from_the_roles_that_have_it(master: dict[str, Any]) -> None:
    boundary = master["ControllerBoundary"]["Properties"]["PolicyDocument"]["Statement"]
    allowed = {
        action for one in boundary for action in ([one["Action"]] if isinstance(one["Action"], str) else one["Action"])
    }
    for role in ("PlanRole", "PipelineRole", "EventsRole"):
        assert master[role]["Properties"]["PermissionsBoundary"] == {"Ref": "ControllerBoundary"}
        for policy in master[role]["Properties"]["Policies"]:
            for statement in policy["PolicyDocument"]["Statement"]:
                said = statement["Action"]
                for action in [said] if isinstance(said, str) else said:
                    assert any(fnmatchcase(action, one) for one in allowed), (role, action)


def test_the_reader_trusts_the_controllers_roles_by_name(baseline: dict[str, Any]) -> None:
    (statement,) = baseline["ReaderRole"]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    trusted = [one["Fn::Sub"].rpartition("/")[2] for one in statement["Condition"]["ArnEquals"]["aws:PrincipalArn"]]
    assert trusted == ["lake-controller", "lake-controller-apply", "lake-controller-plan"]


@pytest.mark.parametrize(
    ("path", "boundary", "allowed"),
    [
        ("workload", "lake-boundary-eu-west-1", True),
        ("vending", "lake-vending-boundary-eu-west-1", True),
        ("workload", "lake-vending-boundary-eu-west-1", False),  # which lets users be made
        ("vending", "lake-boundary-eu-west-1", False),
        ("", "lake-boundary-eu-west-1", False),
    ],
)
def test_a_silo_makes_roles_only_where_their_boundary_belongs(
    path: str, boundary: str, allowed: bool, baseline: dict[str, Any]
) -> None:
    role = f"arn:aws:iam::{SILO}:role/lake/{path}/x"
    who = replace(Who(DEPLOY).request("iam:CreateRole", role), resource_account=SILO)
    context = {**who.context, "iam:PermissionsBoundary": f"arn:aws:iam::{SILO}:policy/lake/{boundary}"}
    policies = Policies(identity=policies_of("DeployRole", baseline, SILO))
    assert decide(replace(who, context=context), policies).allowed is allowed
