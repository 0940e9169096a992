"""What AWS services may do for somebody: become a role, call a function."""

from __future__ import annotations

from collections.abc import Mapping

from botocore.exceptions import ClientError
from moto.iam.exceptions import NotFoundException
from moto.iam.models import iam_backends

from controller.access import Policies, Principal, Request, decide, read
from controller.local import clients
from controller.local.organization.tree import PARTITION


def assumable(role_arn: str, service: str, known: Mapping[str, str]) -> bool:
    """Whether the role is there and trusts the service; `known` says on whose behalf, as in `aws:SourceArn`."""
    if role_arn.count(":") < 5:
        return False
    account = role_arn.split(":")[4]
    try:
        document = iam_backends[account][PARTITION].get_role_by_arn(role_arn).assume_role_policy_document
    except NotFoundException:
        return False
    return allowed(service, "sts:AssumeRole", role_arn, str(document), known)


def may_call(service: str, function_arn: str, known: Mapping[str, str]) -> bool:
    """Whether a function is there and its own policy lets the service invoke it."""
    words = function_arn.split(":")
    if len(words) != 7:
        return False
    try:
        policy = clients.client("lambda", words[4], words[3]).get_policy(FunctionName=words[6])["Policy"]
    except ClientError:  # no such function, or nobody may call it
        return False
    return allowed(service, "lambda:InvokeFunction", function_arn, policy, known)


def allowed(service: str, action: str, resource: str, policy: str, known: Mapping[str, str]) -> bool:
    """Whether a resource's own policy, as text, lets a service act upon it."""
    request = Request(Principal("service", service=service), action, resource, resource.split(":")[4], dict(known))
    return decide(request, Policies(resource=read(policy))).allowed
