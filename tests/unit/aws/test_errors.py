"""What botocore raises, as what the engine knows."""

from __future__ import annotations

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    NoRegionError,
    ParamValidationError,
)

from controller.aws.errors import observed, translated
from controller.model.errors import AwsDenied, AwsError, AwsThrottled, AwsUnreachable
from controller.model.observed import Absent, Present, Unreadable


def refused(code: str, message: str = "no") -> ClientError:
    answer = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"RequestId": "r-1"}}
    return ClientError(answer, "DescribeStacks")


@pytest.mark.parametrize(
    ("raised", "kind"),
    [
        (refused("AccessDenied"), AwsDenied),
        (refused("ExpiredToken"), AwsDenied),
        (refused("403"), AwsDenied),
        (refused("Throttling"), AwsThrottled),
        (refused("SlowDown"), AwsThrottled),
        (refused("ValidationError"), AwsError),
        (NoCredentialsError(), AwsDenied),
        (NoRegionError(), AwsError),
        (EndpointConnectionError(endpoint_url="https://x"), AwsUnreachable),
        (ConnectTimeoutError(endpoint_url="https://x"), AwsUnreachable),
        (ParamValidationError(report="bad"), AwsError),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else str(value)[:40],
)
def test_each_error_has_its_kind(raised: Exception, kind: type[AwsError]) -> None:
    with pytest.raises(AwsError) as told, translated("cloudformation"):
        raise raised
    assert type(told.value) is kind
    assert told.value.service == "cloudformation"
    assert told.value.__cause__ is raised


def test_what_aws_said_is_kept() -> None:
    with pytest.raises(AwsError) as told, translated("cloudformation"):
        raise refused("ValidationError", "Stack [x] does not exist")
    error = told.value
    assert (error.code, error.operation, error.request_id) == ("ValidationError", "DescribeStacks", "r-1")
    assert str(error) == "ValidationError (cloudformation:DescribeStacks): Stack [x] does not exist"


def test_expired_credentials_say_what_to_do() -> None:
    with pytest.raises(AwsError) as told, translated("sts"):
        raise refused("ExpiredToken")
    assert "sign in again" in told.value.hint


def test_a_bug_goes_its_way() -> None:
    with pytest.raises(KeyError), translated("s3"):
        raise KeyError("Stacks")


class TestReads:
    def read(self, error: Exception | None) -> object:
        def act() -> str:
            if error is not None:
                raise error
            return "value"

        return observed("s3", frozenset({"NoSuchKey"}), act)

    def test_an_answer_is_present(self) -> None:
        assert self.read(None) == Present("value")

    def test_only_the_named_codes_are_absent(self) -> None:
        assert self.read(refused("NoSuchKey")) == Absent()

    @pytest.mark.parametrize("code", ["AccessDenied", "SlowDown", "InternalError", "NoSuchBucketPolicy"])
    def test_any_other_failure_is_unreadable(self, code: str) -> None:
        assert isinstance(self.read(refused(code)), Unreadable)

    def test_no_answer_is_unreadable(self) -> None:
        assert isinstance(self.read(EndpointConnectionError(endpoint_url="https://x")), Unreadable)
