"""A bucket as an origin: CloudFront asks as the service that it is, and the bucket's policy answers."""

from __future__ import annotations

import re
from html import escape
from typing import Any
from urllib.parse import unquote

from botocore.exceptions import ClientError
from moto.s3.models import FakeKey, s3_backends

from controller.access import Policies, Principal, decide, read
from controller.access import Request as Access
from controller.local import clients
from controller.local.authorization import asked
from controller.local.authorization.facts import TOLD
from controller.local.organization.tree import PARTITION
from controller.local.web.message import Request, Response
from controller.local.web.place import Place

SERVICE = "cloudfront.amazonaws.com"
HOST = re.compile(r"(?P<bucket>.+)\.s3\.(?P<region>[a-z0-9-]+)\.amazonaws\.com")
PASSED = {"range": "Range", "if-none-match": "IfNoneMatch", "if-modified-since": "IfModifiedSince"}
SHOWN = (
    "accept-ranges", "cache-control", "content-disposition", "content-encoding", "content-language", "content-length",
    "content-range", "content-type", "etag", "expires", "last-modified",
)  # fmt: skip


def fetch(distribution: Place, host: str, signed: bool, request: Request) -> Response:
    """An object for a distribution; `signed` where an origin access control lets CloudFront sign."""
    found = HOST.fullmatch(host)
    name = found["bucket"] if found else ""
    owner = s3_backends.bucket_accounts.get(name)
    if found is None or owner is None:
        return _error(404, "NoSuchBucket", "The specified bucket does not exist")
    if request.method not in ("GET", "HEAD"):
        return _error(403, "AccessDenied", "Access Denied")
    bucket, key = s3_backends[owner[1]][PARTITION].buckets[name], unquote(request.path)[1:]
    if bucket.region_name != found["region"]:
        return _error(301, "PermanentRedirect", "The bucket you are attempting to access is at another endpoint.")
    if not signed or not _may(distribution, bucket, "s3:GetObject", key) or not _may_open(distribution, bucket, key):
        return _error(403, "AccessDenied", "Access Denied")
    if not isinstance(bucket.keys.get(key), FakeKey):
        if _may(distribution, bucket, "s3:ListBucket", ""):
            return _error(404, "NoSuchKey", "The specified key does not exist.")
        return _error(403, "AccessDenied", "Access Denied")
    return _read(clients.client("s3", owner[1], found["region"]), name, key, request)


def _may(distribution: Place, bucket: Any, action: str, key: str) -> bool:
    policy = bucket.policy.decode() if bucket.policy else None
    resource = f"arn:aws:s3:::{bucket.name}{'/' + key if key else ''}"
    return _decided(distribution, asked.Asked(action, resource, bucket.account_id, policy))


def _may_open(distribution: Place, bucket: Any, key: str) -> bool:
    """Whether CloudFront may use the key that seals the object (CloudFront developer guide, "SSE-KMS")."""
    there = bucket.keys.get(key)
    if not isinstance(there, FakeKey) or there.encryption != "aws:kms":
        return True
    use = asked.kms("kms:Decrypt", str(there.kms_key_id or ""), bucket.account_id, bucket.region_name, {})
    return _decided(distribution, use)


def _decided(distribution: Place, one: asked.Asked) -> bool:
    known = {
        "aws:SourceArn": arn(distribution),
        "aws:SourceAccount": distribution.account,
        "aws:SecureTransport": "true",
        "aws:PrincipalIsAWSService": "true",
        "aws:PrincipalServiceName": SERVICE,
        "aws:ResourceAccount": one.owner,
    }
    principal = Principal("service", service=SERVICE)
    request = Access(principal, one.action, one.resource, one.owner, known, TOLD)
    return decide(request, Policies(resource=None if one.policy is None else read(one.policy))).allowed


def arn(distribution: Place) -> str:
    return f"arn:aws:cloudfront::{distribution.account}:distribution/{distribution.id}"


def _read(s3: Any, bucket: str, key: str, request: Request) -> Response:
    conditions = {there: request.header(name) for name, there in PASSED.items() if request.header(name)}
    try:
        found = s3.get_object(Bucket=bucket, Key=key, **conditions)
    except ClientError as error:
        answer, said = error.response["ResponseMetadata"], error.response["Error"]
        if answer["HTTPStatusCode"] == 304:
            return Response(304, _shown(answer["HTTPHeaders"]))
        return _error(answer["HTTPStatusCode"], said["Code"], said["Message"])
    answer = found["ResponseMetadata"]
    return Response(answer["HTTPStatusCode"], _shown(answer["HTTPHeaders"]), found["Body"].read())


def _shown(headers: dict[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple((name, headers[name]) for name in SHOWN if name in headers)


def _error(status: int, code: str, text: str) -> Response:
    body = f"<Error><Code>{escape(code)}</Code><Message>{escape(text)}</Message></Error>".encode()
    return Response(status, (("content-type", "application/xml"),), body)
