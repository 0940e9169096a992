"""The context of a request: what the embedded AWS knows of condition keys, and which of them it knows to be missing.

Any key that is not here is unknown, and so is every decision that hangs on it (IAM user guide, global condition keys).
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from controller.access import Principal
from controller.local.organization.tree import organization_id, organization_path

PLAIN_HTTP = "HTTP_X_LAKE_PLAIN_HTTP"  # a caller that marks its request so counts as one without TLS

# Keys of other kinds of callers and of networks: no request here has them.
MISSING = frozenset(
    key.lower()
    for key in (
        "aws:SourceArn",
        "aws:SourceAccount",
        "aws:SourceOrgID",
        "aws:SourceOrgPaths",
        "aws:SourceVpc",
        "aws:SourceVpce",
        "aws:VpcSourceIp",
        "aws:PrincipalServiceName",
        "aws:PrincipalServiceNamesList",
        "aws:FederatedProvider",
        "aws:MultiFactorAuthPresent",
        "aws:MultiFactorAuthAge",
        "aws:CalledVia",
        "aws:CalledViaFirst",
        "aws:CalledViaLast",
        "aws:Referer",
    )
)
# Keys that some requests have: who has them sets them, so that elsewhere they are missing.
SOMETIMES = frozenset(
    key.lower()
    for key in (
        "aws:PrincipalOrgID",
        "aws:PrincipalOrgPaths",
        "aws:ResourceOrgID",
        "aws:ResourceOrgPaths",
        "aws:username",
        "s3:prefix",
        "s3:delimiter",
        "s3:max-keys",
        "s3:VersionId",
        "s3:x-amz-acl",
        "s3:x-amz-server-side-encryption",
        "s3:x-amz-server-side-encryption-aws-kms-key-id",
        "s3:if-match",
        "s3:if-none-match",
        "kms:ResourceAliases",
        "kms:ViaService",
        "sts:ExternalId",
    )
)
TOLD = MISSING | SOMETIMES
KEY_ALONE = frozenset({"aws:tokenissuetime"})  # missing where a user signs with a key of its own, and no session's

Context = dict[str, str | tuple[str, ...]]


def context(environ: dict[str, Any], principal: Principal, user_id: str, region: str, owner: str) -> Context:
    """What holds of every request; `owner` is the account of the resource."""
    now = datetime.now(UTC)
    known: Context = {
        "aws:PrincipalArn": principal.role_arn or principal.arn,
        "aws:PrincipalAccount": principal.account,
        "aws:PrincipalType": "User" if principal.kind == "user" else "AssumedRole",
        "aws:PrincipalIsAWSService": "false",
        "aws:ViaAWSService": "false",
        "aws:userid": user_id,
        "aws:SecureTransport": "false" if environ.get(PLAIN_HTTP) else "true",
        "aws:SourceIp": str(environ.get("REMOTE_ADDR", "127.0.0.1")),
        "aws:CurrentTime": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "aws:EpochTime": str(int(now.timestamp())),
        "aws:RequestedRegion": region,
        "aws:UserAgent": str(environ.get("HTTP_USER_AGENT", "")),
        "aws:ResourceAccount": owner,
    }
    if principal.kind == "user":
        known["aws:username"] = principal.arn.rsplit("/", 1)[-1]
    return known | _places("Principal", principal.account) | _places("Resource", owner)


def _places(side: str, account: str) -> Context:
    """The organization of an account; an account outside of any has neither key."""
    path, organization = organization_path(account), organization_id(account)
    if path is None or organization is None:
        return {}
    return {f"aws:{side}OrgID": organization, f"aws:{side}OrgPaths": (path,)}
