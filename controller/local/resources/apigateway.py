"""REST interfaces: what a caller can ask. Changes in place go to moto's models, whose patch operations are too few."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from moto.apigateway.models import apigateway_backends

from controller.local.resources.api import Api
from controller.local.resources.handler import Made, ResourceFailed, Scope
from controller.local.resources.naming import name_of
from controller.local.resources.shapes import reflect, to_api
from controller.local.resources.tagging import live_tags, wanted_tags

SERVICE = "apigateway"
Properties = Mapping[str, Any]
REST_FIELDS = {  # property: (argument of create, field of moto's model)
    "ApiKeySourceType": ("apiKeySource", "api_key_source"),
    "BinaryMediaTypes": ("binaryMediaTypes", "binaryMediaTypes"),
    "Description": ("description", "description"),
    "DisableExecuteApiEndpoint": ("disableExecuteApiEndpoint", "disableExecuteApiEndpoint"),
    "EndpointConfiguration": ("endpointConfiguration", "endpoint_configuration"),
    "MinimumCompressionSize": ("minimumCompressionSize", "minimum_compression_size"),
    "Name": ("name", "name"),
    "Policy": ("policy", "policy"),
}


def backend(scope: Scope) -> Any:
    return apigateway_backends[scope.account][scope.region]


def refuse_unknown(type_name: str, properties: Properties, known: tuple[str, ...]) -> None:
    if unknown := sorted(properties.keys() - set(known)):
        raise ResourceFailed(f"property that the embedded AWS cannot make: {', '.join(unknown)} of {type_name}")


class RestApi:
    type = "AWS::ApiGateway::RestApi"

    def create(self, scope: Scope, properties: Properties) -> Made:
        refuse_unknown(self.type, properties, (*REST_FIELDS, "Tags"))
        api = Api(scope, SERVICE)
        words = {**self._words(api, properties), "name": name_of(scope, properties, "Name")}
        return self._made(api.call("create_rest_api", words, tags=wanted_tags(scope, properties)))

    def read(self, scope: Scope, physical_id: str, properties: Properties) -> Properties | None:
        found = Api(scope, SERVICE).find("get_rest_api", restApiId=physical_id)
        if found is None:
            return None
        live = {key: found.get(there) for key, (there, _) in REST_FIELDS.items()}
        answer = reflect({key: value for key, value in properties.items() if key != "Tags"}, live)
        if "Tags" in properties:
            answer["Tags"] = live_tags(scope, properties, found.get("tags") or {})
        return {**answer}

    def update(self, scope: Scope, physical_id: str, before: Properties, after: Properties) -> Made:
        refuse_unknown(self.type, after, (*REST_FIELDS, "Tags"))
        api, live = Api(scope, SERVICE), backend(scope).get_rest_api(physical_id)
        words = self._words(api, after)
        for key, (there, field) in REST_FIELDS.items():
            if before.get(key) != after.get(key):
                setattr(live, field, words.get(there, "" if key == "Description" else None))
        live.tags = wanted_tags(scope, after)
        return self._made(api.call("get_rest_api", restApiId=physical_id))

    def delete(self, scope: Scope, physical_id: str, properties: Properties) -> None:
        api = Api(scope, SERVICE)
        if api.find("get_rest_api", restApiId=physical_id) is not None:
            api.drop("delete_rest_api", restApiId=physical_id)

    def _words(self, api: Api, properties: Properties) -> dict[str, Any]:
        named = {there: properties[key] for key, (there, _) in REST_FIELDS.items() if key in properties}
        return to_api(api.client, "create_rest_api", named)

    def _made(self, live: Mapping[str, Any]) -> Made:
        return Made(live["id"], {"RestApiId": live["id"], "RootResourceId": live["rootResourceId"]})


class Resource:
    """Every property replaces, so there is nothing to change in place."""

    type = "AWS::ApiGateway::Resource"

    def create(self, scope: Scope, properties: Properties) -> Made:
        made = Api(scope, SERVICE).make(str(properties["PathPart"]), "create_resource", properties)
        return Made(made["id"], {"ResourceId": made["id"]})

    def read(self, scope: Scope, physical_id: str, properties: Properties) -> Properties | None:
        who = {"restApiId": properties["RestApiId"], "resourceId": physical_id}
        found = Api(scope, SERVICE).find("get_resource", **who)
        return None if found is None else {**properties, **reflect(properties, found)}

    def update(self, scope: Scope, physical_id: str, before: Properties, after: Properties) -> Made:
        return Made(physical_id, {"ResourceId": physical_id})

    def delete(self, scope: Scope, physical_id: str, properties: Properties) -> None:
        api, rest_api = Api(scope, SERVICE), properties["RestApiId"]
        if api.find("get_resource", restApiId=rest_api, resourceId=physical_id) is not None:
            api.drop("delete_resource", restApiId=rest_api, resourceId=physical_id)


class Method:
    """A method with its integration and the responses of both; an update puts all of it again."""

    type = "AWS::ApiGateway::Method"

    def create(self, scope: Scope, properties: Properties) -> Made:
        self._put(scope, properties)
        return Made("|".join(str(part) for part in _place(properties).values()))

    def read(self, scope: Scope, physical_id: str, properties: Properties) -> Properties | None:
        found = Api(scope, SERVICE).find("get_method", **_place(properties))
        if found is None:
            return None
        integration = dict(found.get("methodIntegration") or {})
        live = {
            **found,
            "Integration": {
                **integration,
                "IntegrationHttpMethod": integration.get("httpMethod"),
                "IntegrationResponses": _by_status(integration.get("integrationResponses")),
            },
            "MethodResponses": _by_status(found.get("methodResponses")),
        }
        there = {key: properties[key] for key in ("RestApiId", "ResourceId")}
        return {**there, **reflect({key: properties[key] for key in properties if key not in there}, live)}

    def update(self, scope: Scope, physical_id: str, before: Properties, after: Properties) -> Made:
        self._put(scope, after)
        return Made(physical_id)

    def delete(self, scope: Scope, physical_id: str, properties: Properties) -> None:
        api = Api(scope, SERVICE)
        if api.find("get_method", **_place(properties)) is not None:
            api.drop("delete_method", **_place(properties))

    def _put(self, scope: Scope, properties: Properties) -> None:
        api, place = Api(scope, SERVICE), _place(properties)
        integration = dict(properties.get("Integration", {}))
        answers = integration.pop("IntegrationResponses", ())
        words = {key: value for key, value in properties.items() if key not in ("Integration", "MethodResponses")}
        api.call("put_method", {"AuthorizationType": "NONE", **words}, **place)
        for item in properties.get("MethodResponses", ()):
            api.call("put_method_response", _texts(item), **place)
        if integration:
            api.call("put_integration", integration, **place)
        for item in answers:
            api.call("put_integration_response", _texts(item), **place)


def _place(properties: Properties) -> dict[str, Any]:
    return {
        "restApiId": properties["RestApiId"],
        "resourceId": properties["ResourceId"],
        "httpMethod": properties["HttpMethod"],
    }


def _texts(item: Mapping[str, Any]) -> dict[str, Any]:
    return {**item, "StatusCode": str(item["StatusCode"])}


def _by_status(found: Mapping[str, Any] | None) -> list[Any]:
    return [found[status] for status in sorted(found)] if found else []


class Model:
    """Ref answers the name. The schema is an object in templates and a text in the interface."""

    type = "AWS::ApiGateway::Model"

    def create(self, scope: Scope, properties: Properties) -> Made:
        name = str(properties.get("Name") or name_of(scope, {}, "Name").replace("-", ""))
        words = {"contentType": "application/json", "schema": "{}", **_lowered(properties)}
        Api(scope, SERVICE).make(name, "create_model", words, name=name)
        return Made(name)

    def read(self, scope: Scope, physical_id: str, properties: Properties) -> Properties | None:
        who = {"restApiId": properties["RestApiId"], "modelName": physical_id}
        found = Api(scope, SERVICE).find("get_model", **who)
        if found is None:
            return None
        answer = {**properties, **reflect(properties, found)}
        if "Schema" in properties:
            answer["Schema"] = json.loads(found.get("schema") or "{}")
        return answer

    def update(self, scope: Scope, physical_id: str, before: Properties, after: Properties) -> Made:
        live = backend(scope).get_model(after["RestApiId"], physical_id)
        live.description = after.get("Description")
        schema = after.get("Schema", {})
        live.schema = schema if isinstance(schema, str) else json.dumps(schema)
        return Made(physical_id)

    def delete(self, scope: Scope, physical_id: str, properties: Properties) -> None:
        who = {"restApiId": properties["RestApiId"], "modelName": physical_id}
        Api(scope, SERVICE).drop("delete_model", **who)


def _lowered(properties: Properties) -> dict[str, Any]:
    return {key[0].lower() + key[1:]: value for key, value in properties.items()}


class RequestValidator:
    type = "AWS::ApiGateway::RequestValidator"

    def create(self, scope: Scope, properties: Properties) -> Made:
        name = name_of(scope, properties, "Name")
        made = Api(scope, SERVICE).make(name, "create_request_validator", properties, name=name)
        return Made(made["id"], {"RequestValidatorId": made["id"]})

    def read(self, scope: Scope, physical_id: str, properties: Properties) -> Properties | None:
        found = self._live(scope, physical_id, properties)
        return None if found is None else {**properties, **reflect(properties, found)}

    def update(self, scope: Scope, physical_id: str, before: Properties, after: Properties) -> Made:
        live = backend(scope).get_request_validator(after["RestApiId"], physical_id)
        live.validate_request_body = after.get("ValidateRequestBody", False)
        live.validate_request_parameters = after.get("ValidateRequestParameters", False)
        return Made(physical_id, {"RequestValidatorId": physical_id})

    def delete(self, scope: Scope, physical_id: str, properties: Properties) -> None:
        if self._live(scope, physical_id, properties) is not None:
            who = {"restApiId": properties["RestApiId"], "requestValidatorId": physical_id}
            Api(scope, SERVICE).drop("delete_request_validator", **who)

    def _live(self, scope: Scope, physical_id: str, properties: Properties) -> dict[str, Any] | None:
        there = Api(scope, SERVICE).find("get_request_validators", restApiId=properties["RestApiId"]) or {}
        return next((item for item in there.get("items", ()) if item["id"] == physical_id), None)


HANDLERS = (Method(), Model(), RequestValidator(), Resource(), RestApi())
