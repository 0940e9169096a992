"""Service roles: CloudFormation has to be trusted by a role before a stack may use it."""

from __future__ import annotations

import json

from moto.iam.exceptions import NotFoundException
from moto.iam.models import iam_backends

from controller.local.cloudformation.errors import Refused

PRINCIPAL = "cloudformation.amazonaws.com"


def check(arn: str) -> None:
    """Raises Refused for a role that is not there, or that does not trust CloudFormation."""
    account = arn.split(":")[4] if arn.count(":") >= 5 else ""
    try:
        role = iam_backends[account]["aws"].get_role_by_arn(arn)
    except NotFoundException as error:
        raise _refused(arn) from error
    document = role.assume_role_policy_document
    for statement in (json.loads(document) if isinstance(document, str) else document)["Statement"]:
        principal = statement.get("Principal", {})
        services = principal.get("Service", []) if isinstance(principal, dict) else []
        if statement["Effect"] == "Allow" and PRINCIPAL in ([services] if isinstance(services, str) else services):
            return
    raise _refused(arn)


def _refused(arn: str) -> Refused:
    return Refused(f"Role {arn} is invalid or cannot be assumed")
