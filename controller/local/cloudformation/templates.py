"""Templates by URL: read from S3 with the credentials of the stack's role, or of the caller, as CloudFormation does."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from botocore.exceptions import ClientError

from controller.local import clients
from controller.local.cloudformation.errors import Refused

BODY_MAX, OBJECT_MAX = 51_200, 1_048_576  # bytes of a template in a request, and in S3; user guide, quotas
VIRTUAL = re.compile(r"(?P<bucket>[a-z0-9.-]+)\.s3[.-](?:(?P<region>[a-z0-9-]+)\.)?amazonaws\.com")
HINT = "For more information check http://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html"


def read_url(url: str, account: str, region: str, role_arn: str | None, caller: str | None = None) -> str:
    """The template's text. Raises Refused, with S3's reason.

    `caller` is the access key of whoever called, for operations without a service role; without either the account
    itself reads.
    """
    bucket, key = location(url)
    signer = _signer(url)
    try:
        body = (
            _reader(account, region, None if signer else role_arn, signer or caller)
            .get_object(Bucket=bucket, Key=key)["Body"]
            .read()
        )
    except ClientError as error:
        code, message = error.response["Error"]["Code"], error.response["Error"]["Message"]
        told = "Access Denied" if code in ("AccessDenied", "403") else message
        raise Refused(f"S3 error: {told}\n{HINT}") from error
    if len(body) > OBJECT_MAX:
        raise Refused(f"Template may not exceed {OBJECT_MAX} bytes in size.")
    return str(body.decode())


def location(url: str) -> tuple[str, str]:
    """Bucket and key of the URL forms that CloudFormation takes, and of the embedded endpoint's own."""
    parts = urlsplit(url)
    path = unquote(parts.path).lstrip("/")
    host = parts.hostname or ""
    virtual = VIRTUAL.fullmatch(host)
    bucket, key = (virtual["bucket"], path) if virtual else path.split("/", 1) if "/" in path else ("", "")
    if parts.scheme not in ("http", "https") or not bucket or not key:
        raise Refused("TemplateURL must be a supported URL.")
    return bucket, key


def _signer(url: str) -> str | None:
    """The access key that a presigned URL was signed with: it reads, whoever uses the URL."""
    query = parse_qs(urlsplit(url).query)
    credential, old = query.get("X-Amz-Credential"), query.get("AWSAccessKeyId")
    return credential[0].split("/")[0] if credential else old[0] if old else None


def check_body(text: str) -> None:
    if len(text.encode()) > BODY_MAX:
        raise Refused(
            f"1 validation error detected: Value '{text[:40]}…' at 'templateBody' failed to satisfy constraint: "
            f"Member must have length less than or equal to {BODY_MAX}"
        )


def _reader(account: str, region: str, role_arn: str | None, caller: str | None) -> Any:
    if role_arn:
        return clients.as_role("s3", role_arn, region)
    if caller:
        return clients.with_key("s3", caller, region)
    return clients.client("s3", account, region)
