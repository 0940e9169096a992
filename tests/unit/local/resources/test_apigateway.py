from __future__ import annotations

from typing import Any

import pytest

from controller.local.resources.handler import Made, Scope
from controller.local.resources.registry import handler_for

TAGS = [{"Key": "lake:flow", "Value": "orders"}]
PREFIX = "AWS::ApiGateway::"


@pytest.fixture
def api(scope: Scope) -> str:
    return handler_for(PREFIX + "RestApi").create(scope, {"Name": "orders"}).physical_id


@pytest.fixture
def method(scope: Scope, api: str) -> dict[str, Any]:
    root = scope.client("apigateway").get_rest_api(restApiId=api)["rootResourceId"]
    wanted = {"RestApiId": api, "ParentId": root, "PathPart": "records"}
    resource = handler_for(PREFIX + "Resource").create(scope, wanted).physical_id
    return {
        "RestApiId": api,
        "ResourceId": resource,
        "HttpMethod": "POST",
        "AuthorizationType": "AWS_IAM",
        "ApiKeyRequired": True,
        "RequestModels": {"application/json": "Order"},
        "MethodResponses": [{"StatusCode": 200}, {"StatusCode": 503}],
        "Integration": {
            "Type": "AWS",
            "IntegrationHttpMethod": "POST",
            "Uri": "arn:aws:apigateway:eu-west-1:firehose:action/PutRecord",
            "Credentials": f"arn:aws:iam::{scope.account}:role/lake/api",
            "PassthroughBehavior": "NEVER",
            "RequestTemplates": {"application/json": '{"DeliveryStreamName": "orders"}'},
            "IntegrationResponses": [
                {"StatusCode": 200, "ResponseTemplates": {"application/json": "{}"}},
                {"StatusCode": 503, "SelectionPattern": "5\\d{2}"},
            ],
        },
    }


@pytest.fixture
def deployment(scope: Scope, method: dict[str, Any]) -> Made:
    handler_for(PREFIX + "Method").create(scope, method)
    return handler_for(PREFIX + "Deployment").create(scope, {"RestApiId": method["RestApiId"], "Description": "one"})


def test_an_interface_makes_a_round_trip(round_trip: Any) -> None:
    policy = {"Version": "2012-10-17", "Statement": []}
    before = {
        "Name": "orders",
        "Description": "records in",
        "EndpointConfiguration": {"Types": ["REGIONAL"]},
        "Policy": policy,
        "Tags": TAGS,
    }
    after = {**before, "Name": "all-orders", "MinimumCompressionSize": 1024, "DisableExecuteApiEndpoint": True}
    made = round_trip(PREFIX + "RestApi", before, after)
    assert made.attributes["RootResourceId"]


def test_a_method_keeps_its_integration_and_responses(round_trip: Any, method: dict[str, Any]) -> None:
    integration = {**method["Integration"], "RequestTemplates": {"application/json": "$input.body"}}
    round_trip(PREFIX + "Method", method, {**method, "ApiKeyRequired": False, "Integration": integration})


def test_a_model_makes_a_round_trip(round_trip: Any, api: str) -> None:
    before = {"RestApiId": api, "Name": "Order", "ContentType": "application/json", "Schema": {"type": "object"}}
    after = {**before, "Schema": {"type": "object", "required": ["id"]}, "Description": "one order"}
    round_trip(PREFIX + "Model", before, after)


def test_a_request_validator_makes_a_round_trip(round_trip: Any, api: str) -> None:
    before = {"RestApiId": api, "Name": "body", "ValidateRequestBody": True, "ValidateRequestParameters": False}
    round_trip(PREFIX + "RequestValidator", before, {**before, "ValidateRequestParameters": True})


def test_a_stage_makes_a_round_trip(scope: Scope, round_trip: Any, method: dict[str, Any], deployment: Made) -> None:
    before = {
        "RestApiId": method["RestApiId"],
        "StageName": "v1",
        "DeploymentId": deployment.physical_id,
        "TracingEnabled": True,
        "AccessLogSetting": {
            "DestinationArn": "arn:aws:logs:eu-west-1:1:log-group:api",
            "Format": "$context.requestId",
        },
        "MethodSettings": [
            {"ResourcePath": "/*", "HttpMethod": "*", "LoggingLevel": "ERROR", "MetricsEnabled": True},
            {"ResourcePath": "/records", "HttpMethod": "POST", "ThrottlingBurstLimit": 10},
        ],
        "Tags": TAGS,
    }
    again = handler_for(PREFIX + "Deployment").create(scope, {"RestApiId": method["RestApiId"]}).physical_id
    settings = [{"ResourcePath": "/*", "HttpMethod": "*", "LoggingLevel": "OFF"}]
    after = {**before, "DeploymentId": again, "MethodSettings": settings, "TracingEnabled": False}
    round_trip(PREFIX + "Stage", before, after)


def test_settings_of_methods_reach_the_stage(scope: Scope, method: dict[str, Any], deployment: Made) -> None:
    settings = [{"ResourcePath": "/*", "HttpMethod": "*", "LoggingLevel": "ERROR", "ThrottlingBurstLimit": 7}]
    wanted = {
        "RestApiId": method["RestApiId"],
        "StageName": "v1",
        "DeploymentId": deployment.physical_id,
        "MethodSettings": settings,
    }
    handler_for(PREFIX + "Stage").create(scope, wanted)
    live = scope.client("apigateway").get_stage(restApiId=method["RestApiId"], stageName="v1")
    assert live["methodSettings"]["*/*"]["throttlingBurstLimit"] == 7


def test_a_plan_and_its_key_make_a_round_trip(
    scope: Scope, round_trip: Any, method: dict[str, Any], deployment: Made
) -> None:
    stage = {"RestApiId": method["RestApiId"], "StageName": "v1", "DeploymentId": deployment.physical_id}
    handler_for(PREFIX + "Stage").create(scope, stage)
    plan = {
        "UsagePlanName": "partners",
        "ApiStages": [{"ApiId": method["RestApiId"], "Stage": "v1"}],
        "Throttle": {"BurstLimit": 10, "RateLimit": 5},
        "Quota": {"Limit": 1000, "Period": "DAY"},
        "Tags": TAGS,
    }
    round_trip(PREFIX + "UsagePlan", plan, {**plan, "Throttle": {"BurstLimit": 20, "RateLimit": 5}})
    key = {"Name": "fastfreight", "Enabled": True, "Value": "a" * 30, "Tags": TAGS}
    round_trip(PREFIX + "ApiKey", key, {**key, "Enabled": False})
    pair = {
        "KeyId": handler_for(PREFIX + "ApiKey").create(scope, key).physical_id,
        "KeyType": "API_KEY",
        "UsagePlanId": handler_for(PREFIX + "UsagePlan").create(scope, plan).physical_id,
    }
    round_trip(PREFIX + "UsagePlanKey", pair, pair)


def test_the_account_lets_the_interfaces_write_logs(scope: Scope) -> None:
    role = f"arn:aws:iam::{scope.account}:role/lake/logs"
    handler = handler_for(PREFIX + "Account")
    made = handler.create(scope, {"CloudWatchRoleArn": role})
    assert scope.client("apigateway").get_account()["cloudwatchRoleArn"] == role
    handler.delete(scope, made.physical_id, {"CloudWatchRoleArn": role})
    assert handler.read(scope, made.physical_id, {"CloudWatchRoleArn": role}) == {"CloudWatchRoleArn": role}
