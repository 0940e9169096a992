"""CloudFormation's custom resource for what CloudFront takes from us-east-1 alone. Safe to run twice for one event.

The firewall is found by its name, the certificate by its domain and our tags: nothing is made twice, and nothing is
taken away that somebody else made.
"""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Iterator
from typing import Any

import core
from core import SCOPE, Wanted

REGION = "us-east-1"
PAUSE = 3.0  # seconds between two looks
SPARE = 10.0  # seconds that are left for the answer
SOON = frozenset(("WAFAssociatedItemException", "WAFOptimisticLockException", "WAFUnavailableEntityException"))


def handle(event: dict[str, Any], context: Any) -> None:
    """Answers CloudFormation whatever happens: a stack that hears nothing waits for an hour."""
    try:
        wanted = core.wanted(event["ResourceProperties"])
        made = _gone(wanted, context) if event["RequestType"] == "Delete" else _made(wanted, event, context)
    except Exception as error:
        _answer(event, "FAILED", f"{type(error).__name__}: {error}", {})
        raise
    _answer(event, "SUCCESS", "", made)


def _made(wanted: Wanted, event: dict[str, Any], context: Any) -> dict[str, str]:
    acm, waf = _client("acm"), _client("wafv2")
    attributes = {
        "WebAclArn": _again(lambda: _firewall(waf, wanted), context),
        "CertificateArn": "",
        "CertificateRecord": "",
    }
    before = core.wanted(event.get("OldResourceProperties") or event["ResourceProperties"])
    if before.domain and (before.domain, before.asks) != (wanted.domain, wanted.asks):
        _drop_certificates(acm, before, kept=wanted.certificate)
    if wanted.asks:
        arn = next(_certificates(acm, wanted), "") or _asked(acm, wanted)
        attributes |= {"CertificateArn": arn, "CertificateRecord": _record(acm, arn, context)}
    return attributes


def _gone(wanted: Wanted, context: Any) -> dict[str, str]:
    waf = _client("wafv2")
    _again(lambda: _drop_firewall(waf, wanted), context)
    if wanted.domain:
        _drop_certificates(_client("acm"), wanted, kept="")
    return {}


def _firewall(waf: Any, wanted: Wanted) -> str:
    rules = core.firewall(wanted.name)
    there = _found(waf, wanted.name)
    if there is None:
        made = waf.create_web_acl(Name=wanted.name, Scope=SCOPE, Tags=core.tag_list(wanted.tags), **rules)
        return str(made["Summary"]["ARN"])
    known = waf.get_web_acl(Name=wanted.name, Scope=SCOPE, Id=there["Id"])
    if not core.same(known["WebACL"], rules):
        waf.update_web_acl(Name=wanted.name, Scope=SCOPE, Id=there["Id"], LockToken=known["LockToken"], **rules)
    return str(there["ARN"])


def _drop_firewall(waf: Any, wanted: Wanted) -> str:
    there = _found(waf, wanted.name)
    if there is not None:
        waf.delete_web_acl(Name=wanted.name, Scope=SCOPE, Id=there["Id"], LockToken=there["LockToken"])
    return ""


def _found(waf: Any, name: str) -> dict[str, Any] | None:
    """WAF has no paginator; 100 a page."""
    marker: dict[str, str] = {}
    while True:
        page = waf.list_web_acls(Scope=SCOPE, Limit=100, **marker)
        for one in page["WebACLs"]:
            if one["Name"] == name:
                return dict(one)
        if not page.get("NextMarker"):
            return None
        marker = {"NextMarker": page["NextMarker"]}


def _certificates(acm: Any, by: Wanted) -> Iterator[str]:
    """Those for the domain that this web app asked for, and that may still be of use."""
    pages = acm.get_paginator("list_certificates").paginate(CertificateStatuses=["PENDING_VALIDATION", "ISSUED"])
    for page in pages:
        for one in page["CertificateSummaryList"]:
            arn = one["CertificateArn"]
            if one["DomainName"] == by.domain and core.ours(
                acm.list_tags_for_certificate(CertificateArn=arn)["Tags"], by
            ):
                yield arn


def _asked(acm: Any, by: Wanted) -> str:
    made = acm.request_certificate(
        DomainName=by.domain, ValidationMethod="DNS", IdempotencyToken=core.token(by), Tags=core.tag_list(by.tags)
    )
    return str(made["CertificateArn"])


def _record(acm: Any, arn: str, context: Any) -> str:
    """ACM makes it up some seconds after it was asked (ACM API reference, DescribeCertificate)."""
    while not (text := core.record(acm.describe_certificate(CertificateArn=arn)["Certificate"])):
        if _left(context) <= 0:
            raise TimeoutError(f"ACM has no DNS record for {arn} yet: deploy again")
        time.sleep(PAUSE)
    return text


def _drop_certificates(acm: Any, by: Wanted, kept: str) -> None:
    """One that is in use, by this site or by another, stays."""
    for arn in list(_certificates(acm, by)):
        if arn != kept and not acm.describe_certificate(CertificateArn=arn)["Certificate"].get("InUseBy"):
            acm.delete_certificate(CertificateArn=arn)


def _again(call: Any, context: Any) -> str:
    """Once more where somebody else writes, or where a distribution that is gone still holds on."""
    from botocore.exceptions import ClientError

    while True:
        try:
            return str(call())
        except ClientError as error:
            if error.response["Error"]["Code"] not in SOON or _left(context) <= 0:
                raise
        time.sleep(PAUSE)


def _left(context: Any) -> float:
    return float(context.get_remaining_time_in_millis()) / 1000 - SPARE


def _client(service: str) -> Any:
    import boto3

    return boto3.client(service, region_name=REGION)


def _answer(event: dict[str, Any], status: str, reason: str, attributes: dict[str, str]) -> None:
    """Another name is another firewall, so that CloudFormation has the former one taken away afterwards."""
    said = {
        "Status": status,
        "Reason": reason or "done",
        "PhysicalResourceId": f"edge-of-{event['ResourceProperties']['Name']}",
        "Data": attributes,
        **{key: event[key] for key in ("StackId", "RequestId", "LogicalResourceId")},
    }
    body = json.dumps(said).encode()
    # The address is CloudFormation's own, signed for this one answer.
    request = urllib.request.Request(event["ResponseURL"], body, {"Content-Type": ""}, method="PUT")  # noqa: S310
    urllib.request.urlopen(request, timeout=30).close()  # noqa: S310
