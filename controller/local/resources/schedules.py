"""What starts flows: EventBridge rules and schedules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from controller.local.resources.api import Api, Taken
from controller.local.resources.handler import Made, Scope
from controller.local.resources.naming import name_of
from controller.local.resources.shapes import reflect
from controller.local.resources.tagging import Tagging, live_tags, wanted_tags

DEFAULT_BUS = "default"
NAME_LIMIT = 64  # characters; EventBridge API reference, PutRule
RULE_TAGS = Tagging("tag_resource", "untag_resource", "list_tags_for_resource", "ResourceARN")
GROUP_TAGS = Tagging("tag_resource", "untag_resource", "list_tags_for_resource", "ResourceArn")


class Rule:
    """Ref answers the name, behind the bus where that is not the default one."""

    type = "AWS::Events::Rule"

    def create(self, scope: Scope, properties: Mapping[str, Any]) -> Made:
        api, name = Api(scope, "events"), name_of(scope, properties, "Name", NAME_LIMIT)
        if api.find("describe_rule", Name=name, **_bus(properties)) is not None:  # PutRule would overwrite it
            raise Taken(f"{name} already exists")
        self._put(api, name, properties, wanted_tags(scope, properties))
        self._targets(api, name, {}, properties)
        return self._made(api, name, properties)

    def read(self, scope: Scope, physical_id: str, properties: Mapping[str, Any]) -> Mapping[str, Any] | None:
        api, name = Api(scope, "events"), physical_id.split("|")[-1]
        found = api.find("describe_rule", Name=name, **_bus(properties))
        if found is None:
            return None
        live = {**found, "Targets": api.call("list_targets_by_rule", Rule=name, **_bus(properties))["Targets"]}
        answer = reflect({key: value for key, value in properties.items() if key != "Tags"}, live)
        if "Tags" in properties:
            answer["Tags"] = live_tags(scope, properties, RULE_TAGS.live(api, found["Arn"]))
        return {**answer}

    def update(self, scope: Scope, physical_id: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Made:
        api, name = Api(scope, "events"), physical_id.split("|")[-1]
        self._put(api, name, after, {})
        self._targets(api, name, before, after)
        made = self._made(api, name, after)
        RULE_TAGS.replace(api, made.attributes["Arn"], wanted_tags(scope, before), wanted_tags(scope, after))
        return made

    def delete(self, scope: Scope, physical_id: str, properties: Mapping[str, Any]) -> None:
        api, name = Api(scope, "events"), physical_id.split("|")[-1]
        if api.find("describe_rule", Name=name, **_bus(properties)) is not None:
            self._targets(api, name, properties, {})
            api.drop("delete_rule", Name=name, **_bus(properties))

    def _put(self, api: Api, name: str, properties: Mapping[str, Any], tags: Mapping[str, str]) -> None:
        words = {key: value for key, value in properties.items() if key not in ("Targets", "Tags")}
        tagged = {"Tags": RULE_TAGS.form(tags)} if tags else {}
        api.call("put_rule", {"State": "ENABLED", **words}, Name=name, **tagged)

    def _targets(self, api: Api, name: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
        wanted = after.get("Targets", [])
        gone = {item["Id"] for item in before.get("Targets", ())} - {item["Id"] for item in wanted}
        bus = _bus(after or before)
        if gone:
            api.call("remove_targets", Rule=name, Ids=sorted(gone), **bus)
        if wanted:
            api.call("put_targets", Rule=name, Targets=wanted, **bus)

    def _made(self, api: Api, name: str, properties: Mapping[str, Any]) -> Made:
        arn = api.call("describe_rule", Name=name, **_bus(properties))["Arn"]
        bus = properties.get("EventBusName", DEFAULT_BUS)
        return Made(name if bus == DEFAULT_BUS else f"{bus}|{name}", {"Arn": arn})


def _bus(properties: Mapping[str, Any]) -> dict[str, str]:
    return {"EventBusName": str(properties["EventBusName"])} if "EventBusName" in properties else {}


class Schedule:
    type = "AWS::Scheduler::Schedule"

    def create(self, scope: Scope, properties: Mapping[str, Any]) -> Made:
        api, name = Api(scope, "scheduler"), name_of(scope, properties, "Name", NAME_LIMIT)
        arn = api.make(name, "create_schedule", properties, Name=name)["ScheduleArn"]
        return Made(name, {"Arn": arn})

    def read(self, scope: Scope, physical_id: str, properties: Mapping[str, Any]) -> Mapping[str, Any] | None:
        found = Api(scope, "scheduler").find("get_schedule", Name=physical_id, **self._group(properties))
        return None if found is None else {**reflect(properties, found)}

    def update(self, scope: Scope, physical_id: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Made:
        """Whole: what is left out falls back to its default (EventBridge Scheduler API reference, UpdateSchedule)."""
        arn = Api(scope, "scheduler").call("update_schedule", after, Name=physical_id)["ScheduleArn"]
        return Made(physical_id, {"Arn": arn})

    def delete(self, scope: Scope, physical_id: str, properties: Mapping[str, Any]) -> None:
        Api(scope, "scheduler").drop("delete_schedule", Name=physical_id, **self._group(properties))

    def _group(self, properties: Mapping[str, Any]) -> dict[str, str]:
        return {"GroupName": str(properties["GroupName"])} if "GroupName" in properties else {}


class ScheduleGroup:
    type = "AWS::Scheduler::ScheduleGroup"

    def create(self, scope: Scope, properties: Mapping[str, Any]) -> Made:
        api, name = Api(scope, "scheduler"), name_of(scope, properties, "Name", NAME_LIMIT)
        tags = GROUP_TAGS.form(wanted_tags(scope, properties))
        arn = api.make(name, "create_schedule_group", Name=name, Tags=tags)["ScheduleGroupArn"]
        return Made(name, {"Arn": arn, "State": "ACTIVE"})

    def read(self, scope: Scope, physical_id: str, properties: Mapping[str, Any]) -> Mapping[str, Any] | None:
        api = Api(scope, "scheduler")
        found = api.find("get_schedule_group", Name=physical_id)
        if found is None:
            return None
        live = {"Name": physical_id, "Tags": live_tags(scope, properties, GROUP_TAGS.live(api, found["Arn"]))}
        return {key: value for key, value in live.items() if key in properties}

    def update(self, scope: Scope, physical_id: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Made:
        api = Api(scope, "scheduler")
        arn = api.call("get_schedule_group", Name=physical_id)["Arn"]
        GROUP_TAGS.replace(api, arn, wanted_tags(scope, before), wanted_tags(scope, after))
        return Made(physical_id, {"Arn": arn, "State": "ACTIVE"})

    def delete(self, scope: Scope, physical_id: str, properties: Mapping[str, Any]) -> None:
        api = Api(scope, "scheduler")
        if api.find("get_schedule_group", Name=physical_id) is not None:
            api.drop("delete_schedule_group", Name=physical_id)


HANDLERS = (Rule(), Schedule(), ScheduleGroup())
