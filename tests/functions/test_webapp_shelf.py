"""The address that CloudFormation is handed for a template too long for a request."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from tests.functions.loading import core

BUCKET = "acme-sales-vend-200000000001"


@pytest.mark.parametrize("region", ["eu-west-1", "eu-central-2"])
def test_an_address_names_the_buckets_region(region: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """By a name without it, regions that came since 2019 do not find a new bucket (S3 user guide, request routing)."""
    for name, value in {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "x", "AWS_REGION": region}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_DEFAULT_REGION", region)  # as Lambda sets both
    s3 = core("webapp", "backend", "aws").client("s3")
    address = urlsplit(s3.generate_presigned_url("get_object", Params={"Bucket": BUCKET, "Key": "templates/a.json"}))
    assert (address.scheme, address.netloc) == ("https", f"{BUCKET}.s3.{region}.amazonaws.com")
    assert "X-Amz-Algorithm=AWS4-HMAC-SHA256" in address.query
