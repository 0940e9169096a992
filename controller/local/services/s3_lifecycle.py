"""Lifecycle rules as they were put: moto checks them and then forgets sizes and how many old versions to keep."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any

from moto.core.responses import ActionResult
from moto.s3.exceptions import NoSuchLifecycleConfiguration
from moto.s3.models import FakeBucket
from moto.s3.responses import S3Response

PUT = "lifecycle_as_put"  # where a bucket keeps them
MANY = {"Transition": "Transitions", "NoncurrentVersionTransition": "NoncurrentVersionTransitions"}


def install() -> None:
    if S3Response.get_bucket_lifecycle is not get_bucket_lifecycle:
        FakeBucket.set_lifecycle = _keeping(FakeBucket.set_lifecycle)
        S3Response.get_bucket_lifecycle = get_bucket_lifecycle


def _keeping(check: Callable[[Any, Any], None]) -> Callable[[Any, Any], None]:
    def set_lifecycle(bucket: Any, rules: list[dict[str, Any]]) -> None:
        given = copy.deepcopy(rules)
        check(bucket, rules)
        vars(bucket)[PUT] = given

    return set_lifecycle


def get_bucket_lifecycle(response: Any) -> Any:
    response.data["Action"] = "GetBucketLifecycleConfiguration"
    bucket = response.backend.get_bucket(response.bucket_name)
    if not bucket.rules:
        raise NoSuchLifecycleConfiguration(bucket_name=response.bucket_name)
    return response.serialized(ActionResult({"Rules": [_told(rule) for rule in vars(bucket)[PUT]]}))


def _told(rule: Mapping[str, Any]) -> dict[str, Any]:
    """The parsed XML in the names of the answer: what may stand more than once is a list."""
    told = {MANY.get(key, key): _many(value) if key in MANY else value for key, value in rule.items()}
    chosen = dict(told.get("Filter") or {})
    if "And" in chosen:
        both = dict(chosen["And"])
        tags = {"Tags": _many(both.pop("Tag"))} if "Tag" in both else {}
        chosen["And"] = {**both, **tags}
    if "Filter" in told:
        told["Filter"] = {key: value or "" for key, value in chosen.items()}
    return told


def _many(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
