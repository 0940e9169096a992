"""The custom resource that makes, in us-east-1, the web app's firewall and asks for its certificate."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from controller.local import clients
from controller.local.resources.custom import Custom
from controller.local.resources.handler import Made, ResourceFailed, Scope
from controller.render.blueprint import Catalogue
from tests.functions.loading import core as loaded
from tests.functions.webapp import actions

pytestmark = pytest.mark.emulator

core = loaded("webapp", "edge")

ACCOUNT, REGION, NAME = "200000000001", "eu-west-1", "lake-eu-west-1-webapp"
TAGS = {"lake:organization": "acme", "lake:silo": "sales", "lake:managed-by": "siloctl"}
SCOPE = Scope(ACCOUNT, REGION, "lake-silo-webapp", "arn:aws:cloudformation:eu-west-1:1:stack/x/1", "Edge")
EDGE = Custom("Custom::Edge")


def properties(domain: str = "", certificate: str = "", name: str = NAME) -> dict[str, Any]:
    arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:lake-webapp-edge"
    return {"ServiceToken": arn, "Name": name, "Domain": domain, "Certificate": certificate, "Tags": TAGS}


@pytest.fixture
def edge(embedded: Any) -> None:
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    iam = clients.client("iam", ACCOUNT, REGION)
    role = iam.create_role(
        RoleName="edge", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    )["Role"]["Arn"]
    iam.put_role_policy(RoleName="edge", PolicyName="all", PolicyDocument=actions("EdgePolicy", "asked"))
    clients.client("lambda", ACCOUNT, REGION).create_function(
        FunctionName="lake-webapp-edge",
        Role=role,
        Runtime="python3.13",
        Handler="handler.handle",
        Code={"ZipFile": Catalogue.read().function("webapp", "edge").content},
        Timeout=20,
        LoggingConfig={"LogGroup": "edge"},
    )


def firewalls() -> list[dict[str, Any]]:
    waf = clients.client("wafv2", ACCOUNT, "us-east-1")
    return list(waf.list_web_acls(Scope="CLOUDFRONT")["WebACLs"])


def certificates() -> dict[str, str]:
    found = clients.client("acm", ACCOUNT, "us-east-1").list_certificates()["CertificateSummaryList"]
    return {one["DomainName"]: one["CertificateArn"] for one in found}


def updated(made: Made, before: Mapping[str, Any], after: Mapping[str, Any]) -> Made:
    return EDGE.update(SCOPE, made.physical_id, before, after)


def test_a_firewall_is_made_once_and_goes(edge: None) -> None:
    first, second = EDGE.create(SCOPE, properties()), EDGE.create(SCOPE, properties())
    assert first == second
    assert [one["ARN"] for one in firewalls()] == [first.attributes["WebAclArn"]]
    assert ":global/webacl/lake-eu-west-1-webapp/" in first.attributes["WebAclArn"]
    assert (first.attributes["CertificateArn"], first.attributes["CertificateRecord"]) == ("", "")
    assert certificates() == {}
    for _ in "12":
        EDGE.delete(SCOPE, first.physical_id, properties())
        assert firewalls() == []


def test_a_firewall_that_was_changed_by_hand_is_brought_back(edge: None) -> None:
    made = EDGE.create(SCOPE, properties())
    waf = clients.client("wafv2", ACCOUNT, "us-east-1")
    place = {"Name": NAME, "Scope": "CLOUDFRONT", "Id": firewalls()[0]["Id"]}
    known = waf.get_web_acl(**place)
    seen = known["WebACL"]["VisibilityConfig"]
    waf.update_web_acl(
        **place, LockToken=known["LockToken"], DefaultAction={"Block": {}}, Rules=[], VisibilityConfig=seen
    )
    assert updated(made, properties(), properties()) == made
    there = waf.get_web_acl(**place)["WebACL"]
    assert there["DefaultAction"] == {"Allow": {}}
    assert [rule["Name"] for rule in there["Rules"]] == [*core.GROUPS, "ApiRate"]


def test_a_domain_gets_a_certificate_and_the_record_that_proves_it(edge: None) -> None:
    asked = properties("upload.acme.example")
    made = EDGE.create(SCOPE, asked)
    assert certificates() == {"upload.acme.example": made.attributes["CertificateArn"]}
    name, kind, value = made.attributes["CertificateRecord"].split()
    assert (name.endswith(".upload.acme.example."), kind, value.endswith(".acm-validations.aws.")) == (
        True,
        "CNAME",
        True,
    )
    assert EDGE.create(SCOPE, asked) == made, "asking again finds it"
    assert updated(made, asked, asked) == made
    EDGE.delete(SCOPE, made.physical_id, asked)
    assert certificates() == {}


def test_a_certificate_goes_with_its_domain_and_stays_when_it_is_named(edge: None) -> None:
    asked = properties("upload.acme.example")
    made = EDGE.create(SCOPE, asked)
    arn = made.attributes["CertificateArn"]
    named = properties("upload.acme.example", arn)
    assert updated(made, asked, named).attributes["CertificateArn"] == ""
    assert certificates() == {"upload.acme.example": arn}
    other = properties("files.acme.example")
    moved = updated(made, named, other)
    assert set(certificates()) == {"files.acme.example"}
    assert updated(moved, other, properties()).attributes["CertificateRecord"] == ""
    assert certificates() == {}


def test_what_others_made_is_let_be(edge: None) -> None:
    acm = clients.client("acm", ACCOUNT, "us-east-1")
    theirs = acm.request_certificate(DomainName="upload.acme.example")["CertificateArn"]
    waf = clients.client("wafv2", ACCOUNT, "us-east-1")
    seen = core.firewall("theirs")["VisibilityConfig"]
    waf.create_web_acl(Name="theirs", Scope="CLOUDFRONT", DefaultAction={"Allow": {}}, Rules=[], VisibilityConfig=seen)
    made = EDGE.create(SCOPE, properties("upload.acme.example"))
    assert made.attributes["CertificateArn"] != theirs
    EDGE.delete(SCOPE, made.physical_id, properties("upload.acme.example"))
    assert list(certificates().values()) == [theirs]
    assert [one["Name"] for one in firewalls()] == ["theirs"]


def test_a_failure_is_answered_with_its_reason(edge: None) -> None:
    with pytest.raises(ResourceFailed, match="ParamValidationError"):
        EDGE.create(SCOPE, properties(name=""))


def test_another_name_is_another_firewall(edge: None) -> None:
    made = EDGE.create(SCOPE, properties())
    moved = updated(made, properties(), properties(name="lake-other-webapp"))
    assert moved.physical_id != made.physical_id, "CloudFormation takes the former away"


def test_the_rules_cost_nothing_and_count_the_api_alone() -> None:
    rules = core.firewall(NAME)["Rules"]
    assert [rule["Priority"] for rule in rules] == [0, 1, 2, 3]
    groups = [rule["Statement"].get("ManagedRuleGroupStatement", {}) for rule in rules[:-1]]
    assert {group["VendorName"] for group in groups} == {"AWS"}
    assert not [group for group in groups if "Bot" in group["Name"] or "ATP" in group["Name"]]
    rate = rules[-1]["Statement"]["RateBasedStatement"]
    assert rate["ScopeDownStatement"]["ByteMatchStatement"]["SearchString"] == b"/api/"
    assert rules[-1]["Action"] == {"Block": {}}


def test_a_record_that_is_not_made_up_yet_is_none() -> None:
    assert core.record({}) == ""
    assert core.record({"DomainValidationOptions": [{"DomainName": "a"}]}) == ""


def test_one_request_for_one_domain() -> None:
    wanted = core.wanted(properties("a.example"))
    assert core.token(wanted) == core.token(wanted)
    assert core.token(wanted) != core.token(replace(wanted, domain="b.example"))
    assert core.token(wanted).isalnum()
    assert len(core.token(wanted)) == 32
