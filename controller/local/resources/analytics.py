"""Athena work groups and CloudWatch alarms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from controller.local.resources.api import Api, Taken
from controller.local.resources.handler import Made, Scope
from controller.local.resources.naming import name_of
from controller.local.resources.shapes import reflect
from controller.local.resources.tagging import Tagging, live_tags, wanted_tags

ALARM_TAGS = Tagging("tag_resource", "untag_resource", "list_tags_for_resource", "ResourceARN")
GROUP_TAGS = Tagging("tag_resource", "untag_resource", "list_tags_for_resource", "ResourceARN")


class WorkGroup:
    type = "AWS::Athena::WorkGroup"

    def create(self, scope: Scope, properties: Mapping[str, Any]) -> Made:
        api, name = Api(scope, "athena"), name_of(scope, properties, "Name", 128)
        words = {"Description": properties.get("Description"), "Configuration": self._configuration(properties)}
        api.make(name, "create_work_group", words, Name=name, Tags=GROUP_TAGS.form(wanted_tags(scope, properties)))
        if "State" in properties:
            api.call("update_work_group", WorkGroup=name, State=properties["State"])
        return Made(name)

    def read(self, scope: Scope, physical_id: str, properties: Mapping[str, Any]) -> Mapping[str, Any] | None:
        api = Api(scope, "athena")
        found = (api.find("get_work_group", WorkGroup=physical_id) or {}).get("WorkGroup")
        if not found:
            return None
        live = {**found, "WorkGroupConfiguration": found["Configuration"]}
        answer = reflect({k: v for k, v in properties.items() if k not in ("Tags", "RecursiveDeleteOption")}, live)
        if "Tags" in properties:
            target = api.arn(f"workgroup/{physical_id}")
            answer["Tags"] = live_tags(scope, properties, GROUP_TAGS.live(api, target))
        return {**answer}

    def update(self, scope: Scope, physical_id: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Made:
        api = Api(scope, "athena")
        updates = self._configuration(after)
        results = updates.pop("ResultConfiguration", None)
        if results is not None:
            updates["ResultConfigurationUpdates"] = results
        if "BytesScannedCutoffPerQuery" not in updates:
            updates["RemoveBytesScannedCutoffPerQuery"] = True
        words = {"Description": after.get("Description", ""), "State": after.get("State", "ENABLED")}
        api.call("update_work_group", words, WorkGroup=physical_id, ConfigurationUpdates=updates)
        target = api.arn(f"workgroup/{physical_id}")
        GROUP_TAGS.replace(api, target, wanted_tags(scope, before), wanted_tags(scope, after))
        return Made(physical_id)

    def delete(self, scope: Scope, physical_id: str, properties: Mapping[str, Any]) -> None:
        api = Api(scope, "athena")
        recursive = properties.get("RecursiveDeleteOption", False)
        api.drop("delete_work_group", WorkGroup=physical_id, RecursiveDeleteOption=recursive)

    def _configuration(self, properties: Mapping[str, Any]) -> dict[str, Any]:
        return dict(properties.get("WorkGroupConfiguration", {}))


class Alarm:
    type = "AWS::CloudWatch::Alarm"

    def create(self, scope: Scope, properties: Mapping[str, Any]) -> Made:
        api, name = Api(scope, "cloudwatch"), name_of(scope, properties, "AlarmName")
        if self._live(api, name) is not None:  # PutMetricAlarm itself would overwrite it
            raise Taken(f"{name} already exists")
        tags = ALARM_TAGS.form(wanted_tags(scope, properties))
        api.call("put_metric_alarm", properties, AlarmName=name, Tags=tags)
        return self._made(api, name)

    def read(self, scope: Scope, physical_id: str, properties: Mapping[str, Any]) -> Mapping[str, Any] | None:
        api = Api(scope, "cloudwatch")
        found = self._live(api, physical_id)
        if found is None:
            return None
        answer = reflect({key: value for key, value in properties.items() if key != "Tags"}, found)
        if "Tags" in properties:
            answer["Tags"] = live_tags(scope, properties, ALARM_TAGS.live(api, api.arn(f"alarm:{physical_id}")))
        return {**answer}

    def update(self, scope: Scope, physical_id: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Made:
        api = Api(scope, "cloudwatch")
        words = {key: value for key, value in after.items() if key != "Tags"}
        api.call("put_metric_alarm", words, AlarmName=physical_id)
        target = api.arn(f"alarm:{physical_id}")
        ALARM_TAGS.replace(api, target, wanted_tags(scope, before), wanted_tags(scope, after))
        return self._made(api, physical_id)

    def delete(self, scope: Scope, physical_id: str, properties: Mapping[str, Any]) -> None:
        Api(scope, "cloudwatch").drop("delete_alarms", AlarmNames=[physical_id])

    def _live(self, api: Api, name: str) -> dict[str, Any] | None:
        found = api.call("describe_alarms", AlarmNames=[name]).get("MetricAlarms", [])
        return dict(found[0]) if found else None

    def _made(self, api: Api, name: str) -> Made:
        return Made(name, {"Arn": api.arn(f"alarm:{name}")})


HANDLERS = (Alarm(), WorkGroup())
