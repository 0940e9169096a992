"""The firewall and the certificate as they are to be. Nothing here talks to AWS."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

SCOPE = "CLOUDFRONT"
API = "/api/"
REQUESTS = 1000  # to the API, of one address in five minutes; an admin's page that waits asks every few seconds
# AWS's own rules, none of them sold (WAF developer guide, baseline and IP reputation rule groups).
GROUPS = (
    "AWSManagedRulesAmazonIpReputationList",
    "AWSManagedRulesCommonRuleSet",
    "AWSManagedRulesKnownBadInputsRuleSet",
)
MANAGED_BY, SILO = "lake:managed-by", "lake:silo"


@dataclass(frozen=True)
class Wanted:
    name: str
    domain: str  # empty where the site has CloudFront's name
    certificate: str  # ARN of one that somebody named; empty where none is
    tags: Mapping[str, str]

    @property
    def asks(self) -> bool:
        """Whether a certificate is to be asked for."""
        return bool(self.domain) and not self.certificate


def wanted(properties: Mapping[str, Any]) -> Wanted:
    tags = {str(key): str(value) for key, value in properties["Tags"].items()}
    return Wanted(properties["Name"], properties["Domain"], properties["Certificate"], tags)


def tag_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in sorted(tags.items())]


def ours(tags: list[Mapping[str, str]], by: Wanted) -> bool:
    """Whether this web app asked for a certificate with these tags."""
    found = {tag["Key"]: tag.get("Value", "") for tag in tags}
    return all(found.get(key) == by.tags.get(key) for key in (MANAGED_BY, SILO))


def token(by: Wanted) -> str:
    """Makes a request that is sent twice ask once (ACM API reference, RequestCertificate: an hour long)."""
    return hashlib.sha256(f"{by.name} {by.domain}".encode()).hexdigest()[:32]


def record(certificate: Mapping[str, Any]) -> str:
    """The DNS record that proves the domain, as a zone file has it; empty until ACM has made it up."""
    options = certificate.get("DomainValidationOptions") or [{}]
    found = options[0].get("ResourceRecord")
    return f"{found['Name']} {found['Type']} {found['Value']}" if found else ""


def firewall(name: str) -> dict[str, Any]:
    """All that UpdateWebACL sets."""
    return {
        "Description": "What reaches the web app of a silo",
        "DefaultAction": {"Allow": {}},
        "Rules": [*(_group(group, place) for place, group in enumerate(GROUPS)), _rate(len(GROUPS))],
        "VisibilityConfig": _seen(name),
    }


def same(there: Mapping[str, Any], rules: Mapping[str, Any]) -> bool:
    return all(there.get(key) == value for key, value in rules.items())


def _group(group: str, place: int) -> dict[str, Any]:
    return {
        "Name": group,
        "Priority": place,
        "Statement": {"ManagedRuleGroupStatement": {"VendorName": "AWS", "Name": group}},
        "OverrideAction": {"None": {}},
        "VisibilityConfig": _seen(group),
    }


def _rate(place: int) -> dict[str, Any]:
    path = {
        "SearchString": API.encode(),
        "FieldToMatch": {"UriPath": {}},
        "TextTransformations": [{"Priority": 0, "Type": "URL_DECODE"}],
        "PositionalConstraint": "STARTS_WITH",
    }
    rate = {"Limit": REQUESTS, "AggregateKeyType": "IP", "ScopeDownStatement": {"ByteMatchStatement": path}}
    return {
        "Name": "ApiRate",
        "Priority": place,
        "Statement": {"RateBasedStatement": rate},
        "Action": {"Block": {}},
        "VisibilityConfig": _seen("ApiRate"),
    }


def _seen(metric: str) -> dict[str, Any]:
    return {"SampledRequestsEnabled": True, "CloudWatchMetricsEnabled": True, "MetricName": metric}
