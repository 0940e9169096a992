"""Loaded into the fork server only: botocore's service models, read once for all processes that it forks."""

from __future__ import annotations

from functools import lru_cache

import boto3
import botocore.session

botocore.session.create_loader = lru_cache(botocore.session.create_loader)

for service in ("sts", "organizations", "cloudformation", "s3"):
    boto3.Session().client(service, "eu-west-1", aws_access_key_id="none", aws_secret_access_key="none")
