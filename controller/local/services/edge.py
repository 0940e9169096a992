"""Firewalls and certificates that distributions use: from us-east-1 alone, and there to stay while one uses them.

WAF developer guide, "Web ACLs and CloudFront"; WAF API reference, CreateWebACL, DeleteWebACL; ACM API reference,
DescribeCertificate, DeleteCertificate.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.acm.models import AWSCertificateManagerBackend, CertBundle
from moto.core.exceptions import JsonRESTError
from moto.wafv2.exceptions import WAFV2DuplicateItemException
from moto.wafv2.models import WAFV2Backend
from moto.wafv2.responses import WAFV2Response

from controller.local.resources import store

DISTRIBUTION, GLOBAL, REGION = "AWS::CloudFront::Distribution", "CLOUDFRONT", "us-east-1"
OPERATIONS = ("create_web_acl", "delete_web_acl", "get_web_acl", "list_web_ac_ls", "update_web_acl")
NOWHERE = "The scope is not valid., field: SCOPE_VALUE, parameter: CLOUDFRONT"
_create, _delete = WAFV2Backend.create_web_acl, WAFV2Backend.delete_web_acl
_describe, _drop = CertBundle.describe, AWSCertificateManagerBackend.delete_certificate


def install() -> None:
    if WAFV2Backend.create_web_acl is create_firewall:
        return
    WAFV2Backend.create_web_acl, WAFV2Backend.delete_web_acl = create_firewall, delete_firewall
    for name in OPERATIONS:
        setattr(WAFV2Response, name, _where_it_is(getattr(WAFV2Response, name)))
    CertBundle.describe, AWSCertificateManagerBackend.delete_certificate = describe_certificate, delete_certificate


def _where_it_is(operation: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def asked(response: Any) -> Any:
        if response._get_param("Scope") == GLOBAL and response.region != REGION:
            raise JsonRESTError("WAFInvalidParameterException", NOWHERE)
        return operation(response)

    return asked


def create_firewall(backend: Any, *given: Any, **named: Any) -> Any:
    try:
        return _create(backend, *given, **named)
    except WAFV2DuplicateItemException as error:
        raise JsonRESTError("WAFDuplicateItemException", error.message) from error


def delete_firewall(backend: Any, name: str, scope: str, _id: str, lock_token: str) -> None:
    mine = (arn for arn, one in backend.wacls.items() if (one.name, one.id) == (name, _id))
    if any(_users(backend.account_id, "WebACLId", arn) for arn in mine):
        text = "AWS WAF couldn't perform the operation because your resource is being used by another resource."
        raise JsonRESTError("WAFAssociatedItemException", text)
    _delete(backend, name, scope, _id, lock_token)


def describe_certificate(bundle: Any) -> dict[str, Any]:
    answer: dict[str, Any] = _describe(bundle)
    answer["Certificate"]["InUseBy"] = _users_of_certificate(bundle.arn)
    return answer


def delete_certificate(backend: Any, arn: str) -> None:
    if _users_of_certificate(arn):
        raise JsonRESTError("ResourceInUseException", f"Certificate {arn} is in use.")
    _drop(backend, arn)


def _users_of_certificate(arn: str) -> list[str]:
    return _users(arn.split(":")[4], "ViewerCertificate", arn)


def _users(account: str, field: str, arn: str) -> list[str]:
    """ARNs of the account's distributions whose setting is, or holds, an ARN."""
    found = []
    for name, kept in store.everywhere(account, DISTRIBUTION).items():
        setting = kept.properties["DistributionConfig"].get(field)
        if setting == arn or (isinstance(setting, dict) and arn in setting.values()):
            found.append(f"arn:aws:cloudfront::{account}:distribution/{name}")
    return found
