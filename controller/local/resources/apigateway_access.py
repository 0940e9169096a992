"""REST interfaces: how they are opened to callers. Deployments, stages, keys and plans."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from controller.local.resources.api import Api
from controller.local.resources.apigateway import SERVICE, Properties, backend, refuse_unknown
from controller.local.resources.handler import Made, Scope
from controller.local.resources.naming import name_of
from controller.local.resources.shapes import reflect, to_api
from controller.local.resources.tagging import live_tags, wanted_tags


class Deployment:
    """A snapshot: only its description changes in place."""

    type = "AWS::ApiGateway::Deployment"

    def create(self, scope: Scope, properties: Properties) -> Made:
        refuse_unknown(self.type, properties, ("Description", "RestApiId", "StageName"))
        made = Api(scope, SERVICE).call("create_deployment", properties)
        return Made(made["id"], {"DeploymentId": made["id"]})

    def read(self, scope: Scope, physical_id: str, properties: Properties) -> Properties | None:
        who = {"restApiId": properties["RestApiId"], "deploymentId": physical_id}
        found = Api(scope, SERVICE).find("get_deployment", **who)
        return None if found is None else {**properties, "Description": found.get("description", "")}

    def update(self, scope: Scope, physical_id: str, before: Properties, after: Properties) -> Made:
        live = backend(scope).get_deployment(after["RestApiId"], physical_id)
        live.description = after.get("Description", "")
        return Made(physical_id, {"DeploymentId": physical_id})

    def delete(self, scope: Scope, physical_id: str, properties: Properties) -> None:
        api, rest_api = Api(scope, SERVICE), properties["RestApiId"]
        if api.find("get_deployment", restApiId=rest_api, deploymentId=physical_id) is not None:
            api.drop("delete_deployment", restApiId=rest_api, deploymentId=physical_id)


class Stage:
    """Settings of methods are a list in templates and a map by `<resource>/<method>` in the interface."""

    type = "AWS::ApiGateway::Stage"
    known = (
        "AccessLogSetting", "CacheClusterEnabled", "CacheClusterSize", "DeploymentId", "Description",
        "MethodSettings", "RestApiId", "StageName", "Tags", "TracingEnabled", "Variables",
    )  # fmt: skip

    def create(self, scope: Scope, properties: Properties) -> Made:
        refuse_unknown(self.type, properties, self.known)
        name = name_of(scope, properties, "StageName", 128)
        words = {key: value for key, value in properties.items() if key != "Tags"}
        tags = wanted_tags(scope, properties)
        Api(scope, SERVICE).make(name, "create_stage", words, stageName=name, tags=tags)
        self._settle(scope, name, properties)
        return Made(name)

    def read(self, scope: Scope, physical_id: str, properties: Properties) -> Properties | None:
        who = {"restApiId": properties["RestApiId"], "stageName": physical_id}
        found = Api(scope, SERVICE).find("get_stage", **who)
        if found is None:
            return None
        live = {**found, "AccessLogSetting": found.get("accessLogSettings") or {}}
        hidden = {"RestApiId", "Tags", "MethodSettings"}
        answer = reflect({key: value for key, value in properties.items() if key not in hidden}, live)
        settings = found.get("methodSettings", {})
        if "MethodSettings" in properties:
            answer["MethodSettings"] = [_live_setting(item, settings) for item in properties["MethodSettings"]]
        if "Tags" in properties:
            answer["Tags"] = live_tags(scope, properties, found.get("tags") or {})
        return {"RestApiId": properties["RestApiId"], **answer}

    def update(self, scope: Scope, physical_id: str, before: Properties, after: Properties) -> Made:
        refuse_unknown(self.type, after, self.known)
        self._settle(scope, physical_id, after)
        return Made(physical_id)

    def delete(self, scope: Scope, physical_id: str, properties: Properties) -> None:
        who = {"restApiId": properties["RestApiId"], "stageName": physical_id}
        Api(scope, SERVICE).drop("delete_stage", **who)

    def _settle(self, scope: Scope, name: str, properties: Properties) -> None:
        live = backend(scope).get_stage(properties["RestApiId"], name)
        live.deployment_id = properties.get("DeploymentId")
        live.description = properties.get("Description", "")
        live.variables = dict(properties.get("Variables", {}))
        live.tracing_enabled = properties.get("TracingEnabled", False)
        live.tags = wanted_tags(scope, properties)
        log = properties.get("AccessLogSetting")
        live.access_log_settings = {_lower(key): value for key, value in log.items()} if log else None
        live.method_settings = {_where(item): _setting(item) for item in properties.get("MethodSettings", ())}


def _lower(key: str) -> str:
    return key[0].lower() + key[1:]


def _where(item: Mapping[str, Any]) -> str:
    """`*/*` for all, else the path with its slashes escaped (API Gateway API reference, MethodSetting)."""
    path, method = str(item.get("ResourcePath", "/*")), item.get("HttpMethod", "*")
    return f"{'*' if path == '/*' else path.replace('/', '~1')}/{method}"


def _setting(item: Mapping[str, Any]) -> dict[str, Any]:
    return {_lower(key): value for key, value in item.items() if key not in ("ResourcePath", "HttpMethod")}


def _live_setting(item: Mapping[str, Any], settings: Mapping[str, Any]) -> dict[str, Any]:
    there = {key: item[key] for key in ("ResourcePath", "HttpMethod") if key in item}
    rest = {key: value for key, value in item.items() if key not in there}
    return {**there, **reflect(rest, settings.get(_where(item), {}))}


class ApiKey:
    type = "AWS::ApiGateway::ApiKey"

    def create(self, scope: Scope, properties: Properties) -> Made:
        api, name = Api(scope, SERVICE), name_of(scope, properties, "Name")
        words = {key: value for key, value in properties.items() if key != "Tags"}
        made = api.call("create_api_key", words, name=name, tags=wanted_tags(scope, properties))
        return Made(made["id"], {"APIKeyId": made["id"]})

    def read(self, scope: Scope, physical_id: str, properties: Properties) -> Properties | None:
        found = Api(scope, SERVICE).find("get_api_key", apiKey=physical_id, includeValue=True)
        if found is None:
            return None
        hidden = {"GenerateDistinctId", "StageKeys", "Tags"}
        answer = reflect({key: value for key, value in properties.items() if key not in hidden}, found)
        if "Tags" in properties:
            answer["Tags"] = live_tags(scope, properties, found.get("tags") or {})
        return {**answer}

    def update(self, scope: Scope, physical_id: str, before: Properties, after: Properties) -> Made:
        live = backend(scope).get_api_key(physical_id)
        live.description = after.get("Description")
        live.enabled = after.get("Enabled", False)
        live.customer_id = after.get("CustomerId")
        live.tags = wanted_tags(scope, after)
        return Made(physical_id, {"APIKeyId": physical_id})

    def delete(self, scope: Scope, physical_id: str, properties: Properties) -> None:
        Api(scope, SERVICE).drop("delete_api_key", apiKey=physical_id)


class UsagePlan:
    type = "AWS::ApiGateway::UsagePlan"

    def create(self, scope: Scope, properties: Properties) -> Made:
        api, name = Api(scope, SERVICE), name_of(scope, properties, "UsagePlanName")
        words = {key: value for key, value in properties.items() if key != "Tags"}
        made = api.call("create_usage_plan", _plan(words), name=name, tags=wanted_tags(scope, properties))
        return Made(made["id"], {"Id": made["id"]})

    def read(self, scope: Scope, physical_id: str, properties: Properties) -> Properties | None:
        found = Api(scope, SERVICE).find("get_usage_plan", usagePlanId=physical_id)
        if found is None:
            return None
        stages = [{**stage, "Stage": stage["stage"]} for stage in found.get("apiStages", ())]
        live = {**found, "UsagePlanName": found["name"], "ApiStages": stages}
        answer = reflect({key: value for key, value in properties.items() if key != "Tags"}, live)
        if "Tags" in properties:
            answer["Tags"] = live_tags(scope, properties, found.get("tags") or {})
        return {**answer}

    def update(self, scope: Scope, physical_id: str, before: Properties, after: Properties) -> Made:
        api, live = Api(scope, SERVICE), backend(scope).get_usage_plan(physical_id)
        words = to_api(api.client, "create_usage_plan", _plan(after))
        live.name = words.get("name", live.name)
        live.description = words.get("description")
        live.api_stages = words.get("apiStages", [])
        live.throttle, live.quota = words.get("throttle", {}), words.get("quota", {})
        live.tags = wanted_tags(scope, after)
        return Made(physical_id, {"Id": physical_id})

    def delete(self, scope: Scope, physical_id: str, properties: Properties) -> None:
        """Stages are let go first: a plan that still holds any cannot go (API Gateway user guide, usage plans)."""
        api = Api(scope, SERVICE)
        if api.find("get_usage_plan", usagePlanId=physical_id) is not None:
            api.drop("delete_usage_plan", usagePlanId=physical_id)


def _plan(properties: Properties) -> dict[str, Any]:
    return {"name" if key == "UsagePlanName" else key: value for key, value in properties.items() if key != "Tags"}


class UsagePlanKey:
    """Every property replaces, so there is nothing to change in place."""

    type = "AWS::ApiGateway::UsagePlanKey"

    def create(self, scope: Scope, properties: Properties) -> Made:
        Api(scope, SERVICE).call("create_usage_plan_key", properties)
        own = f"{properties['KeyId']}:{properties['UsagePlanId']}"
        return Made(own, {"Id": own})

    def read(self, scope: Scope, physical_id: str, properties: Properties) -> Properties | None:
        found = Api(scope, SERVICE).find("get_usage_plan_key", **_pair(properties))
        return None if found is None else dict(properties)

    def update(self, scope: Scope, physical_id: str, before: Properties, after: Properties) -> Made:
        return Made(physical_id, {"Id": physical_id})

    def delete(self, scope: Scope, physical_id: str, properties: Properties) -> None:
        api = Api(scope, SERVICE)
        if api.find("get_usage_plan_key", **_pair(properties)) is not None:
            api.drop("delete_usage_plan_key", **_pair(properties))


def _pair(properties: Properties) -> dict[str, Any]:
    return {"usagePlanId": properties["UsagePlanId"], "keyId": properties["KeyId"]}


class Account:
    """One for an account and region: CloudFormation's delete leaves it as it is."""

    type = "AWS::ApiGateway::Account"

    def create(self, scope: Scope, properties: Properties) -> Made:
        self._put(scope, properties)
        own = name_of(scope, {}, "")
        return Made(own, {"Id": own})

    def read(self, scope: Scope, physical_id: str, properties: Properties) -> Properties | None:
        found = Api(scope, SERVICE).call("get_account")
        return {"CloudWatchRoleArn": found.get("cloudwatchRoleArn")} if properties else {}

    def update(self, scope: Scope, physical_id: str, before: Properties, after: Properties) -> Made:
        self._put(scope, after)
        return Made(physical_id, {"Id": physical_id})

    def delete(self, scope: Scope, physical_id: str, properties: Properties) -> None:
        return

    def _put(self, scope: Scope, properties: Properties) -> None:
        patch = {"op": "replace", "path": "/cloudwatchRoleArn", "value": properties.get("CloudWatchRoleArn", "")}
        Api(scope, SERVICE).call("update_account", patchOperations=[patch])


HANDLERS = (Account(), ApiKey(), Deployment(), Stage(), UsagePlan(), UsagePlanKey())
