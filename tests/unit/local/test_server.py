"""The embedded AWS as one thing: endpoint, environment, reset, counting, cutting off."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, HTTPClientError

from controller.local.server.calls import Call
from controller.local.server.gateway import Cut

Aws = Callable[..., Any]


def bucket(aws: Aws, name: str = "things") -> Any:
    s3 = aws("s3")
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    return s3


def test_the_environment_is_the_controllers_role_in_the_master_account(aws: Aws) -> None:
    identity = aws("sts").get_caller_identity()

    assert identity["Account"] == "100000000001"
    assert identity["Arn"] == "arn:aws:sts::100000000001:assumed-role/lake-controller/siloctl"


def test_a_reset_forgets_everything_but_keeps_endpoint_and_credentials(
    embedded: Any, aws: Aws, small_lake: Any
) -> None:
    s3 = bucket(aws)
    environment = embedded.environment

    embedded.reset(small_lake)

    assert embedded.environment == environment
    assert s3.list_buckets()["Buckets"] == []
    assert [str(call) for call in embedded.calls] == ["s3:ListBuckets"]


def test_calls_from_outside_are_counted_with_service_operation_and_account(embedded: Any, aws: Aws) -> None:
    s3 = bucket(aws)
    s3.put_object(Bucket="things", Key="a b/ü", Body=b"x")
    s3.list_objects_v2(Bucket="things")
    aws("cloudformation").describe_stacks()

    assert [(call.service, call.operation, call.write, call.subject) for call in embedded.calls] == [
        ("s3", "CreateBucket", True, "things"),
        ("s3", "PutObject", True, "things/a b/ü"),
        ("s3", "ListObjectsV2", False, "things"),
        ("cloudformation", "DescribeStacks", False, ""),
    ]
    assert {call.account for call in embedded.calls} == {"100000000001"}
    assert {call.caller for call in embedded.calls} == {"arn:aws:iam::100000000001:role/lake/lake-controller"}


def test_calls_that_the_embedded_aws_makes_itself_are_not_counted(embedded: Any) -> None:
    from controller.local import clients

    clients.client("s3", "100000000001", "eu-west-1").list_buckets()
    clients.as_role("s3", embedded.seeded.controller, "eu-west-1").list_buckets()

    assert embedded.calls == []


@pytest.mark.parametrize("silent", [True, False], ids=["connection dropped", "answered at once"])
def test_a_call_that_is_cut_before_its_write_has_no_effect(embedded: Any, aws: Aws, silent: bool) -> None:
    s3 = bucket(aws)
    embedded.gateway.before_write = cutting("PutObject", silent)

    with pytest.raises((ClientError, HTTPClientError)):
        s3.put_object(Bucket="things", Key="a", Body=b"x")
    embedded.gateway.restore()

    assert s3.list_objects_v2(Bucket="things")["KeyCount"] == 0


@pytest.mark.parametrize("silent", [True, False], ids=["connection dropped", "answered at once"])
def test_a_call_that_is_cut_after_its_write_took_effect_but_the_caller_never_hears(
    embedded: Any, aws: Aws, silent: bool
) -> None:
    s3 = bucket(aws)
    embedded.gateway.after_write = cutting("PutObject", silent)

    with pytest.raises((ClientError, HTTPClientError)):
        s3.put_object(Bucket="things", Key="a", Body=b"x")
    with pytest.raises((ClientError, HTTPClientError)):
        s3.list_objects_v2(Bucket="things")
    embedded.gateway.restore()

    assert s3.list_objects_v2(Bucket="things")["KeyCount"] == 1


def test_a_hook_sees_each_write_and_no_read(embedded: Any, aws: Aws) -> None:
    seen: list[str] = []
    embedded.gateway.before_write = lambda call: seen.append(str(call))

    bucket(aws).get_bucket_location(Bucket="things")

    assert seen == ["s3:CreateBucket things"]


def test_of_many_writers_that_all_want_to_be_first_one_is(aws: Aws) -> None:
    s3 = bucket(aws)
    won: list[int] = []

    def write(number: int) -> None:
        try:
            s3.put_object(Bucket="things", Key="lock", Body=str(number).encode() * 1000, IfNoneMatch="*")
        except ClientError as error:
            assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 412
        else:
            won.append(number)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(won) == 1


def test_an_access_key_that_nobody_has_is_refused(embedded: Any, aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    import boto3

    session = boto3.Session(aws_access_key_id="AKIAAAAAAAAAAAAAAAAA", aws_secret_access_key="x")

    with pytest.raises(ClientError, match="InvalidClientTokenId"):
        session.client("sts", region_name="eu-west-1").get_caller_identity()
    with pytest.raises(ClientError, match="InvalidAccessKeyId"):
        session.client("s3", region_name="eu-west-1").list_buckets()


def test_a_service_that_is_not_there_is_an_error_with_its_name(aws: Aws) -> None:
    with pytest.raises(ClientError, match="the embedded AWS has no API of appflow"):
        aws("appflow").list_flows()


def test_a_connection_is_kept_for_the_next_call(embedded: Any) -> None:
    import http.client

    connection = http.client.HTTPConnection("127.0.0.1", int(embedded.endpoint.rsplit(":", 1)[1]))
    connection.request("GET", "/moto-api/data.json")
    connection.getresponse().read()
    first = connection.sock
    connection.request("GET", "/moto-api/data.json")

    assert connection.getresponse().status == 200
    assert connection.sock is first
    connection.close()


def test_a_dropped_connection_is_tried_again_by_the_client_in_vain(embedded: Any, aws: Aws) -> None:
    import boto3

    bucket(aws)
    attempts: list[Call] = []

    def drop(call: Call) -> None:
        attempts.append(call)
        raise Cut

    embedded.gateway.before_write = drop
    s3 = boto3.client("s3", region_name="eu-west-1", config=Config(retries={"total_max_attempts": 2}))
    began = time.monotonic()

    with pytest.raises(HTTPClientError):
        s3.put_object(Bucket="things", Key="a", Body=b"")

    assert len(attempts) == 1, "the hook is asked once; afterwards the caller is dead"
    assert time.monotonic() - began < 10


def cutting(operation: str, silent: bool) -> Callable[[Call], None]:
    def hook(call: Call) -> None:
        if call.operation == operation:
            raise Cut(silent)

    return hook
