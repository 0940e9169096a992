"""Policies that stand as resources of their own: managed ones, and inline ones put on roles, users and groups."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from controller.local.resources.api import Api
from controller.local.resources.handler import Made, Scope
from controller.local.resources.naming import generated, name_of
from controller.local.resources.tagging import Tagging, wanted_tags

VERSIONS = 5  # of a managed policy; IAM user guide, quotas
NAME_LIMIT = 128
HOLDERS = (("Roles", "role", "RoleName"), ("Users", "user", "UserName"), ("Groups", "group", "GroupName"))
TAGGING = Tagging("tag_policy", "untag_policy", "list_policy_tags", "PolicyArn")

Holder = tuple[str, str, str]  # kind, argument that names it, name


def holders(properties: Mapping[str, Any]) -> set[Holder]:
    return {(kind, key, str(name)) for field, kind, key in HOLDERS for name in properties.get(field, ())}


class ManagedPolicy:
    type = "AWS::IAM::ManagedPolicy"

    def create(self, scope: Scope, properties: Mapping[str, Any]) -> Made:
        api, name = Api(scope, "iam"), name_of(scope, properties, "ManagedPolicyName", NAME_LIMIT)
        values = {key: properties[key] for key in ("Description", "Path", "PolicyDocument") if key in properties}
        tags = TAGGING.form(wanted_tags(scope, properties))
        made = api.make(name, "create_policy", values, PolicyName=name, Tags=tags)["Policy"]
        self._attach(api, made["Arn"], set(), holders(properties))
        return self._made(api, made["Arn"])

    def read(self, scope: Scope, physical_id: str, properties: Mapping[str, Any]) -> Mapping[str, Any] | None:
        api = Api(scope, "iam")
        found = api.find("get_policy", PolicyArn=physical_id)
        if found is None:
            return None
        policy = found["Policy"]
        version = api.call("get_policy_version", PolicyArn=physical_id, VersionId=policy["DefaultVersionId"])
        there = api.call("list_entities_for_policy", PolicyArn=physical_id)
        live: dict[str, Any] = {
            "ManagedPolicyName": policy["PolicyName"],
            "Path": policy["Path"],
            "Description": policy.get("Description", ""),
            "PolicyDocument": version["PolicyVersion"]["Document"],
        }
        for field, _, key in HOLDERS:
            wanted, names = list(properties.get(field, ())), {item[key] for item in there[f"Policy{field}"]}
            live[field] = [name for name in wanted if name in names] + sorted(names - set(wanted))
        return {key: value for key, value in live.items() if key in properties}

    def update(self, scope: Scope, physical_id: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Made:
        api = Api(scope, "iam")
        if before["PolicyDocument"] != after["PolicyDocument"]:
            versions = self._versions(api, physical_id)
            if len(versions) >= VERSIONS - 1:
                api.drop("delete_policy_version", PolicyArn=physical_id, VersionId=versions[0])
            document = after["PolicyDocument"]
            api.call("create_policy_version", PolicyArn=physical_id, PolicyDocument=document, SetAsDefault=True)
        self._attach(api, physical_id, holders(before), holders(after))
        TAGGING.replace(api, physical_id, wanted_tags(scope, before), wanted_tags(scope, after))
        return self._made(api, physical_id)

    def delete(self, scope: Scope, physical_id: str, properties: Mapping[str, Any]) -> None:
        api = Api(scope, "iam")
        if api.find("get_policy", PolicyArn=physical_id) is None:
            return
        self._attach(api, physical_id, holders(properties), set())
        for version in self._versions(api, physical_id):
            api.drop("delete_policy_version", PolicyArn=physical_id, VersionId=version)
        api.drop("delete_policy", PolicyArn=physical_id)

    def _versions(self, api: Api, arn: str) -> list[str]:
        """The versions that are not in force, oldest first; with the default they are what the quota counts."""
        found = api.call("list_policy_versions", PolicyArn=arn)["Versions"]
        ordered = sorted(found, key=lambda version: int(version["VersionId"].removeprefix("v")))
        return [version["VersionId"] for version in ordered if not version["IsDefaultVersion"]]

    def _attach(self, api: Api, arn: str, before: set[Holder], after: set[Holder]) -> None:
        for kind, key, name in sorted(before - after):
            api.drop(f"detach_{kind}_policy", **{key: name}, PolicyArn=arn)
        for kind, key, name in sorted(after - before):
            api.call(f"attach_{kind}_policy", **{key: name}, PolicyArn=arn)

    def _made(self, api: Api, arn: str) -> Made:
        policy = api.call("get_policy", PolicyArn=arn)["Policy"]
        return Made(arn, {"PolicyArn": arn, "PolicyId": policy["PolicyId"]})


class InlinePolicy:
    """IAM::Policy puts one document on many; RolePolicy, UserPolicy and GroupPolicy each on one."""

    def __init__(self, type_name: str, kind: str = "", key: str = "") -> None:
        self.type = type_name
        self.kind = kind
        self.key = key

    def create(self, scope: Scope, properties: Mapping[str, Any]) -> Made:
        self._put(Api(scope, "iam"), properties)
        own = f"{properties['PolicyName']}|{properties[self.key]}" if self.kind else generated(scope, NAME_LIMIT)
        return Made(own)

    def read(self, scope: Scope, physical_id: str, properties: Mapping[str, Any]) -> Mapping[str, Any] | None:
        documents = list(self._documents(Api(scope, "iam"), properties))
        there = [document for document in documents if document is not None]
        if not there:
            return None
        foreign = next((document for document in there if document != properties.get("PolicyDocument")), there[0])
        return {**properties, "PolicyDocument": foreign}

    def update(self, scope: Scope, physical_id: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Made:
        api = Api(scope, "iam")
        gone = self._holders(before) - self._holders(after)
        if before["PolicyName"] != after["PolicyName"]:
            gone = self._holders(before)
        self._put(api, after)
        self._remove(api, before["PolicyName"], gone)
        return Made(physical_id)

    def delete(self, scope: Scope, physical_id: str, properties: Mapping[str, Any]) -> None:
        self._remove(Api(scope, "iam"), properties["PolicyName"], self._holders(properties))

    def _holders(self, properties: Mapping[str, Any]) -> set[Holder]:
        return {(self.kind, self.key, str(properties[self.key]))} if self.kind else holders(properties)

    def _put(self, api: Api, properties: Mapping[str, Any]) -> None:
        words = {"PolicyName": properties["PolicyName"], "PolicyDocument": properties["PolicyDocument"]}
        for kind, key, name in sorted(self._holders(properties)):
            api.call(f"put_{kind}_policy", words, **{key: name})

    def _remove(self, api: Api, policy: str, gone: set[Holder]) -> None:
        for kind, key, name in sorted(gone):
            api.drop(f"delete_{kind}_policy", **{key: name}, PolicyName=policy)

    def _documents(self, api: Api, properties: Mapping[str, Any]) -> Iterator[Any]:
        for kind, key, name in sorted(self._holders(properties)):
            found = api.find(f"get_{kind}_policy", **{key: name}, PolicyName=properties["PolicyName"])
            yield found["PolicyDocument"] if found else None


HANDLERS = (
    InlinePolicy("AWS::IAM::GroupPolicy", "group", "GroupName"),
    ManagedPolicy(),
    InlinePolicy("AWS::IAM::Policy"),
    InlinePolicy("AWS::IAM::RolePolicy", "role", "RoleName"),
    InlinePolicy("AWS::IAM::UserPolicy", "user", "UserName"),
)
