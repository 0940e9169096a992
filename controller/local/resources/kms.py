"""Keys and their aliases."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from controller.local.resources.api import Api
from controller.local.resources.handler import Made, Scope
from controller.local.resources.shapes import parsed, reflect
from controller.local.resources.tagging import Tagging, live_tags, wanted_tags

PENDING_WINDOW = 30  # days; KMS API reference, ScheduleKeyDeletion
DOOMED = "PendingDeletion"
TAGGING = Tagging("tag_resource", "untag_resource", "list_resource_tags", "KeyId", key="TagKey", value="TagValue")


class Key:
    type = "AWS::KMS::Key"

    def create(self, scope: Scope, properties: Mapping[str, Any]) -> Made:
        api = Api(scope, "kms")
        policy = {"Policy": properties["KeyPolicy"]} if "KeyPolicy" in properties else {}
        values = {key: value for key, value in properties.items() if key != "Tags"}
        key = api.call("create_key", {**values, **policy}, Tags=TAGGING.form(wanted_tags(scope, properties)))
        name = str(key["KeyMetadata"]["KeyId"])
        self._switches(api, name, {}, properties)
        return self._made(api, name)

    def read(self, scope: Scope, physical_id: str, properties: Mapping[str, Any]) -> Mapping[str, Any] | None:
        api = Api(scope, "kms")
        found = api.find("describe_key", KeyId=physical_id)
        if found is None or found["KeyMetadata"]["KeyState"] == DOOMED:
            return None
        rotation = api.call("get_key_rotation_status", KeyId=physical_id)
        live = {
            **found["KeyMetadata"],
            "KeyPolicy": parsed(api.call("get_key_policy", KeyId=physical_id, PolicyName="default")["Policy"]),
            "EnableKeyRotation": rotation["KeyRotationEnabled"],
            "RotationPeriodInDays": rotation.get("RotationPeriodInDays"),
        }
        answer = reflect({key: value for key, value in properties.items() if key != "Tags"}, live)
        if "Tags" in properties:
            answer["Tags"] = live_tags(scope, properties, TAGGING.live(api, physical_id))
        return {**answer}

    def update(self, scope: Scope, physical_id: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Made:
        api = Api(scope, "kms")
        if before.get("KeyPolicy") != after.get("KeyPolicy") and "KeyPolicy" in after:
            api.call("put_key_policy", KeyId=physical_id, PolicyName="default", Policy=after["KeyPolicy"])
        if before.get("Description") != after.get("Description"):
            api.call("update_key_description", KeyId=physical_id, Description=after.get("Description", ""))
        self._switches(api, physical_id, before, after)
        TAGGING.replace(api, physical_id, wanted_tags(scope, before), wanted_tags(scope, after))
        return self._made(api, physical_id)

    def delete(self, scope: Scope, physical_id: str, properties: Mapping[str, Any]) -> None:
        api = Api(scope, "kms")
        found = api.find("describe_key", KeyId=physical_id)
        if found is not None and found["KeyMetadata"]["KeyState"] != DOOMED:
            window = properties.get("PendingWindowInDays", PENDING_WINDOW)
            api.drop("schedule_key_deletion", KeyId=physical_id, PendingWindowInDays=window)

    def _switches(self, api: Api, name: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
        rotates = after.get("EnableKeyRotation", False)
        period = after.get("RotationPeriodInDays")
        was = (before.get("EnableKeyRotation", False), before.get("RotationPeriodInDays"))
        if rotates and was != (rotates, period):
            api.call("enable_key_rotation", {"RotationPeriodInDays": period}, KeyId=name)
        elif was[0] and not rotates:
            api.call("disable_key_rotation", KeyId=name)
        if before.get("Enabled", True) != after.get("Enabled", True):
            api.call("enable_key" if after.get("Enabled", True) else "disable_key", KeyId=name)

    def _made(self, api: Api, name: str) -> Made:
        return Made(name, {"Arn": api.arn(f"key/{name}"), "KeyId": name})


class Alias:
    type = "AWS::KMS::Alias"

    def create(self, scope: Scope, properties: Mapping[str, Any]) -> Made:
        name = str(properties["AliasName"])
        Api(scope, "kms").make(name, "create_alias", properties)
        return Made(name)

    def read(self, scope: Scope, physical_id: str, properties: Mapping[str, Any]) -> Mapping[str, Any] | None:
        pages = scope.client("kms").get_paginator("list_aliases").paginate()
        found = next((a for page in pages for a in page["Aliases"] if a["AliasName"] == physical_id), None)
        if found is None:
            return None
        target = str(properties.get("TargetKeyId", ""))
        same = target.rsplit("/", 1)[-1] == found["TargetKeyId"]  # templates may name the key by id or by ARN
        return {"AliasName": physical_id, "TargetKeyId": target if same else found["TargetKeyId"]}

    def update(self, scope: Scope, physical_id: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Made:
        Api(scope, "kms").call("update_alias", AliasName=physical_id, TargetKeyId=after["TargetKeyId"])
        return Made(physical_id)

    def delete(self, scope: Scope, physical_id: str, properties: Mapping[str, Any]) -> None:
        Api(scope, "kms").drop("delete_alias", AliasName=physical_id)


HANDLERS = (Alias(), Key())
