from __future__ import annotations

from typing import Any

import pytest

from controller.local.resources.handler import ResourceFailed, Scope
from controller.local.resources.registry import handler_for

BUCKET = "AWS::S3::Bucket"
FULL = {
    "BucketName": "acme-sales-raw-1",
    "BucketEncryption": {
        "ServerSideEncryptionConfiguration": [
            {
                "ServerSideEncryptionByDefault": {
                    "SSEAlgorithm": "aws:kms",
                    "KMSMasterKeyID": "arn:aws:kms:eu-west-1:1:key/a",
                },
                "BucketKeyEnabled": True,
            }
        ]
    },
    "PublicAccessBlockConfiguration": {
        "BlockPublicAcls": True,
        "BlockPublicPolicy": True,
        "IgnorePublicAcls": True,
        "RestrictPublicBuckets": True,
    },
    "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
    "VersioningConfiguration": {"Status": "Enabled"},
    "LifecycleConfiguration": {
        "Rules": [
            {
                "Id": "tidy",
                "Status": "Enabled",
                "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
                "NoncurrentVersionExpiration": {"NoncurrentDays": 30},
                "ExpirationInDays": 400,
                "Prefix": "orders/",
                "Transitions": [{"StorageClass": "STANDARD_IA", "TransitionInDays": 60}],
            }
        ]
    },
    "NotificationConfiguration": {"EventBridgeConfiguration": {"EventBridgeEnabled": True}},
    "CorsConfiguration": {
        "CorsRules": [{"AllowedMethods": ["PUT"], "AllowedOrigins": ["https://a.example"], "MaxAge": 60}]
    },
    "Tags": [{"Key": "a", "Value": "b"}],
}


@pytest.fixture
def bucket(scope: Scope) -> dict[str, Any]:
    return {**FULL, "BucketName": f"acme-sales-raw-{scope.account}"}


def test_every_property_of_a_bucket_takes_effect(scope: Scope, bucket: dict[str, Any]) -> None:
    name = bucket["BucketName"]
    handler_for(BUCKET).create(scope, bucket)
    s3 = scope.client("s3")
    rule = s3.get_bucket_encryption(Bucket=name)["ServerSideEncryptionConfiguration"]["Rules"][0]
    assert rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"
    assert rule["BucketKeyEnabled"] is True
    assert s3.get_bucket_versioning(Bucket=name)["Status"] == "Enabled"
    assert s3.get_public_access_block(Bucket=name)["PublicAccessBlockConfiguration"]["RestrictPublicBuckets"] is True
    assert "EventBridgeConfiguration" in s3.get_bucket_notification_configuration(Bucket=name)
    assert s3.get_bucket_lifecycle_configuration(Bucket=name)["Rules"][0]["Filter"] == {"Prefix": "orders/"}
    tags = {tag["Key"]: tag["Value"] for tag in s3.get_bucket_tagging(Bucket=name)["TagSet"]}
    assert tags == {"a": "b", "lake:silo": "sales"}
    assert s3.get_bucket_location(Bucket=name)["LocationConstraint"] == "eu-west-1"


def test_a_bucket_makes_a_round_trip(round_trip: Any, bucket: dict[str, Any]) -> None:
    rules = [{"Id": "tidy", "Status": "Enabled", "ExpirationInDays": 30}]
    after = {
        **{key: value for key, value in bucket.items() if key not in ("CorsConfiguration", "Tags")},
        "LifecycleConfiguration": {"Rules": rules},
        "VersioningConfiguration": {"Status": "Suspended"},
    }
    round_trip(BUCKET, bucket, after)


def test_a_bucket_logs_into_one_that_has_no_policy_yet(scope: Scope, bucket: dict[str, Any]) -> None:
    handler = handler_for(BUCKET)
    logs = handler.create(scope, {"BucketName": f"logs-{scope.account}"}).physical_id
    wanted = {**bucket, "LoggingConfiguration": {"DestinationBucketName": logs, "LogFilePrefix": "raw/"}}
    name = handler.create(scope, wanted).physical_id
    assert scope.client("s3").get_bucket_logging(Bucket=name)["LoggingEnabled"]["TargetBucket"] == logs
    assert handler.read(scope, name, wanted) == wanted


def test_what_was_changed_by_hand_shows(scope: Scope, bucket: dict[str, Any]) -> None:
    handler = handler_for(BUCKET)
    name = handler.create(scope, bucket).physical_id
    s3 = scope.client("s3")
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Suspended"})
    s3.delete_public_access_block(Bucket=name)
    s3.delete_bucket_lifecycle(Bucket=name)
    live = handler.read(scope, name, bucket)
    assert live is not None
    assert {key for key in bucket if live[key] != bucket[key]} == {
        "VersioningConfiguration",
        "PublicAccessBlockConfiguration",
        "LifecycleConfiguration",
    }


def test_a_bucket_without_a_name_gets_one_from_its_stack(scope: Scope) -> None:
    made = handler_for(BUCKET).create(scope, {})
    assert made.physical_id.startswith("lake-silo-thing-")
    assert made.attributes["Arn"] == f"arn:aws:s3:::{made.physical_id}"


def test_a_taken_bucket_name_is_refused(scope: Scope) -> None:
    handler_for(BUCKET).create(scope, {"BucketName": f"twice-{scope.account}"})
    with pytest.raises(ResourceFailed, match=f"^twice-{scope.account} already exists$"):
        handler_for(BUCKET).create(scope, {"BucketName": f"twice-{scope.account}"})


def test_a_bucket_with_objects_is_not_deleted(scope: Scope) -> None:
    handler = handler_for(BUCKET)
    name = handler.create(scope, {"BucketName": f"full-{scope.account}"}).physical_id
    scope.client("s3").put_object(Bucket=name, Key="a", Body=b"")
    with pytest.raises(ResourceFailed, match=r"bucket you tried to delete is not empty.*Service: S3, Status Code: 409"):
        handler.delete(scope, name, {})


def test_a_property_that_cannot_be_made_is_refused_by_name(scope: Scope) -> None:
    wanted = {"AnalyticsConfigurations": [{"Id": "a", "StorageClassAnalysis": {}}]}
    with pytest.raises(ResourceFailed, match="AnalyticsConfigurations"):
        handler_for(BUCKET).create(scope, wanted)


def test_a_bucket_that_fails_half_way_is_not_left_behind(scope: Scope) -> None:
    name = f"half-{scope.account}"
    broken = {"BucketName": name, "LoggingConfiguration": {"DestinationBucketName": "nowhere"}}
    with pytest.raises(ResourceFailed, match="target bucket"):
        handler_for(BUCKET).create(scope, broken)
    assert handler_for(BUCKET).read(scope, name, broken) is None


def test_a_bucket_policy_is_one_a_bucket(scope: Scope, round_trip: Any) -> None:
    name = handler_for(BUCKET).create(scope, {"BucketName": f"open-{scope.account}"}).physical_id
    allow = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{name}/*"}
    before = {"Bucket": name, "PolicyDocument": {"Version": "2012-10-17", "Statement": [allow]}}
    only = {**allow, "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-abcdefghij"}}}
    after = {"Bucket": name, "PolicyDocument": {"Version": "2012-10-17", "Statement": [only]}}
    round_trip("AWS::S3::BucketPolicy", before, after)
    handler_for("AWS::S3::BucketPolicy").create(scope, before)
    with pytest.raises(ResourceFailed, match="already exists on bucket"):
        handler_for("AWS::S3::BucketPolicy").create(scope, before)
