"""Conditional writes whose answer was lost: botocore tries again, and meets what it wrote itself."""

from __future__ import annotations

import io
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError

from controller.aws.bucket import AwsBucket
from controller.aws.client import Clients
from controller.model.errors import AwsDenied


class Refusing:
    """S3 that refuses each put, and has `content` under every key."""

    def __init__(self, code: str, content: bytes, retries: int = 0) -> None:
        self.code, self.content, self.retries = code, content, retries
        self.gets = 0

    def of(self, service: str, region: str) -> Refusing:
        return self

    def put_object(self, **_: Any) -> dict[str, Any]:
        raise ClientError(
            {"Error": {"Code": self.code, "Message": "no"}, "ResponseMetadata": {"RetryAttempts": self.retries}},
            "PutObject",
        )

    delete_object = put_object

    def get_object(self, **_: Any) -> dict[str, Any]:
        self.gets += 1
        return {"ETag": '"e-1"', "VersionId": "v-1", "Body": io.BytesIO(self.content)}


def bucket(api: Refusing) -> AwsBucket:
    return AwsBucket(cast(Clients, api), "eu-west-1", "acme-code-eu-west-1")


def test_our_own_write_found_after_a_retry_is_done() -> None:
    stored = bucket(Refusing("PreconditionFailed", b"ours", retries=1)).put("key", b"ours", None)
    assert stored is not None
    assert (stored.etag, stored.version) == ("e-1", "v-1")


def test_somebody_elses_write_found_after_a_retry_is_a_lost_race() -> None:
    assert bucket(Refusing("PreconditionFailed", b"theirs", retries=1)).put("key", b"ours", None) is None


def test_a_race_lost_at_the_first_try_costs_no_read() -> None:
    api = Refusing("PreconditionFailed", b"ours")
    assert bucket(api).put("key", b"ours", None) is None
    assert api.gets == 0


class Busy(Refusing):
    """S3 that refuses the first put since another one is under way, and takes the next."""

    def __init__(self, content: bytes) -> None:
        super().__init__("ConditionalRequestConflict", content)
        self.puts = 0

    def put_object(self, **asked: Any) -> dict[str, Any]:
        self.puts += 1
        return super().put_object(**asked) if self.puts == 1 else {"ETag": '"e-2"', "VersionId": "v-2"}


def test_a_conflict_that_left_the_object_as_it_was_is_tried_once_more() -> None:
    stored = bucket(Busy(b"old")).put("key", b"ours", "e-1")
    assert stored is not None
    assert stored.etag == "e-2"


def test_a_conflict_that_somebody_else_won_is_a_lost_race() -> None:
    api = Busy(b"theirs")
    assert bucket(api).put("key", b"ours", "e-0") is None
    assert bucket(Busy(b"theirs")).put("key", b"ours", None) is None
    assert api.puts == 1


def test_a_conflict_that_does_not_end_is_a_lost_race() -> None:
    assert bucket(Refusing("ConditionalRequestConflict", b"old")).put("key", b"ours", "e-1") is None


@pytest.mark.parametrize("code", ["PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey", "412", "409"])
def test_every_way_to_lose_is_the_same(code: str) -> None:
    assert bucket(Refusing(code, b"")).put("key", b"ours", "e-0") is None
    assert not bucket(Refusing(code, b"")).delete("key", "e-0")


def test_a_refusal_is_no_lost_race() -> None:
    with pytest.raises(AwsDenied):
        bucket(Refusing("AccessDenied", b"")).put("key", b"ours", None)
    with pytest.raises(AwsDenied):
        bucket(Refusing("AccessDenied", b"")).delete("key", "e-0")
