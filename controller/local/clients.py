"""Clients that the embedded AWS uses against itself, in whichever account or role it acts for."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import boto3
from botocore.config import Config

INTERNAL = "x-lake-internal"  # header: a call that the embedded AWS makes itself, which nobody counts
ACCOUNT = "x-moto-account-id"  # header: the account that moto routes to, past every decision

CLIENTS = 256  # of each sort are kept: a client weighs up to a megabyte, and a lake may have thousands of accounts

_lock = threading.Lock()
_session: boto3.Session | None = None
_endpoint = ""


def use_endpoint(url: str) -> None:
    """Say where the embedded AWS listens; forgets the clients of another address."""
    global _endpoint
    if url != _endpoint:
        _endpoint = url
        client.cache_clear()
    forget_roles()


def forget_roles() -> None:
    """Forget the credentials of assumed roles: a reset makes them unknown."""
    as_role.cache_clear()
    with_key.cache_clear()


@lru_cache(maxsize=CLIENTS)
def client(service: str, account: str, region: str) -> Any:
    """A client whose calls moto routes to `account`, by the header that moto reads for that; no policy decides them."""
    return _marked(_client(service, region, "embedded", "embedded", None), ACCOUNT, account)


@lru_cache(maxsize=CLIENTS)
def as_role(service: str, role_arn: str, region: str) -> Any:
    """A client with the credentials of a role, so that policies decide its calls as they would decide the role's own.

    The trust policy is not asked here: whoever acts for a service does that first.
    """
    keys = role_keys(role_arn, region, "embedded")
    return _marked(
        _client(service, region, keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"]), INTERNAL, "1"
    )


def role_keys(role_arn: str, region: str, session: str, policy: str = "") -> dict[str, str]:
    """Credentials of a role, narrowed by a session policy where one is given."""
    sts = client("sts", role_arn.split(":")[4], region)
    narrowed = {"Policy": policy} if policy else {}
    keys: dict[str, str] = sts.assume_role(RoleArn=role_arn, RoleSessionName=session, **narrowed)["Credentials"]
    return keys


def endpoint() -> str:
    """Where the embedded AWS listens."""
    return _endpoint


def with_keys(service: str, region: str, keys: Mapping[str, str]) -> Any:
    """A client of a session, whose calls policies decide; made new, since sessions end."""
    made = _client(service, region, keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])
    return _marked(made, INTERNAL, "1")


def _marked(made: Any, header: str, value: str) -> Any:
    def mark(request: Any, **_: Any) -> None:
        request.headers[header] = value

    made.meta.events.register("before-send.*", mark)
    return made


@lru_cache(maxsize=CLIENTS)
def with_key(service: str, key: str, region: str) -> Any:
    """A client of whoever holds an access key: who calls CloudFormation reads the template that the call names."""
    return _marked(_client(service, region, key, "embedded", None), INTERNAL, "1")


def _client(service: str, region: str, key: str, secret: str, token: str | None) -> Any:
    global _session
    with _lock:  # sessions are not safe to share between threads while they make clients
        if _session is None:
            _session = boto3.Session()
        return _session.client(
            service,
            region_name=region,
            endpoint_url=_endpoint,
            aws_access_key_id=key,
            aws_secret_access_key=secret,
            aws_session_token=token,
            config=Config(
                retries={"mode": "standard", "total_max_attempts": 1},
                s3={"addressing_style": "path"},
                max_pool_connections=50,
            ),
        )
