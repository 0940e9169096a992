"""What the roles of a web app may do, decided by their policies and boundaries as they are rendered; and who asks."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
import yaml

from controller.access import Policies, Principal, Request, decide
from controller.access.policy import Policy, read
from controller.kinds.silo import Silo
from controller.load.places import folder
from controller.render.webapp import origins
from tests.conftest import silo

ACCOUNT, OTHER = "200000000001", "200000000002"
STACK = f"arn:aws:cloudformation:eu-west-1:{ACCOUNT}:stack/lake-vended/1"
VENDING = f"arn:aws:iam::{ACCOUNT}:role/lake/vending/lake-eu-west-1-vending"
USERS, SECRETS = f"arn:aws:iam::{ACCOUNT}:user", f"arn:aws:secretsmanager:eu-west-1:{ACCOUNT}:secret:lake/partners"
VENDED, VENDED_SECRET = f"{USERS}/partners/sales/vended-a", f"{SECRETS}/sales/vended-a"
BOUNDARY = f"arn:aws:iam::{ACCOUNT}:policy/lake/lake-partner-boundary-eu-west-1"
ACL = f"arn:aws:wafv2:us-east-1:{ACCOUNT}:global/webacl/lake-eu-west-1-webapp/1"
CERTIFICATE = f"arn:aws:acm:us-east-1:{ACCOUNT}:certificate/1"
SITE, DROPZONE = f"arn:aws:s3:::acme-sales-site-{ACCOUNT}", f"arn:aws:s3:::acme-sales-dropzone-{ACCOUNT}"
VENDING_BUCKET = f"arn:aws:s3:::acme-sales-vend-{ACCOUNT}"
KEY = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/1"
KNOWN = {
    "AWS::AccountId": ACCOUNT,
    "AWS::Partition": "aws",
    "AWS::Region": "eu-west-1",
    "AWS::URLSuffix": "amazonaws.com",
    "KeyArn": KEY,
    "VendingRole.Arn": VENDING,
    "SiteBucket.Arn": SITE,
    "VendingBucket.Arn": VENDING_BUCKET,
}
HERE = {"aws:RequestedRegion": "eu-west-1"}
THERE = {"aws:RequestedRegion": "us-east-1"}
BY_VENDING = {"cloudformation:RoleArn": VENDING}
TO_CLOUDFORMATION = {"iam:PassedToService": "cloudformation.amazonaws.com"}
BOUNDED = {"iam:PermissionsBoundary": BOUNDARY}

DOMAIN = "upload.sales.acme.example"
TAGS = {"lake:managed-by": "siloctl", "lake:organization": "acme", "lake:silo": "sales"}
OWN = {f"aws:ResourceTag/{key}": value for key, value in TAGS.items()}
MARKS = {"aws:TagKeys": tuple(TAGS), **{f"aws:RequestTag/{key}": value for key, value in TAGS.items()}}
ASKED = {**MARKS, "acm:DomainNames": (DOMAIN,), "acm:ValidationMethod": "DNS"}

# Action, resource, context, whether it is allowed.
BACKEND = [
    ("cloudformation:CreateChangeSet", STACK, BY_VENDING, True),
    ("cloudformation:CreateChangeSet", STACK, {}, False),
    ("cloudformation:CreateChangeSet", STACK, {"cloudformation:RoleArn": VENDING.replace("vending", "deploy")}, False),
    ("cloudformation:CreateChangeSet", STACK.replace("lake-vended", "lake-silo"), BY_VENDING, False),
    ("cloudformation:ExecuteChangeSet", STACK, {}, True),
    ("cloudformation:ExecuteChangeSet", STACK.replace("lake-vended", "lake-silo"), {}, False),
    ("cloudformation:GetTemplate", STACK, {}, True),
    ("cloudformation:UpdateStack", STACK, {}, False),
    ("cloudformation:DeleteStack", STACK, {}, False),
    ("cloudformation:SetStackPolicy", STACK, {}, False),
    ("iam:PassRole", VENDING, TO_CLOUDFORMATION, True),
    ("iam:PassRole", VENDING, {"iam:PassedToService": "lambda.amazonaws.com"}, False),
    ("iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/lake/workload/x", TO_CLOUDFORMATION, False),
    ("iam:ListUsers", f"{USERS}/partners/sales/", {}, True),
    ("iam:GetUser", f"{USERS}/partners/sales/fastfreight", {}, True),
    ("iam:GetUser", f"{USERS}/partners/finance/fastfreight", {}, False),
    ("iam:GetUser", f"{USERS}/engineer", {}, False),
    ("iam:CreateUser", VENDED, BOUNDED, False),
    ("iam:CreateAccessKey", VENDED, {}, False),
    ("iam:UpdateAccessKey", VENDED, {}, False),
    ("iam:PutUserPolicy", VENDED, BOUNDED, False),
    ("iam:PutRolePolicy", VENDING, {}, False),
    ("iam:UpdateAssumeRolePolicy", VENDING, {}, False),
    ("sts:AssumeRole", VENDING, {}, False),
    ("secretsmanager:GetSecretValue", VENDED_SECRET, {}, True),
    ("secretsmanager:GetSecretValue", f"{SECRETS}/sales/fastfreight", {}, False),
    ("secretsmanager:GetSecretValue", f"{SECRETS}/finance/vended-a", {}, False),
    ("secretsmanager:TagResource", VENDED_SECRET, {"aws:TagKeys": ("lake:shown",)}, True),
    ("secretsmanager:TagResource", VENDED_SECRET, {"aws:TagKeys": ("lake:shown", "lake:silo")}, False),
    ("secretsmanager:TagResource", VENDED_SECRET, {}, False),
    ("secretsmanager:PutSecretValue", VENDED_SECRET, {}, False),
    ("secretsmanager:DeleteSecret", VENDED_SECRET, {}, False),
    ("s3:GetObject", f"{DROPZONE}/inbound/a", {}, False),
    ("s3:PutObject", f"{VENDING_BUCKET}/templates/a.json", {}, True),
    ("s3:GetObject", f"{VENDING_BUCKET}/templates/a.json", {}, True),
    ("s3:PutObject", f"{VENDING_BUCKET}/shown/a/b", {"s3:if-none-match": "*"}, True),
    ("s3:PutObject", f"{VENDING_BUCKET}/shown/a/b", {}, False),
    ("s3:PutObject", f"{VENDING_BUCKET}/shown/a/b", {"s3:if-match": "etag"}, False),
    ("s3:DeleteObject", f"{VENDING_BUCKET}/shown/a/b", {}, False),
    ("s3:PutObject", f"{VENDING_BUCKET}/other", {}, False),
    ("s3:PutObject", f"{SITE}/templates/a.json", {}, False),
    ("s3:DeleteObject", f"{VENDING_BUCKET}/templates/a.json", {}, False),
    ("s3:PutBucketPolicy", VENDING_BUCKET, {}, False),
    ("wafv2:DeleteWebACL", ACL, THERE, False),
]
MAKER = [
    ("iam:CreateUser", VENDED, BOUNDED, True),
    ("iam:CreateUser", VENDED, {}, False),
    ("iam:CreateUser", VENDED, {"iam:PermissionsBoundary": BOUNDARY.replace("partner-", "")}, False),
    ("iam:CreateUser", f"{USERS}/partners/sales/fastfreight", BOUNDED, False),
    ("iam:CreateUser", f"{USERS}/partners/finance/vended-a", BOUNDED, False),
    ("iam:CreateUser", f"{USERS}/vended-a", BOUNDED, False),
    ("iam:PutUserPolicy", VENDED, BOUNDED, True),
    ("iam:PutUserPolicy", VENDED, {}, False),
    ("iam:CreateAccessKey", VENDED, {}, True),
    ("iam:CreateAccessKey", f"{USERS}/partners/sales/fastfreight", {}, False),
    ("iam:DeleteUser", VENDED, {}, True),
    ("iam:DeleteUserPermissionsBoundary", VENDED, {}, False),
    ("iam:AttachUserPolicy", VENDED, BOUNDED, False),
    ("iam:CreateLoginProfile", VENDED, {}, False),
    ("iam:AddUserToGroup", f"arn:aws:iam::{ACCOUNT}:group/admins", {}, False),
    ("iam:CreateRole", f"arn:aws:iam::{ACCOUNT}:role/lake/vending/x", {}, False),
    ("iam:PassRole", VENDING, TO_CLOUDFORMATION, False),
    ("iam:CreatePolicyVersion", BOUNDARY, {}, False),
    ("secretsmanager:CreateSecret", VENDED_SECRET, {}, True),
    ("secretsmanager:DeleteSecret", f"{SECRETS}/sales/fastfreight", {}, False),
    ("s3:PutObject", f"{DROPZONE}/inbound/a", {}, False),
    ("lambda:UpdateFunctionCode", f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:lake-webapp-backend", {}, False),
]
EDGE = [
    ("wafv2:CreateWebACL", ACL, THERE, True),
    ("wafv2:DeleteWebACL", ACL, THERE, True),
    ("wafv2:DeleteWebACL", ACL.replace("lake-eu-west-1-webapp", "theirs"), THERE, False),
    ("wafv2:DeleteWebACL", ACL.replace("us-east-1", "eu-west-1"), HERE, False),
    ("acm:RequestCertificate", "*", {**THERE, **ASKED}, True),
    ("acm:RequestCertificate", "*", {**THERE, **ASKED, "acm:DomainNames": ("other.example",)}, False),
    ("acm:RequestCertificate", "*", {**THERE, **ASKED, "acm:DomainNames": (DOMAIN, "other.example")}, False),
    ("acm:RequestCertificate", "*", {**THERE, **ASKED, "acm:ValidationMethod": "EMAIL"}, False),
    ("acm:RequestCertificate", "*", {**THERE, **MARKS, "acm:ValidationMethod": "DNS"}, False),
    ("acm:AddTagsToCertificate", CERTIFICATE, {**THERE, **MARKS}, True),
    ("acm:AddTagsToCertificate", CERTIFICATE, {**THERE, **MARKS, "aws:ResourceTag/lake:silo": "finance"}, False),
    ("acm:AddTagsToCertificate", CERTIFICATE, {**THERE, **MARKS, "aws:RequestTag/lake:silo": "finance"}, False),
    ("acm:AddTagsToCertificate", CERTIFICATE, {**THERE, **MARKS, "aws:TagKeys": ("lake:silo", "cost")}, False),
    ("acm:DeleteCertificate", CERTIFICATE, {**THERE, **OWN}, True),
    ("acm:DeleteCertificate", CERTIFICATE, {**THERE, **OWN, "aws:ResourceTag/lake:silo": "finance"}, False),
    ("acm:DeleteCertificate", CERTIFICATE, THERE, False),
    ("acm:ExportCertificate", CERTIFICATE, THERE, False),
    ("cloudformation:ExecuteChangeSet", STACK, {}, False),
    ("iam:PassRole", VENDING, TO_CLOUDFORMATION, False),
    ("cloudfront:UpdateDistribution", f"arn:aws:cloudfront::{ACCOUNT}:distribution/E1", THERE, False),
]
EMPTIER = [
    ("s3:ListBucket", SITE, {}, True),
    ("s3:DeleteObject", f"{SITE}/index.html", {}, True),
    ("s3:DeleteObject", f"{VENDING_BUCKET}/shown/a/b", {}, True),
    ("s3:DeleteObject", f"{DROPZONE}/inbound/a", {}, False),
    ("s3:PutObject", f"{SITE}/index.html", {}, False),
]
TABLE = [
    pytest.param(role, *row, id=f"{role}-{number}")
    for role, rows in (
        ("BackendRole", BACKEND),
        ("VendingRole", MAKER),
        ("EdgeRole", EDGE),
        ("EmptierRole", EMPTIER),
    )
    for number, row in enumerate(rows)
]


def filled(node: Any) -> Any:
    """As CloudFormation would fill it in; what it alone knows is called by its logical id."""
    match node:
        case {"Ref": name}:
            return KNOWN.get(name, f"arn:aws:x:::{name}")
        case {"Fn::GetAtt": [name, attribute]}:
            return KNOWN.get(f"{name}.{attribute}", f"arn:aws:x:::{name}")
        case {"Fn::Sub": str(text)}:
            return re.sub(r"\$\{([^!}]+)\}", lambda found: KNOWN.get(found[1], f"arn:aws:x:::{found[1]}"), text)
        case dict():
            return {key: filled(child) for key, child in node.items()}
        case list():
            return [filled(child) for child in node]
        case _:
            return node


@cache
def resources(place: str) -> dict[str, Any]:
    """Of a case, intrinsic functions filled in."""
    above, _, below = place.partition("/")
    path = folder(above) / below / "template.yaml"  # type: ignore[arg-type, operator]
    return dict(filled(yaml.safe_load(path.read_text(encoding="utf-8"))["Resources"]))


def policy(document: Any) -> Policy:
    return read(json.dumps(document))


def held(role: str, place: str = "blueprints/webapp/cases/attached") -> tuple[str, Policies]:
    """A role's ARN, with all that it may by itself and at most."""
    made = resources(place)
    said = made[role]["Properties"]
    beside = [one["Properties"] for one in made.values() if one["Type"] == "AWS::IAM::RolePolicy"]
    own = [*said.get("Policies", ()), *(one for one in beside if one["RoleName"].endswith(f":{role}"))]
    bounds = [one["Properties"] for one in resources("pipeline/silo-baseline/cases/acme").values()]
    name = said["PermissionsBoundary"].rpartition("/")[2]
    (bound,) = (one["PolicyDocument"] for one in bounds if one.get("ManagedPolicyName") == name)
    arn = f"arn:aws:iam::{ACCOUNT}:role{said['Path']}{said['RoleName']}"
    return arn, Policies(tuple(policy(one["PolicyDocument"]) for one in own), boundary=policy(bound))


def asked(arn: str, action: str, resource: str, context: dict[str, Any]) -> Request:
    session = f"arn:aws:sts::{ACCOUNT}:assumed-role/{arn.rpartition('/')[2]}/x"
    told = {**HERE, "aws:PrincipalArn": arn, "aws:ResourceAccount": ACCOUNT, **context}
    return Request(Principal("role-session", session, ACCOUNT, arn), action, resource, ACCOUNT, told)


@pytest.mark.parametrize(("role", "action", "resource", "context", "allowed"), TABLE)
def test_a_role_of_the_web_app_does_its_work_and_nothing_else(
    role: str, action: str, resource: str, context: dict[str, Any], allowed: bool
) -> None:
    arn, policies = held(role)
    assert decide(asked(arn, action, resource, context), policies).allowed is allowed


@pytest.mark.parametrize(
    ("action", "service", "allowed"),
    [
        ("Decrypt", "s3", True),
        ("GenerateDataKey", "s3", True),
        ("Decrypt", "secretsmanager", True),
        ("GenerateDataKey", "secretsmanager", False),
        ("Decrypt", "dynamodb", False),
        ("CreateGrant", "s3", False),
    ],
)
def test_the_backend_uses_the_silos_key_by_way_of_what_it_uses_alone(action: str, service: str, allowed: bool) -> None:
    arn, policies = held("BackendRole", "blueprints/webapp/cases/asked")
    via = {"kms:ViaService": f"{service}.eu-west-1.amazonaws.com"}
    root = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
    account = {"Effect": "Allow", "Principal": root, "Action": "kms:*", "Resource": "*"}
    policies = replace(policies, resource=policy({"Version": "2012-10-17", "Statement": [account]}))
    assert decide(asked(arn, f"kms:{action}", KEY, via), policies).allowed is allowed


@pytest.mark.parametrize(
    ("action", "resource", "context"),
    [
        ("cloudformation:CreateChangeSet", STACK, BY_VENDING),
        ("iam:PassRole", VENDING, TO_CLOUDFORMATION),
        ("iam:ListUsers", f"{USERS}/partners/sales/", {}),
        ("secretsmanager:TagResource", VENDED_SECRET, {"aws:TagKeys": ("lake:shown",)}),
        ("wafv2:CreateWebACL", ACL, THERE),
        ("acm:RequestCertificate", "*", THERE),
    ],
)
def test_no_other_role_of_a_silo_could_be_allowed_what_the_web_apps_functions_do(
    action: str, resource: str, context: dict[str, Any]
) -> None:
    """Whatever its own policies say: the boundary knows the two by their names."""
    _, bounds = held("BackendRole")
    arn = f"arn:aws:iam::{ACCOUNT}:role/lake/workload/lake-sales-orders-job"
    anything = policy({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
    unbound = Policies((anything,), boundary=bounds.boundary)
    assert not decide(asked(arn, action, resource, context), unbound).allowed


def test_whatever_the_vending_role_is_allowed_its_boundary_keeps_it_to_bounded_vended_users() -> None:
    arn, policies = held("VendingRole")
    anything = policy({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
    unbound = replace(policies, identity=(anything,))
    for action, resource, context, allowed in MAKER:
        if not allowed and "finance" not in resource:  # a boundary is one for all silos of an account and region
            assert not decide(asked(arn, action, resource, context), unbound).allowed, (action, resource)


@pytest.mark.parametrize("action", ["acm:ExportCertificate", "acm:ImportCertificate", "wafv2:DisassociateWebACL"])
def test_whatever_the_edge_role_is_allowed_its_boundary_keeps_it_to_its_work(action: str) -> None:
    arn, policies = held("EdgeRole")
    anything = policy({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
    unbound = replace(policies, identity=(anything,))
    assert decide(asked(arn, "acm:DeleteCertificate", CERTIFICATE, THERE), unbound).allowed
    assert not decide(asked(arn, action, CERTIFICATE, THERE), unbound).allowed


def test_only_config_and_the_partners_proof_are_open_and_all_else_asks_for_an_access_token() -> None:
    routes = [
        one["Properties"] for one in resources("blueprints/webapp/cases/plain").values() if "Route" in one["Type"]
    ]
    open_ones = {one["RouteKey"] for one in routes if one["AuthorizationType"] == "NONE"}
    assert open_ones == {"GET /api/config", "POST /api/partner/session"}
    guarded = [one for one in routes if one["RouteKey"] not in open_ones]
    assert len(guarded) == 8
    assert {tuple(one["AuthorizationScopes"]) for one in guarded} == {("aws.cognito.signin.user.admin",)}


@pytest.mark.parametrize("case", ["plain", "asked", "attached"])
def test_an_admins_token_changes_no_address_that_a_new_password_is_mailed_to(case: str) -> None:
    client = resources(f"blueprints/webapp/cases/{case}")["AdminsClient"]["Properties"]
    assert client["WriteAttributes"] == ["locale"]  # where nothing is said, it is all that the standard has


@pytest.mark.parametrize("case", ["plain", "asked", "attached"])
def test_the_backend_is_told_of_no_secret(case: str) -> None:
    made = resources(f"blueprints/webapp/cases/{case}")
    variables = made["Backend"]["Properties"]["Environment"]["Variables"]
    assert not [name for name in variables if "SECRET" in name or "TOKEN" in name or "PASSWORD" in name]


@pytest.mark.parametrize("case", ["plain", "asked", "attached"])
def test_what_fails_by_itself_is_told_to_the_silos_owners(case: str) -> None:
    made = {name: one.get("Properties", {}) for name, one in resources(f"blueprints/webapp/cases/{case}").items()}
    watched = {
        (one["Namespace"], one["MetricName"], one["Dimensions"][0]["Name"], one["Dimensions"][0]["Value"])
        for one in made.values()
        if one.get("AlarmActions") == [filled({"Ref": "FailureTopic"})]
    }
    assert watched == {
        ("AWS/Lambda", "Errors", "FunctionName", filled({"Ref": "Backend"})),
        ("AWS/CodePipeline", "FailedPipelineExecutions", "PipelineName", filled({"Ref": "SitePipeline"})),
    }


def with_webapp(**said: str) -> Silo:
    return replace(silo("sales", ACCOUNT, "Lake/Silos/Commercial"), webapp={"signIn": {}, **said})


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (replace(with_webapp(), webapp=None), []),
        (with_webapp(), ["https://*.cloudfront.net"]),
        (with_webapp(domain="upload.acme.example"), ["https://*.cloudfront.net"]),
        (with_webapp(domain="upload.acme.example", certificate="arn"), ["https://upload.acme.example"]),
        (replace(with_webapp(), lifecycle="retired"), []),
    ],
    ids=["none", "CloudFront's name", "domain that waits", "domain", "retired"],
)
def test_the_drop_zone_talks_to_the_pages_of_its_own_web_app(given: Silo, expected: list[str]) -> None:
    assert origins(given) == expected
