"""Roles, users and access keys: identities with their inline and attached policies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from controller.local.resources.api import Api
from controller.local.resources.handler import Made, ResourceFailed, Scope
from controller.local.resources.naming import name_of
from controller.local.resources.shapes import reflect
from controller.local.resources.tagging import Tagging, live_tags, wanted_tags
from controller.local.services.iam import know_managed_policy

NAME_LIMIT = 64  # characters; IAM user guide, quotas
ACCESS_KEYS_OF = "UserName"


class Identity:
    """What roles and users share. `kind` is `role` or `user`, as in IAM's own operations."""

    def __init__(self, kind: str, own: tuple[str, ...]) -> None:
        self.kind = kind
        self.title = kind.capitalize()
        self.type = f"AWS::IAM::{self.title}"
        self.key = f"{self.title}Name"
        self.own = own  # properties that create_<kind> takes beside the name
        self.tagging = Tagging(f"tag_{kind}", f"untag_{kind}", f"list_{kind}_tags", self.key)

    def create(self, scope: Scope, properties: Mapping[str, Any]) -> Made:
        api, name = Api(scope, "iam"), name_of(scope, properties, self.key, NAME_LIMIT)
        self._know(scope, properties)
        values = {key: properties[key] for key in self.own if key in properties}
        tags = self.tagging.form(wanted_tags(scope, properties))
        api.make(name, f"create_{self.kind}", values, **{self.key: name}, Tags=tags)
        try:
            self._policies(api, name, {}, properties)
            self._groups(api, name, {}, properties)
        except ResourceFailed:
            self.delete(scope, name, properties)
            raise
        return self._made(api, name)

    def read(self, scope: Scope, physical_id: str, properties: Mapping[str, Any]) -> Mapping[str, Any] | None:
        api = Api(scope, "iam")
        found = api.find(f"get_{self.kind}", **{self.key: physical_id})
        if found is None:
            return None
        live = dict(found[self.title])
        boundary = live.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn")
        live["PermissionsBoundary"] = boundary if boundary else ""
        live["ManagedPolicyArns"] = self._attached(api, physical_id)
        live["Policies"] = [
            {"PolicyName": name, "PolicyDocument": self._inline(api, physical_id, name)}
            for name in self._inline_names(api, physical_id)
        ]
        answer = reflect({key: value for key, value in properties.items() if key != "Tags"}, live)
        if "Policies" in properties:
            answer["Policies"] = self._of_template(properties["Policies"], live["Policies"])
        if "Tags" in properties:
            answer["Tags"] = live_tags(scope, properties, self.tagging.live(api, physical_id))
        return {**answer}

    def update(self, scope: Scope, physical_id: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Made:
        api = Api(scope, "iam")
        self._know(scope, after)
        who = {self.key: physical_id}
        trust = after.get("AssumeRolePolicyDocument")
        if before.get("AssumeRolePolicyDocument") != trust:
            api.call("update_assume_role_policy", **who, PolicyDocument=trust)
        facts = ("Description", "MaxSessionDuration")
        if any(before.get(key) != after.get(key) for key in facts):
            api.call("update_role", {key: after[key] for key in facts if key in after}, **who)
        if before.get("PermissionsBoundary") != after.get("PermissionsBoundary"):
            self._boundary(api, physical_id, after.get("PermissionsBoundary"))
        self._policies(api, physical_id, before, after)
        self._groups(api, physical_id, before, after)
        self.tagging.replace(api, physical_id, wanted_tags(scope, before), wanted_tags(scope, after))
        return self._made(api, physical_id)

    def delete(self, scope: Scope, physical_id: str, properties: Mapping[str, Any]) -> None:
        api = Api(scope, "iam")
        if api.find(f"get_{self.kind}", **{self.key: physical_id}) is None:
            return
        self._policies(api, physical_id, properties, {})
        self._groups(api, physical_id, properties, {})
        api.drop(f"delete_{self.kind}", **{self.key: physical_id})

    def _know(self, scope: Scope, properties: Mapping[str, Any]) -> None:
        for arn in (*properties.get("ManagedPolicyArns", ()), properties.get("PermissionsBoundary")):
            if arn:
                know_managed_policy(scope.account, str(arn))

    def _boundary(self, api: Api, name: str, arn: str | None) -> None:
        if arn is None:
            api.drop(f"delete_{self.kind}_permissions_boundary", **{self.key: name})
        else:
            api.call(f"put_{self.kind}_permissions_boundary", **{self.key: name}, PermissionsBoundary=arn)

    def _policies(self, api: Api, name: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
        """Bring inline and attached policies from those of one template to those of another; others stay."""
        who = {self.key: name}
        old = {item["PolicyName"]: item["PolicyDocument"] for item in before.get("Policies", ())}
        new = {item["PolicyName"]: item["PolicyDocument"] for item in after.get("Policies", ())}
        for gone in sorted(old.keys() - new.keys()):
            api.drop(f"delete_{self.kind}_policy", **who, PolicyName=gone)
        for policy, document in sorted(new.items()):
            if old.get(policy) != document:
                api.call(f"put_{self.kind}_policy", **who, PolicyName=policy, PolicyDocument=document)
        was, wanted = set(before.get("ManagedPolicyArns", ())), set(after.get("ManagedPolicyArns", ()))
        for arn in sorted(was - wanted):
            api.drop(f"detach_{self.kind}_policy", **who, PolicyArn=arn)
        for arn in sorted(wanted - was):
            api.call(f"attach_{self.kind}_policy", **who, PolicyArn=arn)

    def _groups(self, api: Api, name: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
        was, wanted = set(before.get("Groups", ())), set(after.get("Groups", ()))
        for group in sorted(was - wanted):
            api.drop("remove_user_from_group", UserName=name, GroupName=group)
        for group in sorted(wanted - was):
            api.call("add_user_to_group", UserName=name, GroupName=group)

    def _attached(self, api: Api, name: str) -> list[str]:
        found = api.call(f"list_attached_{self.kind}_policies", **{self.key: name})
        return [policy["PolicyArn"] for policy in found["AttachedPolicies"]]

    def _inline_names(self, api: Api, name: str) -> list[str]:
        return list(api.call(f"list_{self.kind}_policies", **{self.key: name})["PolicyNames"])

    def _inline(self, api: Api, name: str, policy: str) -> Any:
        found = api.find(f"get_{self.kind}_policy", **{self.key: name}, PolicyName=policy)
        return found["PolicyDocument"] if found else {}

    def _of_template(self, wanted: list[Mapping[str, Any]], live: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """The template's policies in its order; policies from elsewhere, such as IAM::Policy, are not its business."""
        there = {item["PolicyName"]: item for item in live}
        return [there[item["PolicyName"]] for item in wanted if item["PolicyName"] in there]

    def _made(self, api: Api, name: str) -> Made:
        found = api.call(f"get_{self.kind}", **{self.key: name})[self.title]
        return Made(name, {"Arn": found["Arn"], f"{self.title}Id": found[f"{self.title}Id"]})


class AccessKey:
    """The secret is an attribute, given once: IAM does not tell it again (IAM user guide, access keys)."""

    type = "AWS::IAM::AccessKey"

    def create(self, scope: Scope, properties: Mapping[str, Any]) -> Made:
        api, user = Api(scope, "iam"), str(properties["UserName"])
        made = api.call("create_access_key", UserName=user)["AccessKey"]
        if properties.get("Status", "Active") != "Active":
            api.call("update_access_key", UserName=user, AccessKeyId=made["AccessKeyId"], Status=properties["Status"])
        return Made(made["AccessKeyId"], {"SecretAccessKey": made["SecretAccessKey"]})

    def read(self, scope: Scope, physical_id: str, properties: Mapping[str, Any]) -> Mapping[str, Any] | None:
        found = Api(scope, "iam").find("list_access_keys", UserName=properties["UserName"]) or {}
        keys = {key["AccessKeyId"]: key for key in found.get("AccessKeyMetadata", ())}
        return None if physical_id not in keys else reflect(properties, keys[physical_id])

    def update(self, scope: Scope, physical_id: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Made:
        status = after.get("Status", "Active")
        Api(scope, "iam").call("update_access_key", UserName=after["UserName"], AccessKeyId=physical_id, Status=status)
        return Made(physical_id)

    def delete(self, scope: Scope, physical_id: str, properties: Mapping[str, Any]) -> None:
        Api(scope, "iam").drop("delete_access_key", UserName=properties["UserName"], AccessKeyId=physical_id)


HANDLERS = (
    AccessKey(),
    Identity("role", ("AssumeRolePolicyDocument", "Description", "MaxSessionDuration", "Path", "PermissionsBoundary")),
    Identity("user", ("Path", "PermissionsBoundary")),
)
