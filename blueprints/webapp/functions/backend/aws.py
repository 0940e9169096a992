"""Clients of AWS, made when they are first needed: loading boto3 takes longer than answering without it."""

from __future__ import annotations

from functools import cache
from typing import Any

CONNECTIONS = 16
# An address of what KMS sealed takes no older signature. It names the region only where told to: without, a new bucket
# is found by way of a redirect, or in regions since 2019 not at all (S3 user guide, request routing).
SIGNED = {"signature_version": "s3v4", "s3": {"addressing_style": "virtual"}}


@cache
def client(service: str) -> Any:
    import boto3
    from botocore.config import Config

    config = Config(
        connect_timeout=2,
        read_timeout=8,
        retries={"mode": "standard", "total_max_attempts": 5},
        max_pool_connections=CONNECTIONS,
        **(SIGNED if service == "s3" else {}),
    )
    return boto3.Session().client(service, config=config)
