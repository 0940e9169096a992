"""Asked by the SFTP server at each login: answers with a role, its limits and a home, or with nothing at all.

Settings come by the environment. The event holds a secret: it is never logged, and neither is any part of it but the
name, the address and the outcome.
"""

from __future__ import annotations

import json
import os
import sys
import time
from datetime import datetime, timezone
from functools import cache
from typing import Any

import boto3
import core
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

FLOOR = 0.4  # seconds that a refusal takes at least, so that its time does not tell why
QUICK = Config(connect_timeout=2, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 2})
GUESSES = core.Guesses()
SETTINGS = core.Settings(
    account=os.environ["ACCOUNT"],
    partners=os.environ["PARTNERS_PATH"],
    bucket=os.environ["BUCKET"],
    role=os.environ["ACCESS_ROLE"],
    key=os.environ["KEY_ARN"],
    networks=tuple(os.environ["NETWORKS"].split()),
)


def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Transfer Family user guide, "Using AWS Lambda to integrate your identity provider"; `{}` refuses."""
    began = time.monotonic()
    said = {"name": str(event.get("username"))[:64], "source": str(event.get("sourceIp"))[:45]}
    try:
        answer = _answer(core.attempt(event))
    except core.Refused as refused:
        _log("login refused", **said, reason=refused.reason)
    except (BotoCoreError, ClientError) as error:
        _log("login refused", **said, reason="aws-error", error=type(error).__name__, operation=_operation(error))
    else:
        _log("login", **said, by="key" if "PublicKeys" in answer else "secret")
        return answer
    time.sleep(max(0.0, FLOOR - (time.monotonic() - began)))
    return {}


def _answer(login: core.Login) -> dict[str, Any]:
    if GUESSES.blocked(login, time.monotonic()):
        raise core.Refused("too-many-failures")
    try:
        answer = _granted(login)
    except core.Refused:
        GUESSES.failed(login, time.monotonic())
        raise
    if not login.by_key:  # whether the client holds the key is proven after this
        GUESSES.passed(login)
    return answer


def _granted(login: core.Login) -> dict[str, Any]:
    core.silo_lets_in(login, SETTINGS)
    name = login.name if login.by_key else _proven(login)
    user = _user(name)
    core.check(login, user, SETTINGS, datetime.now(timezone.utc))  # noqa: UP017 - as old runtimes know it
    answer: dict[str, Any] = core.grant(user, SETTINGS)
    if login.by_key:
        answer["PublicKeys"] = _public_keys(name)
    _make_home(user.tags[core.TAG_PREFIX])
    return answer


def _proven(login: core.Login) -> str:
    """The user whose pair it is, as STS says: it answers whoever holds an active pair, and needs no permission."""
    sts = _client("sts", aws_access_key_id=login.name, aws_secret_access_key=login.password)
    try:
        return core.owner(sts.get_caller_identity(), SETTINGS)
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] >= 500:
            raise
        raise core.Refused(_why_not_proven(login)) from None


def _why_not_proven(login: core.Login) -> str:
    """For the log: STS has one answer for a wrong secret, an inactive key and a key that nobody has."""
    try:
        name = _client("iam").get_access_key_last_used(AccessKeyId=login.name)["UserName"]
        return "wrong-secret" if login.name in _user(name).active_keys else "key-inactive"
    except (core.Refused, ClientError, KeyError):
        return "unknown-key"


def _user(name: str) -> core.User:
    iam = _client("iam")
    try:
        path = iam.get_user(UserName=name)["User"]["Path"]
        tags = iam.list_user_tags(UserName=name, MaxItems=100)["Tags"]
        keys = iam.list_access_keys(UserName=name)["AccessKeyMetadata"]
    except ClientError as error:
        if error.response["Error"]["Code"] in (
            "NoSuchEntity",
            "AccessDenied",
        ):  # out of our path, as far as IAM lets us see
            raise core.Refused("unknown-user") from None
        raise
    active = tuple(key["AccessKeyId"] for key in keys if key["Status"] == "Active")
    return core.User(name, path, {tag["Key"]: tag["Value"] for tag in tags}, active)


def _public_keys(name: str) -> list[str]:
    try:
        kept = _client("ssm").get_parameter(Name=f"/lake/sftp/{name}")["Parameter"]["Value"]
    except ClientError as error:
        if error.response["Error"]["Code"] == "ParameterNotFound":
            raise core.Refused("no-public-keys") from None
        raise
    return [line for line in kept.splitlines() if line]


def _make_home(prefix: str) -> None:
    """A logical home must exist (Transfer Family user guide, "Logical directories"); an empty object starts no flow."""
    try:
        _client("s3").put_object(Bucket=SETTINGS.bucket, Key=f"{prefix}/", Body=b"", IfNoneMatch="*")
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] not in (409, 412):
            raise


def _client(service: str, **credentials: str) -> Any:
    if credentials:
        return _session().client(service, config=QUICK, **credentials)
    return _own(service)


@cache
def _own(service: str) -> Any:
    return _session().client(service, config=QUICK)


@cache
def _session() -> Any:
    return boto3.Session()


def _operation(error: Exception) -> str:
    return error.operation_name if isinstance(error, ClientError) else ""


def _log(message: str, **words: str) -> None:
    sys.stdout.write(json.dumps({"message": message, **words}, sort_keys=True) + "\n")
