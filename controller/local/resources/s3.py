"""Buckets and their policies."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from moto.s3.models import s3_backends

from controller.local.resources.api import Api, Taken
from controller.local.resources.handler import Made, ResourceFailed, Scope
from controller.local.resources.naming import name_of
from controller.local.resources.s3_rules import cors_from_api, cors_to_api, events_to_api, rule_from_api, rule_to_api
from controller.local.resources.shapes import parsed, reflect
from controller.local.resources.tagging import live_tags, wanted_tags

OLDEST_REGION = "us-east-1"  # the one that CreateBucket does not take as a location constraint
MADE_WITH = {"BucketName", "ObjectLockEnabled", "Tags"}  # what create and the tags look after


class Bucket:
    """Each property is a call of its own; a property that stands in none of the tables below is refused by name."""

    type = "AWS::S3::Bucket"

    def create(self, scope: Scope, properties: Mapping[str, Any]) -> Made:
        name, api = name_of(scope, properties, "BucketName", 63, lower=True), Api(scope, "s3")
        _refuse_unknown(properties)
        if api.find("head_bucket", Bucket=name) is not None:
            raise Taken(f"{name} already exists")
        place = (
            {} if scope.region == OLDEST_REGION else {"CreateBucketConfiguration": {"LocationConstraint": scope.region}}
        )
        api.make(
            name,
            "create_bucket",
            place,
            Bucket=name,
            ObjectLockEnabledForBucket=bool(properties.get("ObjectLockEnabled")),
        )
        try:
            self._apply(scope, name, {}, properties)
        except ResourceFailed:
            api.drop("delete_bucket", Bucket=name)
            raise
        return self._made(scope, name)

    def read(self, scope: Scope, physical_id: str, properties: Mapping[str, Any]) -> Mapping[str, Any] | None:
        api = Api(scope, "s3")
        if api.find("head_bucket", Bucket=physical_id) is None:
            return None
        live = {key: READ[key](api, physical_id) for key in properties if key in READ}
        if "Tags" in properties or scope.tags:
            found = api.find("get_bucket_tagging", Bucket=physical_id) or {}
            live["Tags"] = live_tags(scope, properties, {tag["Key"]: tag["Value"] for tag in found.get("TagSet", ())})
        return {"BucketName": physical_id, **reflect(properties, {k: v for k, v in live.items() if k in properties})}

    def update(self, scope: Scope, physical_id: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Made:
        _refuse_unknown(after)
        self._apply(scope, physical_id, before, after)
        return self._made(scope, physical_id)

    def delete(self, scope: Scope, physical_id: str, properties: Mapping[str, Any]) -> None:
        Api(scope, "s3").drop("delete_bucket", Bucket=physical_id)

    def _apply(self, scope: Scope, name: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
        api = Api(scope, "s3")
        for key in sorted({*before, *after} & WRITE.keys()):
            if before.get(key) != after.get(key):
                WRITE[key](api, name, after.get(key))
        self._tag(api, name, wanted_tags(scope, before), wanted_tags(scope, after))

    def _tag(self, api: Api, name: str, before: Mapping[str, str], after: Mapping[str, str]) -> None:
        """Foreign tags stay, though the service only knows how to write all of them."""
        found = (api.find("get_bucket_tagging", Bucket=name) or {}).get("TagSet", ())
        foreign = {tag["Key"]: tag["Value"] for tag in found if tag["Key"] not in before}
        if tags := {**foreign, **after}:
            told = [{"Key": key, "Value": value} for key, value in sorted(tags.items())]
            api.call("put_bucket_tagging", Bucket=name, Tagging={"TagSet": told})
        elif found:
            api.call("delete_bucket_tagging", Bucket=name)

    def _made(self, scope: Scope, name: str) -> Made:
        return Made(
            name,
            {
                "Arn": f"arn:aws:s3:::{name}",
                "DomainName": f"{name}.s3.amazonaws.com",
                "RegionalDomainName": f"{name}.s3.{scope.region}.amazonaws.com",
                "DualStackDomainName": f"{name}.s3.dualstack.{scope.region}.amazonaws.com",
                "WebsiteURL": f"http://{name}.s3-website-{scope.region}.amazonaws.com",
            },
        )


def _refuse_unknown(properties: Mapping[str, Any]) -> None:
    if unknown := sorted(properties.keys() - WRITE.keys() - MADE_WITH):
        raise ResourceFailed(f"property that the embedded AWS cannot make: {', '.join(unknown)} of AWS::S3::Bucket")


def _encryption(api: Api, name: str, value: Any) -> None:
    if value is None:
        return api.drop("delete_bucket_encryption", Bucket=name)
    rules = [
        {
            "ApplyServerSideEncryptionByDefault": rule.get("ServerSideEncryptionByDefault"),
            "BucketKeyEnabled": rule.get("BucketKeyEnabled", False),
        }
        for rule in value["ServerSideEncryptionConfiguration"]
    ]
    api.call("put_bucket_encryption", Bucket=name, ServerSideEncryptionConfiguration={"Rules": rules})
    return None


def _live_encryption(api: Api, name: str) -> Any:
    found = api.find("get_bucket_encryption", Bucket=name)
    if found is None:
        return {}
    return {
        "ServerSideEncryptionConfiguration": [
            {
                "ServerSideEncryptionByDefault": rule.get("ApplyServerSideEncryptionByDefault", {}),
                "BucketKeyEnabled": rule.get("BucketKeyEnabled", False),
            }
            for rule in found["ServerSideEncryptionConfiguration"]["Rules"]
        ]
    }


def _versioning(api: Api, name: str, value: Any) -> None:
    api.call("put_bucket_versioning", Bucket=name, VersioningConfiguration=value or {"Status": "Suspended"})


def _block(api: Api, name: str, value: Any) -> None:
    if value is None:
        return api.drop("delete_public_access_block", Bucket=name)
    api.call("put_public_access_block", Bucket=name, PublicAccessBlockConfiguration=value)
    return None


def _ownership(api: Api, name: str, value: Any) -> None:
    if value is None:
        return api.drop("delete_bucket_ownership_controls", Bucket=name)
    api.call("put_bucket_ownership_controls", Bucket=name, OwnershipControls=value)
    return None


def _lifecycle(api: Api, name: str, value: Any) -> None:
    if value is None:
        return api.drop("delete_bucket_lifecycle", Bucket=name)
    rules = [rule_to_api(rule) for rule in value["Rules"]]
    api.call("put_bucket_lifecycle_configuration", Bucket=name, LifecycleConfiguration={"Rules": rules})
    return None


def _live_lifecycle(api: Api, name: str) -> Any:
    found = api.find("get_bucket_lifecycle_configuration", Bucket=name) or {}
    return {"Rules": [rule_from_api(rule) for rule in found.get("Rules", ())]}


def _events(api: Api, name: str, value: Any) -> None:
    api.call("put_bucket_notification_configuration", Bucket=name, NotificationConfiguration=events_to_api(value or {}))


def _live_events(api: Api, name: str) -> Any:
    found = api.find("get_bucket_notification_configuration", Bucket=name) or {}
    return {"EventBridgeConfiguration": {"EventBridgeEnabled": "EventBridgeConfiguration" in found}}


def _logging(api: Api, name: str, value: Any) -> None:
    """In process: moto wants the target's policy first, which in templates can only follow the bucket."""
    buckets = s3_backends[api.scope.account]["aws"].buckets
    target = (value or {}).get("DestinationBucketName")
    if target is not None and target not in buckets:
        raise ResourceFailed("The target bucket for logging does not exist (Service: S3, Status Code: 400)")
    prefix = {"TargetPrefix": (value or {}).get("LogFilePrefix", "")}
    buckets[name].logging = {} if value is None else {"TargetBucket": target or name, **prefix}


def _live_logging(api: Api, name: str) -> Any:
    found = (api.find("get_bucket_logging", Bucket=name) or {}).get("LoggingEnabled")
    return (
        {"DestinationBucketName": found["TargetBucket"], "LogFilePrefix": found.get("TargetPrefix", "")}
        if found
        else {}
    )


def _cors(api: Api, name: str, value: Any) -> None:
    if value is None:
        return api.drop("delete_bucket_cors", Bucket=name)
    api.call("put_bucket_cors", Bucket=name, CORSConfiguration=cors_to_api(value))
    return None


def _live_cors(api: Api, name: str) -> Any:
    return cors_from_api(api.find("get_bucket_cors", Bucket=name) or {})


def _lock(api: Api, name: str, value: Any) -> None:
    if value is not None:
        api.call("put_object_lock_configuration", Bucket=name, ObjectLockConfiguration=value)


def _part(operation: str, key: str) -> Callable[[Api, str], Any]:
    return lambda api, name: (api.find(operation, Bucket=name) or {}).get(key, {})


WRITE: Mapping[str, Callable[[Api, str, Any], None]] = {
    "BucketEncryption": _encryption,
    "CorsConfiguration": _cors,
    "LifecycleConfiguration": _lifecycle,
    "LoggingConfiguration": _logging,
    "NotificationConfiguration": _events,
    "ObjectLockConfiguration": _lock,
    "OwnershipControls": _ownership,
    "PublicAccessBlockConfiguration": _block,
    "VersioningConfiguration": _versioning,
}
READ: Mapping[str, Callable[[Api, str], Any]] = {
    "BucketEncryption": _live_encryption,
    "CorsConfiguration": _live_cors,
    "LifecycleConfiguration": _live_lifecycle,
    "LoggingConfiguration": _live_logging,
    "NotificationConfiguration": _live_events,
    "ObjectLockConfiguration": _part("get_object_lock_configuration", "ObjectLockConfiguration"),
    "OwnershipControls": _part("get_bucket_ownership_controls", "OwnershipControls"),
    "PublicAccessBlockConfiguration": _part("get_public_access_block", "PublicAccessBlockConfiguration"),
    "VersioningConfiguration": lambda api, name: api.find("get_bucket_versioning", Bucket=name) or {},
}


class BucketPolicy:
    type = "AWS::S3::BucketPolicy"

    def create(self, scope: Scope, properties: Mapping[str, Any]) -> Made:
        bucket, api = str(properties["Bucket"]), Api(scope, "s3")
        if api.find("get_bucket_policy", Bucket=bucket) is not None:
            raise Taken(f"The bucket policy already exists on bucket {bucket}.")
        api.call("put_bucket_policy", Bucket=bucket, Policy=properties["PolicyDocument"])
        return Made(bucket)

    def read(self, scope: Scope, physical_id: str, properties: Mapping[str, Any]) -> Mapping[str, Any] | None:
        found = Api(scope, "s3").find("get_bucket_policy", Bucket=physical_id)
        return None if found is None else {"Bucket": physical_id, "PolicyDocument": parsed(found["Policy"])}

    def update(self, scope: Scope, physical_id: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Made:
        Api(scope, "s3").call("put_bucket_policy", Bucket=physical_id, Policy=after["PolicyDocument"])
        return Made(physical_id)

    def delete(self, scope: Scope, physical_id: str, properties: Mapping[str, Any]) -> None:
        Api(scope, "s3").drop("delete_bucket_policy", Bucket=physical_id)


HANDLERS = (Bucket(), BucketPolicy())
