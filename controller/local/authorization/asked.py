"""Which actions a request needs, upon which resource (Service authorization reference: S3, KMS, STS)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote

from moto.iam.exceptions import NotFoundException
from moto.iam.models import iam_backends
from moto.kms.models import kms_backends
from moto.s3.models import FakeKey, s3_backends

from controller.local.authorization.facts import Context
from controller.local.organization.tree import PARTITION
from controller.local.server import calls


@dataclass(frozen=True, slots=True)
class Asked:
    """One action upon one resource; `policy` is the resource's own, as text, None where it has none."""

    action: str
    resource: str
    owner: str  # the resource's account
    policy: str | None
    context: Context = field(default_factory=dict)
    kind: str = "resource-based policy"


# Operations whose action is not called as they are; `?` adds Version where the request names one.
S3_ACTIONS = {
    "HeadObject": "GetObject?",
    "GetObject": "GetObject?",
    "GetObjectAttributes": "GetObject?",
    "GetObjectTagging": "GetObject?Tagging",
    "PutObjectTagging": "PutObject?Tagging",
    "DeleteObject": "DeleteObject?",
    "CopyObject": "PutObject",
    "CreateMultipartUpload": "PutObject",
    "UploadPart": "PutObject",
    "UploadPartCopy": "PutObject",
    "CompleteMultipartUpload": "PutObject",
    "ListParts": "ListMultipartUploadParts",
    "HeadBucket": "ListBucket",
    "ListBuckets": "ListAllMyBuckets",
    "ListObjects": "ListBucket",
    "ListObjectsV2": "ListBucket",
    "ListObjectVersions": "ListBucketVersions",
    "ListMultipartUploads": "ListBucketMultipartUploads",
    "GetBucketEncryption": "GetEncryptionConfiguration",
    "PutBucketEncryption": "PutEncryptionConfiguration",
    "DeleteBucketEncryption": "PutEncryptionConfiguration",
    "GetBucketLifecycleConfiguration": "GetLifecycleConfiguration",
    "PutBucketLifecycleConfiguration": "PutLifecycleConfiguration",
    "DeleteBucketLifecycle": "PutLifecycleConfiguration",
    "GetBucketReplication": "GetReplicationConfiguration",
    "PutBucketReplication": "PutReplicationConfiguration",
    "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "PutPublicAccessBlock": "PutBucketPublicAccessBlock",
    "DeletePublicAccessBlock": "PutBucketPublicAccessBlock",
    "GetBucketNotificationConfiguration": "GetBucketNotification",
    "PutBucketNotificationConfiguration": "PutBucketNotification",
    "GetBucketCors": "GetBucketCORS",
    "PutBucketCors": "PutBucketCORS",
    "GetObjectLockConfiguration": "GetBucketObjectLockConfiguration",
    "PutObjectLockConfiguration": "PutBucketObjectLockConfiguration",
}
HEADERS = ("x-amz-acl", "x-amz-server-side-encryption", "x-amz-server-side-encryption-aws-kms-key-id")
PARAMETERS = ("prefix", "delimiter", "max-keys")
UNSIGNED_READ, SIGNED_WRITE = ("HeadObject", "GetObject"), ("PutObject", "CreateMultipartUpload", "CopyObject")


def s3(environ: dict[str, Any], operation: str) -> Iterator[Asked]:
    """What an S3 request needs; nothing where no bucket that exists is named."""
    name, _, key = calls.subject(environ, "s3").partition("/")
    found = s3_backends.bucket_accounts.get(name)
    if found is None:
        return
    owner, query = found[1], parse_qs(environ.get("QUERY_STRING", ""), keep_blank_values=True)
    bucket = s3_backends[owner][PARTITION].buckets[name]
    policy = bucket.policy.decode() if bucket.policy else None
    version = query.get("versionId", [""])[0]
    known = _s3_context(environ, query, owner)

    def asked(action: str, key: str) -> Asked:
        named = action.replace("?", "Version" if version else "")
        return Asked(f"s3:{named}", f"arn:aws:s3:::{name}{'/' + key if key else ''}", owner, policy, known)

    if operation == "DeleteObjects":
        for each in re.findall(r"<Key>(.*?)</Key>", calls.body(environ).decode()):
            yield asked("DeleteObject", each)
        return
    yield asked(S3_ACTIONS.get(operation, operation), key)
    if operation in UNSIGNED_READ:
        yield from _decryption(bucket, key, version)
    if operation in SIGNED_WRITE:
        yield from _encryption(environ, bucket, owner)
    if operation in ("CopyObject", "UploadPartCopy"):
        yield from _copied(environ)


def _copied(environ: dict[str, Any]) -> Iterator[Asked]:
    source, _, version = unquote(environ.get("HTTP_X_AMZ_COPY_SOURCE", "")).lstrip("/").partition("?versionId=")
    query = f"versionId={version}" if version else ""
    quiet = {"wsgi.input": environ["wsgi.input"]}
    latin = source.encode().decode("latin-1")  # as a server hands a path on
    yield from s3({**quiet, "PATH_INFO": "/" + latin, "QUERY_STRING": query}, "GetObject")


def _s3_context(environ: dict[str, Any], query: dict[str, list[str]], owner: str) -> Context:
    known: Context = {"s3:ResourceAccount": owner, "s3:signatureversion": "AWS4-HMAC-SHA256"}
    known |= {f"s3:{name}": query[name][0] for name in PARAMETERS if name in query}
    for name in (*HEADERS, "if-match", "if-none-match"):
        value = environ.get("HTTP_" + name.upper().replace("-", "_"))
        known |= {f"s3:{name}": value} if value is not None else {}
    return known | ({"s3:VersionId": query["versionId"][0]} if "versionId" in query else {})


def _decryption(bucket: Any, key: str, version: str) -> Iterator[Asked]:
    """Reading what is sealed with a KMS key needs the key too (S3 user guide, SSE-KMS)."""
    versions = [one for one in bucket.keys.getlist(key, default=[]) if isinstance(one, FakeKey)]
    found = next((one for one in versions if not version or str(one.version_id) == version), None)
    if version == "" and versions:
        found = bucket.keys.get(key) if isinstance(bucket.keys.get(key), FakeKey) else None
    if found is not None and found.encryption == "aws:kms":
        yield _key("kms:Decrypt", str(found.kms_key_id or ""), bucket.account_id, bucket.region_name)


def _encryption(environ: dict[str, Any], bucket: Any, owner: str) -> Iterator[Asked]:
    rule = (bucket.encryption or {}).get("Rule", {}).get("ApplyServerSideEncryptionByDefault", {})
    algorithm = environ.get("HTTP_X_AMZ_SERVER_SIDE_ENCRYPTION") or rule.get("SSEAlgorithm", "")
    key = environ.get("HTTP_X_AMZ_SERVER_SIDE_ENCRYPTION_AWS_KMS_KEY_ID") or rule.get("KMSMasterKeyID", "")
    if algorithm == "aws:kms":
        yield _key("kms:GenerateDataKey", str(key or ""), owner, bucket.region_name)


def _key(action: str, key: str, account: str, region: str) -> Asked:
    """A use of a key by way of S3; no key named is the account's own `aws/s3`, which serves that account alone."""
    via: Context = {
        "aws:ViaAWSService": "true",
        "kms:ViaService": f"s3.{region}.amazonaws.com",
        "kms:CallerAccount": account,
    }
    if not key:
        return Asked(
            action, f"arn:aws:kms:{region}:{account}:alias/aws/s3", account, OWN_ACCOUNT, via, "KMS key policy"
        )
    return kms(action, key, account, region, via)


OWN_ACCOUNT = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": "*",
                "Action": "kms:*",
                "Resource": "*",
                "Condition": {"StringEquals": {"aws:PrincipalAccount": "${aws:ResourceAccount}"}},
            }
        ],
    }
)


def kms(action: str, key: str, account: str, region: str, known: Context) -> Asked:
    """A use of the key that an id, ARN or alias names; aliases and bare ids are looked up in `account`."""
    words = key.split(":")
    account, region = (words[4], words[3]) if len(words) > 5 else (account, region)
    backend = kms_backends[account][region]
    name = words[-1].removeprefix("key/")
    target = backend.get_key_id_from_alias(name) if name.startswith("alias/") else name
    found = backend.keys.get(target) if target else None
    if found is not None and found.aliases:
        known = {**known, "kms:ResourceAliases": tuple(sorted(found.aliases))}
    arn = f"arn:aws:kms:{region}:{account}:key/{target or name}"
    return Asked(action, arn, account, str(found.policy) if found else None, known, "KMS key policy")


def assume_role(environ: dict[str, Any]) -> Iterator[Asked]:
    """Becoming a role needs the role, and its trust; a role that is not there is refused alike."""
    wanted = calls.form(environ)
    arn = wanted.get("RoleArn", "")
    if arn.count(":") < 5:
        return
    account = arn.split(":")[4]
    known: Context = {"sts:RoleSessionName": wanted.get("RoleSessionName", "")}
    known |= {"sts:ExternalId": wanted["ExternalId"]} if "ExternalId" in wanted else {}
    try:
        trust = str(iam_backends[account][PARTITION].get_role_by_arn(arn).assume_role_policy_document)
    except NotFoundException:
        trust = None
    yield Asked("sts:AssumeRole", arn, account, trust, known, "role trust policy")
