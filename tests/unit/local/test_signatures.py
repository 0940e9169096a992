"""Keys of users: whoever signs with another secret, or with a key that was made inactive, is nobody."""

from __future__ import annotations

import urllib.error
import urllib.request
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from controller.local import clients

ACCOUNT, REGION = "200000000001", "eu-west-1"


@pytest.fixture
def pair(embedded: Any) -> dict[str, str]:
    iam = clients.client("iam", ACCOUNT, REGION)
    iam.create_user(UserName="fastfreight", Path="/people/")
    made: dict[str, str] = iam.create_access_key(UserName="fastfreight")["AccessKey"]
    clients.client("s3", ACCOUNT, REGION).create_bucket(
        Bucket="drop", CreateBucketConfiguration={"LocationConstraint": REGION}
    )
    return made


def holder(service: str, pair: dict[str, str], secret: str = "") -> Any:
    return boto3.client(
        service,
        region_name=REGION,
        aws_access_key_id=pair["AccessKeyId"],
        aws_secret_access_key=secret or pair["SecretAccessKey"],
        aws_session_token=None,
        endpoint_url=clients.endpoint(),
        config=Config(
            signature_version="s3v4" if service == "s3" else "v4",
            s3={"addressing_style": "path"},
            retries={"total_max_attempts": 1},
        ),
    )


@pytest.fixture(autouse=True)
def no_token(embedded: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_SESSION_TOKEN")


def code(error: Any) -> str:
    return str(error.value.response["Error"]["Code"])


def test_the_right_secret_proves_who_it_is(pair: dict[str, str]) -> None:
    assert holder("sts", pair).get_caller_identity()["Arn"] == f"arn:aws:iam::{ACCOUNT}:user/people/fastfreight"


def test_a_wrong_secret_is_refused(pair: dict[str, str]) -> None:
    with pytest.raises(ClientError) as error:
        holder("sts", pair, "x" * 40).get_caller_identity()
    assert code(error) == "SignatureDoesNotMatch"


def test_an_inactive_key_is_nobodys(pair: dict[str, str]) -> None:
    iam = clients.client("iam", ACCOUNT, REGION)
    iam.update_access_key(UserName="fastfreight", AccessKeyId=pair["AccessKeyId"], Status="Inactive")
    with pytest.raises(ClientError) as error:
        holder("sts", pair).get_caller_identity()
    assert code(error) == "InvalidClientTokenId"


@pytest.mark.parametrize("key", ["plain.csv", "a b/ä+%20;=@(1)'~.csv", "x//y"])
def test_keys_of_all_sorts_are_signed_as_s3_has_it(pair: dict[str, str], key: str) -> None:
    s3 = holder("s3", pair)
    s3.put_object(Bucket="drop", Key=key, Body=b"one")
    assert s3.get_object(Bucket="drop", Key=key)["Body"].read() == b"one"
    assert [item["Key"] for item in s3.list_objects_v2(Bucket="drop", Prefix=key)["Contents"]] == [key]
    with pytest.raises(ClientError) as error:
        holder("s3", pair, "y" * 40).put_object(Bucket="drop", Key=key, Body=b"two")
    assert code(error) == "SignatureDoesNotMatch"


def test_a_presigned_address_is_checked_alike(pair: dict[str, str]) -> None:
    holder("s3", pair).put_object(Bucket="drop", Key="one", Body=b"one")
    address = holder("s3", pair).generate_presigned_url("get_object", Params={"Bucket": "drop", "Key": "one"})
    with urllib.request.urlopen(address) as answer:
        assert answer.read() == b"one"
    forged = holder("s3", pair, "z" * 40).generate_presigned_url("get_object", Params={"Bucket": "drop", "Key": "one"})
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(forged)


def test_an_action_of_a_service_with_a_json_protocol(pair: dict[str, str]) -> None:
    assert holder("logs", pair).describe_log_groups()["logGroups"] == []
