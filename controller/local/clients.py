"""Clients that the embedded AWS uses against itself, in whichever account it acts for."""

from __future__ import annotations

import threading
from functools import lru_cache
from typing import Any

import boto3
from botocore.config import Config

_lock = threading.Lock()
_session: boto3.Session | None = None
_endpoint = ""


def use_endpoint(url: str) -> None:
    """Say where the embedded AWS listens; forgets the clients of another address."""
    global _endpoint
    if url != _endpoint:
        _endpoint = url
        client.cache_clear()


@lru_cache(maxsize=4096)
def client(service: str, account: str, region: str) -> Any:
    """A client whose calls moto routes to `account`, by the header that moto reads for that."""
    global _session
    with _lock:  # sessions are not safe to share between threads while they make clients
        if _session is None:
            _session = boto3.Session(aws_access_key_id="embedded", aws_secret_access_key="embedded")  # noqa: S106
        made = _session.client(
            service,
            region_name=region,
            endpoint_url=_endpoint,
            config=Config(
                retries={"mode": "standard", "total_max_attempts": 1},
                s3={"addressing_style": "path"},
                max_pool_connections=50,
            ),
        )
    made.meta.events.register("before-send.*", lambda request, **_: request.headers.add_header("x-moto-account-id", account))
    return made
