"""The custom resource that empties a bucket before the bucket goes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from controller.local import clients
from controller.local.resources.custom import Custom
from controller.local.resources.handler import ResourceFailed, Scope
from controller.render.blueprint import Catalogue

pytestmark = pytest.mark.emulator

ACCOUNT, REGION, SITE, OTHER = "200000000001", "eu-west-1", "acme-sales-site", "acme-sales-raw"
SCOPE = Scope(ACCOUNT, REGION, "lake-silo-webapp", "arn:aws:cloudformation:eu-west-1:1:stack/x/1", "SiteFiles")
FILES = Custom("Custom::SiteFiles")
MAY = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": f"arn:aws:s3:::{SITE}*"},
        {"Effect": "Allow", "Action": "s3:DeleteObject", "Resource": f"arn:aws:s3:::{SITE}/*"},
    ],
}


def properties(bucket: str = SITE) -> dict[str, Any]:
    return {"ServiceToken": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:emptier", "Bucket": bucket}


def tls_only(bucket: str) -> dict[str, Any]:
    """As every bucket of a silo has it; where one is, the embedded AWS decides what roles of its own account may."""
    plain = {"Bool": {"aws:SecureTransport": "false"}}
    statement = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": f"arn:aws:s3:::{bucket}/*"}
    return {"Version": "2012-10-17", "Statement": [{**statement, "Condition": plain}]}


@pytest.fixture
def s3(embedded: Any) -> Any:
    """Two buckets with files, and the function with the rights that its template gives it."""
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    iam = clients.client("iam", ACCOUNT, REGION)
    role = iam.create_role(
        RoleName="emptier", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    )["Role"]["Arn"]
    iam.put_role_policy(RoleName="emptier", PolicyName="empty", PolicyDocument=json.dumps(MAY))
    clients.client("lambda", ACCOUNT, REGION).create_function(
        FunctionName="emptier",
        Role=role,
        Runtime="python3.13",
        Handler="handler.handle",
        Code={"ZipFile": Catalogue.read().function("webapp", "emptier").content},
        Timeout=30,
        LoggingConfig={"LogGroup": "emptier"},
    )
    made = clients.client("s3", ACCOUNT, REGION)
    for bucket in (SITE, OTHER):
        made.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
        made.put_bucket_policy(Bucket=bucket, Policy=json.dumps(tls_only(bucket)))
        made.put_object(Bucket=bucket, Key="index.html", Body=b"x")
    return made


def files(s3: Any, bucket: str = SITE) -> int:
    return int(s3.list_objects_v2(Bucket=bucket)["KeyCount"])


def test_files_stay_while_the_web_app_does_and_go_with_it(s3: Any) -> None:
    made = FILES.create(SCOPE, properties())
    assert FILES.update(SCOPE, made.physical_id, properties(), properties()).physical_id == made.physical_id
    assert files(s3) == 1
    FILES.delete(SCOPE, made.physical_id, properties())
    assert files(s3) == 0
    FILES.delete(SCOPE, made.physical_id, properties())


def test_more_files_than_one_listing_holds_go_too(s3: Any) -> None:
    for number in range(1003):
        s3.put_object(Bucket=SITE, Key=f"scripts/{number}.js", Body=b"")
    FILES.delete(SCOPE, "x", properties())
    assert files(s3) == 0


def test_a_bucket_that_is_gone_already_is_empty(s3: Any) -> None:
    FILES.delete(SCOPE, "x", properties("acme-sales-site-gone"))
    assert (files(s3), files(s3, OTHER)) == (1, 1)


def test_a_bucket_that_it_may_not_empty_is_said_to_cloudformation_and_stays_as_it_is(s3: Any) -> None:
    with pytest.raises(ResourceFailed, match="AccessDenied"):
        FILES.delete(SCOPE, "x", properties(OTHER))
    assert files(s3, OTHER) == 1


def test_another_bucket_is_another_resource_so_that_the_former_one_is_emptied(s3: Any) -> None:
    made = FILES.create(SCOPE, properties())
    assert FILES.update(SCOPE, made.physical_id, properties(), properties(OTHER)).physical_id != made.physical_id
