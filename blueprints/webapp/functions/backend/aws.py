"""Clients of AWS, made when they are first needed: loading boto3 takes longer than answering without it."""

from __future__ import annotations

from functools import cache
from typing import Any

CONNECTIONS = 16


@cache
def client(service: str) -> Any:
    import boto3
    from botocore.config import Config

    config = Config(
        connect_timeout=2,
        read_timeout=8,
        retries={"mode": "standard", "total_max_attempts": 5},
        max_pool_connections=CONNECTIONS,
        signature_version="s3v4" if service == "s3" else None,  # an address of what KMS sealed takes no older one
    )
    return boto3.Session().client(service, config=config)
