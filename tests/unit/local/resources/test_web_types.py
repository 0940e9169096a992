"""Distributions, HTTP APIs and user pools as CloudFormation makes, reads, changes and deletes them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from controller.local import web
from controller.local.resources.handler import ResourceFailed, Scope
from controller.local.resources.registry import handler_for

DISTRIBUTION, CONTROL = "AWS::CloudFront::Distribution", "AWS::CloudFront::OriginAccessControl"
API, POOL = "AWS::ApiGatewayV2::Api", "AWS::Cognito::UserPool"
CLIENT, USER = "AWS::Cognito::UserPoolClient", "AWS::Cognito::UserPoolUser"
NO_CACHE = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
FIREWALL = {
    "DefaultAction": {"Allow": {}},
    "VisibilityConfig": {"SampledRequestsEnabled": False, "CloudWatchMetricsEnabled": False, "MetricName": "edge"},
}


@pytest.fixture(autouse=True)
def ports() -> Iterator[None]:
    yield
    web.reset()


def settings(**more: Any) -> dict[str, Any]:
    behaviour = {"TargetOriginId": "site", "ViewerProtocolPolicy": "https-only", "CachePolicyId": NO_CACHE}
    origin = {
        "Id": "site",
        "DomainName": "a.s3.eu-west-1.amazonaws.com",
        "S3OriginConfig": {"OriginAccessIdentity": ""},
    }
    return {"Enabled": True, "DefaultCacheBehavior": behaviour, "Origins": [origin], **more}


def pool(**more: Any) -> dict[str, Any]:
    return {
        "UserPoolName": "admins",
        "MfaConfiguration": "ON",
        "EnabledMfas": ["SOFTWARE_TOKEN_MFA"],
        "AdminCreateUserConfig": {"AllowAdminCreateUserOnly": True},
        "UserPoolTags": {"a": "b"},
        **more,
    }


def test_a_distribution_makes_a_round_trip(round_trip: Any) -> None:
    tags = [{"Key": "a", "Value": "b"}]
    before = {"DistributionConfig": settings(), "Tags": tags}
    made = round_trip(DISTRIBUTION, before, {"DistributionConfig": settings(Comment="changed"), "Tags": tags})
    assert made.attributes["DomainName"] == f"d{made.physical_id.lower()}.cloudfront.net"
    assert web.sites() == ()


def test_an_api_makes_a_round_trip_and_has_an_address(round_trip: Any) -> None:
    before = {"Name": "site", "ProtocolType": "HTTP", "Tags": {"a": "b"}}
    made = round_trip(API, before, {**before, "Description": "changed"})
    assert made.attributes["ApiEndpoint"] == f"https://{made.physical_id}.execute-api.eu-west-1.amazonaws.com"


UNSERVED = {
    "a socket": (API, {"Name": "a", "ProtocolType": "WEBSOCKET"}),
    "another integration": (
        "AWS::ApiGatewayV2::Integration",
        {"ApiId": "a", "IntegrationType": "HTTP_PROXY", "PayloadFormatVersion": "1.0"},
    ),
    "another authorizer": (
        "AWS::ApiGatewayV2::Authorizer",
        {"ApiId": "a", "Name": "a", "AuthorizerType": "REQUEST"},
    ),
    "a route by IAM": ("AWS::ApiGatewayV2::Route", {"ApiId": "a", "RouteKey": "GET /", "AuthorizationType": "AWS_IAM"}),
    "a stage that deploys by hand": ("AWS::ApiGatewayV2::Stage", {"ApiId": "a", "StageName": "$default"}),
}


@pytest.mark.parametrize("case", UNSERVED)
def test_what_no_port_would_serve_is_refused_by_name(scope: Scope, case: str) -> None:
    kind, properties = UNSERVED[case]
    with pytest.raises(ResourceFailed, match="the embedded AWS serves"):
        handler_for(kind).create(scope, properties)


def changed(**behaviour: Any) -> dict[str, Any]:
    base = settings()
    return {**base, "DefaultCacheBehavior": {**base["DefaultCacheBehavior"], **behaviour}}


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "no such origin": (changed(TargetOriginId="other"), "The specified origin does not exist: other"),
    "no such cache policy": (changed(CachePolicyId="other"), "CachePolicyId other"),
    "no such headers policy": (changed(ResponseHeadersPolicyId="other"), "ResponseHeadersPolicyId other"),
    "no such access control": (
        settings(Origins=[{**settings()["Origins"][0], "OriginAccessControlId": "E0"}]),
        "origin access control does not exist: E0",
    ),
    "a certificate of another region": (
        settings(ViewerCertificate={"AcmCertificateArn": "arn:aws:acm:eu-west-1:1:certificate/a"}),
        "isn't in us-east-1",
    ),
    "a name without a certificate": (settings(Aliases=["uploads.acme.example"]), "must attach a certificate"),
    "no such firewall": (settings(WebACLId="arn:aws:wafv2:us-east-1:1:global/webacl/a/b"), "Web ACL"),
    "code at the edge": (
        changed(FunctionAssociations=[{"EventType": "viewer-request", "FunctionARN": "arn"}]),
        "cannot make: FunctionAssociations",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_distribution_of_what_is_not_there_is_refused(scope: Scope, case: str) -> None:
    wanted, why = REFUSED[case]
    with pytest.raises(ResourceFailed, match=why):
        handler_for(DISTRIBUTION).create(scope, {"DistributionConfig": wanted})
    made = handler_for(DISTRIBUTION).create(scope, {"DistributionConfig": settings()})
    with pytest.raises(ResourceFailed, match=why):
        handler_for(DISTRIBUTION).update(
            scope, made.physical_id, {"DistributionConfig": settings()}, {"DistributionConfig": wanted}
        )


def test_a_pool_makes_a_round_trip(round_trip: Any) -> None:
    after = pool(Policies={"PasswordPolicy": {"MinimumLength": 20}}, UserPoolTags={"a": "c"})
    made = round_trip(POOL, pool(), after, frozenset({"EnabledMfas"}))
    provider = f"cognito-idp.eu-west-1.amazonaws.com/{made.physical_id}"
    assert (made.attributes["ProviderName"], made.attributes["ProviderURL"]) == (provider, f"https://{provider}")
    assert made.attributes["Arn"].endswith(f":userpool/{made.physical_id}")


def test_a_setting_that_is_taken_out_of_a_pool_is_gone(scope: Scope) -> None:
    handler = handler_for(POOL)
    made = handler.create(scope, pool(DeletionProtection="ACTIVE", MfaConfiguration="OPTIONAL"))
    with pytest.raises(ResourceFailed, match="deletion protection is activated"):
        handler.delete(scope, made.physical_id, pool())
    handler.update(scope, made.physical_id, pool(DeletionProtection="ACTIVE"), pool())
    assert handler.read(scope, made.physical_id, pool(DeletionProtection="ACTIVE")) != pool(DeletionProtection="ACTIVE")
    handler.delete(scope, made.physical_id, pool())
    assert handler.read(scope, made.physical_id, pool()) is None


@pytest.mark.parametrize(
    ("wanted", "why"),
    [
        (pool(EnabledMfas=[]), "no second factor is enabled"),
        (pool(EnabledMfas=["SMS_MFA"]), "cannot ask for: SMS_MFA"),
        (pool(LambdaConfig={}), "cannot make: LambdaConfig"),
    ],
)
def test_a_pool_that_would_not_be_played_is_refused(scope: Scope, wanted: dict[str, Any], why: str) -> None:
    with pytest.raises(ResourceFailed, match=why):
        handler_for(POOL).create(scope, wanted)


def test_a_client_makes_a_round_trip(scope: Scope, round_trip: Any) -> None:
    of = handler_for(POOL).create(scope, pool()).physical_id
    before = {"UserPoolId": of, "ClientName": "site", "GenerateSecret": False, "AccessTokenValidity": 2}
    flows = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
    made = round_trip(CLIENT, before, {**before, "ExplicitAuthFlows": flows, "PreventUserExistenceErrors": "ENABLED"})
    assert made.attributes == {"ClientId": made.physical_id, "Name": "site"}


def test_a_client_with_a_secret_says_so(scope: Scope) -> None:
    of = handler_for(POOL).create(scope, pool()).physical_id
    wanted = {"UserPoolId": of, "GenerateSecret": True}
    made = handler_for(CLIENT).create(scope, wanted)
    assert made.attributes["ClientSecret"]
    assert handler_for(CLIENT).read(scope, made.physical_id, wanted) == wanted


def user(of: str, **more: Any) -> dict[str, Any]:
    named = [{"Name": "email", "Value": "a@acme.example"}]
    wanted = {"UserPoolId": of, "Username": "a@acme.example", "DesiredDeliveryMediums": ["EMAIL"]}
    return {**wanted, "UserAttributes": named, **more}


def test_a_user_makes_a_round_trip(scope: Scope, round_trip: Any) -> None:
    of = handler_for(POOL).create(scope, pool()).physical_id
    made = round_trip(USER, user(of), user(of), frozenset({"DesiredDeliveryMediums"}))
    assert made.physical_id == "a@acme.example"
    handler_for(USER).create(scope, user(of))
    with pytest.raises(ResourceFailed, match="already exists"):
        handler_for(USER).create(scope, user(of))


@pytest.mark.parametrize(
    ("more", "why"),
    [({"DesiredDeliveryMediums": ["SMS"]}, "SMS configuration"), ({"UserAttributes": []}, "no e-mail address")],
)
def test_a_user_whom_no_invitation_would_reach_is_refused(scope: Scope, more: dict[str, Any], why: str) -> None:
    of = handler_for(POOL).create(scope, pool()).physical_id
    with pytest.raises(ResourceFailed, match=why):
        handler_for(USER).create(scope, user(of, **more))


def refused(code: str) -> Any:
    return pytest.raises(ClientError, match=code)


def test_a_firewall_of_distributions_is_in_one_region_and_stays_while_one_uses_it(scope: Scope) -> None:
    with refused("WAFInvalidParameterException"):
        scope.client("wafv2").create_web_acl(Name="edge", Scope="CLOUDFRONT", **FIREWALL)
    waf = scope.client("wafv2", "us-east-1")
    made = waf.create_web_acl(Name="edge", Scope="CLOUDFRONT", **FIREWALL)["Summary"]
    with refused("WAFDuplicateItemException"):
        waf.create_web_acl(Name="edge", Scope="CLOUDFRONT", **FIREWALL)
    wanted = {"DistributionConfig": settings(WebACLId=made["ARN"])}
    site = handler_for(DISTRIBUTION).create(scope, wanted)
    gone = {"Name": "edge", "Scope": "CLOUDFRONT", "Id": made["Id"], "LockToken": made["LockToken"]}
    with refused("WAFAssociatedItemException"):
        waf.delete_web_acl(**gone)
    handler_for(DISTRIBUTION).delete(scope, site.physical_id, wanted)
    waf.delete_web_acl(**gone)
    assert waf.list_web_acls(Scope="CLOUDFRONT")["WebACLs"] == []


def test_a_certificate_stays_while_a_distribution_uses_it(scope: Scope) -> None:
    acm = scope.client("acm", "us-east-1")
    arn = acm.request_certificate(DomainName="uploads.acme.example", ValidationMethod="DNS")["CertificateArn"]
    wanted = {
        "DistributionConfig": settings(
            Aliases=["uploads.acme.example"],
            ViewerCertificate={"AcmCertificateArn": arn, "SslSupportMethod": "sni-only"},
        )
    }
    site = handler_for(DISTRIBUTION).create(scope, wanted)
    used = acm.describe_certificate(CertificateArn=arn)["Certificate"]["InUseBy"]
    assert used == [f"arn:aws:cloudfront::{scope.account}:distribution/{site.physical_id}"]
    with refused("ResourceInUseException"):
        acm.delete_certificate(CertificateArn=arn)
    handler_for(DISTRIBUTION).delete(scope, site.physical_id, wanted)
    acm.delete_certificate(CertificateArn=arn)
