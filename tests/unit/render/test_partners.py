"""What partners' policies allow, as rendered and decided: their own prefix, until the end, from where they come."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from controller.access import Policies, Principal, Request, decide, read
from controller.kinds.partner import Access, Partner
from controller.model.bundle import Template
from controller.render.blueprint import Catalogue
from controller.render.limits import SHARE, too_large
from controller.render.partners import SHARDS, partner_stacks, shard
from controller.resolve.credentials import credential
from tests.conftest import manifest
from tests.fakes import lakes

CATALOGUE = Catalogue.read()
TODAY = date(2026, 11, 22)
ACCOUNT, BUCKET = lakes.SALES, "acme-sales-dropzone-200000000001"
KEY = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/1"
USER = Principal("user", f"arn:aws:iam::{ACCOUNT}:user/partners/sales/freight", ACCOUNT)
TOLD = frozenset({"aws:tokenissuetime", "s3:prefix", "kms:viaservice"})
ROOT = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "kms:*", "Resource": "*"}
KEY_POLICY = read({"Version": "2012-10-17", "Statement": ROOT})  # as storage has it: the account's policies decide
ALL = ("delete", "download", "list", "upload")


def partner(name: str = "freight", permissions: tuple[str, ...] = ("upload",), **changed: Any) -> Partner:
    access = Access("sales", changed.pop("prefix", f"inbound/{name}"), changed.pop("by", ("api",)), permissions)
    made = Partner(
        manifest("Partner", name),
        name=name,
        contact=f"data@{name}.example",
        access=(access,),
        expires=date(2027, 6, 30),
        rotate_every_days=None,
        issued=None,
        revoked=False,
        source_cidrs=("203.0.113.0/24",),
        max_object_mib=None,
    )
    return replace(made, **changed)


def stacks(*partners: Partner, today: date = TODAY) -> list[dict[str, Any]]:
    lake = lakes.lake(lakes.sales())
    named = {one.name: one for one in partners}
    given = {name: credential(one, today) for name, one in named.items()}
    lake = replace(lake, partners=named, credentials=given)
    return [CATALOGUE.render("partners", values) for _, _, values in partner_stacks(lake, lake.silos["sales"])]


def document(one: Partner, today: date = TODAY) -> dict[str, Any]:
    (template,) = stacks(one, today=today)
    user = next(each for each in template["Resources"].values() if each["Type"] == "AWS::IAM::User")
    resolved: dict[str, Any] = _resolved(user["Properties"]["Policies"][0]["PolicyDocument"])
    return resolved


def _resolved(value: Any) -> Any:
    match value:
        case {"Fn::Sub": str(text)}:
            known = {"AWS::Partition": "aws", "AWS::Region": "eu-west-1", "AWS::URLSuffix": "amazonaws.com"}
            for name, said in {**known, "DropzoneBucket": BUCKET}.items():
                text = text.replace(f"${{{name}}}", said)
            return text
        case {"Ref": "KeyArn"}:
            return KEY
        case dict():
            return {key: _resolved(each) for key, each in value.items()}
        case list():
            return [_resolved(each) for each in value]
        case _:
            return value


def may(one: Partner, action: str, resource: str, **context: str) -> bool:
    known = {
        "aws:CurrentTime": "2026-11-22T12:00:00Z",
        "aws:SecureTransport": "true",
        "aws:SourceIp": "203.0.113.9",
        "aws:ViaAWSService": "false",
        **{name.replace("__", ":"): value for name, value in context.items()},
    }
    request = Request(USER, action, resource, ACCOUNT, known, TOLD)
    return decide(request, Policies((read(document(one)),), KEY_POLICY)).allowed


def objects(key: str) -> str:
    return f"arn:aws:s3:::{BUCKET}/{key}"


OWN = objects("inbound/freight/x.csv")


@pytest.mark.parametrize(
    ("permission", "actions"),
    [
        ("upload", {"s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"}),
        ("download", {"s3:GetObject"}),
        ("delete", {"s3:DeleteObject"}),
        ("list", set()),
    ],
)
def test_a_permission_is_its_few_actions_on_the_prefix(permission: str, actions: set[str]) -> None:
    every = {
        "s3:PutObject",
        "s3:GetObject",
        "s3:DeleteObject",
        "s3:AbortMultipartUpload",
        "s3:ListMultipartUploadParts",
    }
    every |= {"s3:PutObjectAcl", "s3:GetObjectVersion", "s3:DeleteObjectVersion", "s3:PutObjectTagging"}
    one = partner(permissions=(permission,))
    assert {action for action in every if may(one, action, OWN)} == actions
    assert may(one, "s3:ListBucket", f"arn:aws:s3:::{BUCKET}", s3__prefix="inbound/freight/") is (permission == "list")


@pytest.mark.parametrize(
    "key", ["inbound/freight2/x", "inbound/x", "x", "inbound/freight", "INBOUND/freight/x", "inbound//freight/x"]
)
def test_no_permission_reaches_beyond_the_prefix(key: str) -> None:
    one = partner(permissions=ALL)
    assert not any(may(one, action, objects(key)) for action in ("s3:PutObject", "s3:GetObject", "s3:DeleteObject"))


@pytest.mark.parametrize("prefix", ["", "inbound/", "inbound/freight", "inbound/freight2/", None])
def test_listing_shows_no_name_of_others(prefix: str | None) -> None:
    asked = {} if prefix is None else {"s3__prefix": prefix}
    assert not may(partner(permissions=ALL), "s3:ListBucket", f"arn:aws:s3:::{BUCKET}", **asked)


@pytest.mark.parametrize(
    ("context", "allowed"),
    [
        ({}, True),
        ({"aws__CurrentTime": "2027-06-30T23:59:59Z"}, True),
        ({"aws__CurrentTime": "2027-07-01T00:00:00Z"}, False),
        ({"aws__SecureTransport": "false"}, False),
        ({"aws__SourceIp": "203.0.114.1"}, False),
        ({"aws__TokenIssueTime": "2026-11-22T11:00:00Z"}, False),
    ],
)
def test_the_policy_holds_until_the_end_by_tls_from_its_networks_and_for_keys_alone(
    context: dict[str, str], allowed: bool
) -> None:
    assert may(partner(), "s3:PutObject", OWN, **context) is allowed


def test_the_silos_key_is_used_by_s3_alone() -> None:
    by_s3 = {"kms__ViaService": "s3.eu-west-1.amazonaws.com", "aws__ViaAWSService": "true", "aws__SourceIp": "10.0.0.1"}
    assert may(partner(), "kms:GenerateDataKey", KEY, **by_s3)
    assert not may(partner(), "kms:GenerateDataKey", KEY)
    assert not may(partner(permissions=("download",)), "kms:GenerateDataKey", KEY, **by_s3)
    assert not may(partner(permissions=("list",)), "kms:Decrypt", KEY, **by_s3)


def test_a_partner_of_sftp_alone_may_nothing_by_itself() -> None:
    one = partner(permissions=ALL, by=("sftp",))
    assert all(statement["Effect"] == "Deny" for statement in document(one)["Statement"])


@pytest.mark.parametrize("changed", [{"revoked": True}, {"expires": date(2026, 11, 21)}])
def test_what_is_over_denies_all_and_its_keys_are_inactive(changed: dict[str, Any]) -> None:
    one = partner(permissions=ALL, **changed)
    assert document(one)["Statement"] == [{"Sid": "Ended", "Effect": "Deny", "Action": "*", "Resource": "*"}]
    (template,) = stacks(one)
    keys = [each for each in template["Resources"].values() if each["Type"] == "AWS::IAM::AccessKey"]
    assert [key["Properties"]["Status"] for key in keys] == ["Inactive"]


def test_a_template_gives_nothing_out() -> None:
    for template in stacks(partner(), partner("pulse")):
        assert "Outputs" not in template


def test_150_partners_of_a_silo_fit_and_each_stays_in_its_stack() -> None:
    many = [partner(f"partner-{number:03}", ALL, rotate_every_days=30) for number in range(150)]
    templates = stacks(*many)
    assert len(templates) == SHARDS
    for template in templates:
        assert len(template["Resources"]) <= 500 * SHARE
        assert not list(too_large(Template("partners/0", template, {}), manifest("Silo", "sales")))
    assert shard("marketpulse") == 0 and shard("fastfreight") == shard("fastfreight")


def test_a_policy_near_iams_limit_is_told_before_an_apply() -> None:
    cidrs = tuple(f"203.0.{number}.0/24" for number in range(113, 130))
    longest = partner("f" * 32, ALL, prefix="/".join(["p" * 99, "q" * 100]), source_cidrs=cidrs)
    (template,) = stacks(longest)
    (problem,) = too_large(Template("partners/0", template, {}), manifest("Silo", "sales"))
    assert problem.code == "policy-too-large" and problem.field == "spec.access[0]"
