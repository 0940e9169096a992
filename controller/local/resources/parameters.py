"""Parameters, secrets and log groups: small things that hold a value or wait for lines."""

from __future__ import annotations

import json
import secrets
import string
from collections.abc import Mapping
from typing import Any

from controller.local.resources.api import Api
from controller.local.resources.handler import Made, Scope
from controller.local.resources.naming import name_of
from controller.local.resources.shapes import pairs, reflect
from controller.local.resources.tagging import Tagging, live_tags, wanted_tags

GENERATED_LENGTH = 32  # characters; Secrets Manager API reference, GetRandomPassword
SECRET_TAGS = Tagging("tag_resource", "untag_resource", "describe_secret", "SecretId")
LOG_TAGS = Tagging(
    "tag_resource", "untag_resource", "list_tags_for_resource", "resourceArn", "tags", "tagKeys", "tags", key=""
)


class Parameter:
    type = "AWS::SSM::Parameter"

    def create(self, scope: Scope, properties: Mapping[str, Any]) -> Made:
        api, name = Api(scope, "ssm"), name_of(scope, properties, "Name")
        values = {key: value for key, value in properties.items() if key != "Tags"}
        tags = [{"Key": key, "Value": value} for key, value in wanted_tags(scope, properties).items()]
        api.make(name, "put_parameter", values, Name=name, **({"Tags": tags} if tags else {}))
        return self._made(name, properties)

    def read(self, scope: Scope, physical_id: str, properties: Mapping[str, Any]) -> Mapping[str, Any] | None:
        api = Api(scope, "ssm")
        found = api.find("get_parameter", Name=physical_id)
        if found is None:
            return None
        chosen = [{"Key": "Name", "Option": "Equals", "Values": [physical_id]}]
        facts = api.call("describe_parameters", ParameterFilters=chosen)["Parameters"]
        answer = reflect(
            {k: v for k, v in properties.items() if k != "Tags"}, {**(facts[0] if facts else {}), **found["Parameter"]}
        )
        if "Tags" in properties:
            live = api.call("list_tags_for_resource", ResourceType="Parameter", ResourceId=physical_id)["TagList"]
            answer["Tags"] = live_tags(scope, properties, pairs(live))
        return {**answer}

    def update(self, scope: Scope, physical_id: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Made:
        api = Api(scope, "ssm")
        values = {key: value for key, value in after.items() if key != "Tags"}
        api.call("put_parameter", values, Name=physical_id, Overwrite=True)
        old, new = wanted_tags(scope, before), wanted_tags(scope, after)
        who = {"ResourceType": "Parameter", "ResourceId": physical_id}
        if gone := sorted(old.keys() - new.keys()):
            api.call("remove_tags_from_resource", **who, TagKeys=gone)
        if new:
            api.call("add_tags_to_resource", **who, Tags=[{"Key": k, "Value": v} for k, v in new.items()])
        return self._made(physical_id, after)

    def delete(self, scope: Scope, physical_id: str, properties: Mapping[str, Any]) -> None:
        Api(scope, "ssm").drop("delete_parameter", Name=physical_id)

    def _made(self, name: str, properties: Mapping[str, Any]) -> Made:
        return Made(name, {"Type": properties["Type"], "Value": properties["Value"]})


class Secret:
    type = "AWS::SecretsManager::Secret"

    def create(self, scope: Scope, properties: Mapping[str, Any]) -> Made:
        api, name = Api(scope, "secretsmanager"), name_of(scope, properties, "Name")
        values = {key: properties[key] for key in ("Description", "KmsKeyId", "SecretString") if key in properties}
        if "GenerateSecretString" in properties:
            values["SecretString"] = generate(properties["GenerateSecretString"])
        tags = SECRET_TAGS.form(wanted_tags(scope, properties))
        made = api.make(name, "create_secret", values, Name=name, Tags=tags)
        return self._made(made["ARN"])

    def read(self, scope: Scope, physical_id: str, properties: Mapping[str, Any]) -> Mapping[str, Any] | None:
        api = Api(scope, "secretsmanager")
        found = api.find("describe_secret", SecretId=physical_id)
        if found is None or found.get("DeletedDate"):
            return None
        readable = ("Name", "Description", "KmsKeyId")
        answer = reflect({key: properties[key] for key in readable if key in properties}, found)
        if "Tags" in properties:
            answer["Tags"] = live_tags(scope, properties, SECRET_TAGS.live(api, physical_id))
        return {**answer}

    def update(self, scope: Scope, physical_id: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Made:
        api = Api(scope, "secretsmanager")
        values = {key: after[key] for key in ("Description", "KmsKeyId") if key in after}
        if after.get("SecretString") != before.get("SecretString"):
            values["SecretString"] = after.get("SecretString")
        if after.get("GenerateSecretString") != before.get("GenerateSecretString"):
            values["SecretString"] = generate(after.get("GenerateSecretString", {}))
        api.call("update_secret", values, SecretId=physical_id)
        SECRET_TAGS.replace(api, physical_id, wanted_tags(scope, before), wanted_tags(scope, after))
        return self._made(physical_id)

    def delete(self, scope: Scope, physical_id: str, properties: Mapping[str, Any]) -> None:
        """At once: CloudFormation leaves no window to recover (CloudFormation template reference, Secret)."""
        Api(scope, "secretsmanager").drop("delete_secret", SecretId=physical_id, ForceDeleteWithoutRecovery=True)

    def _made(self, arn: str) -> Made:
        return Made(arn, {"Id": arn})


def generate(how: Mapping[str, Any]) -> str:
    """A secret as GenerateSecretString asks for it, alone or as a key of its JSON template."""
    barred = set(how.get("ExcludeCharacters", ""))
    classes = {
        "ExcludeLowercase": string.ascii_lowercase,
        "ExcludeUppercase": string.ascii_uppercase,
        "ExcludeNumbers": string.digits,
        "ExcludePunctuation": string.punctuation,
    }
    letters = [c for flag, group in classes.items() if not how.get(flag) for c in group if c not in barred]
    made = "".join(secrets.choice(letters) for _ in range(int(how.get("PasswordLength", GENERATED_LENGTH))))
    if "SecretStringTemplate" not in how:
        return made
    return json.dumps({**json.loads(how["SecretStringTemplate"]), how["GenerateStringKey"]: made})


class LogGroup:
    type = "AWS::Logs::LogGroup"

    def create(self, scope: Scope, properties: Mapping[str, Any]) -> Made:
        api, name = Api(scope, "logs"), name_of(scope, properties, "LogGroupName")
        values = {key: properties[key] for key in ("KmsKeyId", "LogGroupClass") if key in properties}
        tags = wanted_tags(scope, properties)
        api.make(name, "create_log_group", values, logGroupName=name, **({"tags": tags} if tags else {}))
        self._retention(api, name, properties)
        return self._made(api, name)

    def read(self, scope: Scope, physical_id: str, properties: Mapping[str, Any]) -> Mapping[str, Any] | None:
        api = Api(scope, "logs")
        groups = api.call("describe_log_groups", logGroupNamePrefix=physical_id)["logGroups"]
        found = next((group for group in groups if group["logGroupName"] == physical_id), None)
        if found is None:
            return None
        answer = reflect({key: value for key, value in properties.items() if key != "Tags"}, found)
        if "RetentionInDays" in properties:
            answer.setdefault("RetentionInDays", 0)  # kept for ever
        if "Tags" in properties:
            answer["Tags"] = live_tags(scope, properties, LOG_TAGS.live(api, api.arn(f"log-group:{physical_id}")))
        return {**answer}

    def update(self, scope: Scope, physical_id: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Made:
        api = Api(scope, "logs")
        self._retention(api, physical_id, after)
        if before.get("KmsKeyId") != after.get("KmsKeyId"):
            key = after.get("KmsKeyId")
            who = {"logGroupName": physical_id}
            api.call("associate_kms_key", **who, kmsKeyId=key) if key else api.call("disassociate_kms_key", **who)
        target = api.arn(f"log-group:{physical_id}")
        LOG_TAGS.replace(api, target, wanted_tags(scope, before), wanted_tags(scope, after))
        return self._made(api, physical_id)

    def delete(self, scope: Scope, physical_id: str, properties: Mapping[str, Any]) -> None:
        Api(scope, "logs").drop("delete_log_group", logGroupName=physical_id)

    def _retention(self, api: Api, name: str, properties: Mapping[str, Any]) -> None:
        days = properties.get("RetentionInDays")
        if days is None:
            api.drop("delete_retention_policy", logGroupName=name)
        else:
            api.call("put_retention_policy", logGroupName=name, retentionInDays=days)

    def _made(self, api: Api, name: str) -> Made:
        return Made(name, {"Arn": api.arn(f"log-group:{name}:*")})


class LogStream:
    """Every property replaces, so there is nothing to change in place."""

    type = "AWS::Logs::LogStream"

    def create(self, scope: Scope, properties: Mapping[str, Any]) -> Made:
        name = name_of(scope, properties, "LogStreamName")
        group = properties["LogGroupName"]
        Api(scope, "logs").make(name, "create_log_stream", logGroupName=group, logStreamName=name)
        return Made(name)

    def read(self, scope: Scope, physical_id: str, properties: Mapping[str, Any]) -> Mapping[str, Any] | None:
        who = {"logGroupName": properties["LogGroupName"], "logStreamNamePrefix": physical_id}
        found = Api(scope, "logs").find("describe_log_streams", **who) or {}
        there = any(stream["logStreamName"] == physical_id for stream in found.get("logStreams", ()))
        return dict(properties) if there else None

    def update(self, scope: Scope, physical_id: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Made:
        return Made(physical_id)

    def delete(self, scope: Scope, physical_id: str, properties: Mapping[str, Any]) -> None:
        group = properties["LogGroupName"]
        Api(scope, "logs").drop("delete_log_stream", logGroupName=group, logStreamName=physical_id)


HANDLERS = (LogGroup(), LogStream(), Parameter(), Secret())
