from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from controller.local import resources
from controller.local.resources import store
from controller.local.resources.handler import ResourceFailed, Scope
from controller.local.resources.registry import HANDLERS, handler_for
from controller.local.resources.schemas import UnknownType, provider_schema
from controller.local.resources.unmade import UNMADE

ROOT = Path(__file__).parents[4]
TYPE = re.compile(r"AWS::[A-Za-z0-9]+::[A-Za-z0-9]+")
OF_THE_ENGINE = {"AWS::CloudFormation::Stack"}  # nested stacks are made by the CloudFormation engine itself


def used() -> set[str]:
    templates = (file for folder in ("blueprints", "pipeline") for file in (ROOT / folder).rglob("*.j2"))
    return {name for file in templates for name in TYPE.findall(file.read_text())} - OF_THE_ENGINE


def test_every_type_of_the_blueprints_can_be_made() -> None:
    assert used() - HANDLERS.keys() == set()


def test_every_type_has_one_handler_and_a_schema() -> None:
    assert list(HANDLERS) == sorted(HANDLERS)
    for name in HANDLERS:
        assert provider_schema(name).type == name


def test_stored_types_stand_sorted_and_once() -> None:
    assert list(store.TYPES) == sorted(set(store.TYPES))


def test_an_unlisted_type_is_an_error_with_its_name() -> None:
    with pytest.raises(UnknownType, match="AWS::Neptune::DBCluster"):
        handler_for("AWS::Neptune::DBCluster")


def test_properties_are_checked_before_anything_is_made(scope: Scope) -> None:
    with pytest.raises(ResourceFailed, match=r"#: extraneous key \[Colour\] is not permitted"):
        handler_for("AWS::S3::Bucket").create(scope, {"BucketName": "painted", "Colour": "red"})
    assert handler_for("AWS::S3::Bucket").read(scope, "painted", {}) is None


def test_a_property_that_no_service_would_keep_is_refused_by_name(scope: Scope) -> None:
    with pytest.raises(ResourceFailed, match="cannot make: LoginProfile of AWS::IAM::User"):
        handler_for("AWS::IAM::User").create(scope, {"LoginProfile": {"Password": "x"}})


def test_what_cannot_be_made_are_properties_of_types_that_can() -> None:
    for name, properties in UNMADE.items():
        assert name in HANDLERS
        assert properties <= provider_schema(name).properties


def test_tags_of_the_stack_reach_what_it_makes(scope: Scope) -> None:
    arn = handler_for("AWS::SNS::Topic").create(scope, {"TopicName": "alerts"}).physical_id
    assert scope.client("sns").list_tags_for_resource(ResourceArn=arn)["Tags"] == [
        {"Key": "lake:silo", "Value": "sales"}
    ]


STORED: dict[str, dict[str, Any]] = {
    "AWS::AppFlow::Flow": {
        "FlowName": "sap-orders",
        "SourceFlowConfig": {"ConnectorType": "SAPOData", "SourceConnectorProperties": {}},
        "DestinationFlowConfigList": [{"ConnectorType": "S3", "DestinationConnectorProperties": {}}],
        "Tasks": [{"TaskType": "Map_all", "SourceFields": []}],
        "TriggerConfig": {"TriggerType": "OnDemand"},
        "Tags": [{"Key": "a", "Value": "b"}],
    },
    "AWS::Transfer::Server": {"Protocols": ["SFTP"], "IdentityProviderType": "AWS_LAMBDA"},
    "AWS::RedshiftServerless::Namespace": {"NamespaceName": "lake"},
    "AWS::Cognito::UserPool": {"UserPoolName": "partners", "UserPoolTags": {"a": "b"}},
}


@pytest.mark.parametrize("type_name", STORED)
def test_a_stored_resource_makes_a_round_trip(round_trip: Any, type_name: str) -> None:
    before = STORED[type_name]
    made = round_trip(type_name, before, before)
    assert made.physical_id


def test_identifiers_have_the_shape_that_aws_gives_them(scope: Scope) -> None:
    flow = handler_for("AWS::AppFlow::Flow").create(scope, STORED["AWS::AppFlow::Flow"])
    assert flow.physical_id == "sap-orders"
    assert flow.attributes["FlowArn"] == f"arn:aws:appflow:eu-west-1:{scope.account}:flow/sap-orders"
    pool = handler_for("AWS::Cognito::UserPool").create(scope, STORED["AWS::Cognito::UserPool"])
    assert pool.physical_id.startswith("eu-west-1_")
    server = handler_for("AWS::Transfer::Server").create(scope, STORED["AWS::Transfer::Server"])
    assert server.physical_id.startswith(f"arn:aws:transfer:eu-west-1:{scope.account}:server/s-")


def test_what_is_changed_by_hand_in_the_store_shows(scope: Scope) -> None:
    handler, wanted = handler_for("AWS::RedshiftServerless::Namespace"), {"NamespaceName": "lake", "DbName": "dw"}
    handler.create(scope, wanted)
    kept = store.find(scope.account, scope.region, "AWS::RedshiftServerless::Namespace", "lake")
    assert kept is not None
    kept.properties["DbName"] = "other"
    assert handler.read(scope, "lake", wanted) == {"NamespaceName": "lake", "DbName": "other"}


def test_accounts_and_regions_keep_apart(scope: Scope) -> None:
    handler_for("AWS::RedshiftServerless::Namespace").create(scope, {"NamespaceName": "lake"})
    assert store.listed(scope.account, "eu-central-1", "AWS::RedshiftServerless::Namespace") == {}
    assert list(store.listed(scope.account, scope.region, "AWS::RedshiftServerless::Namespace")) == ["lake"]


def test_a_taken_identifier_in_the_store_is_refused(scope: Scope) -> None:
    handler = handler_for("AWS::RedshiftServerless::Namespace")
    handler.create(scope, {"NamespaceName": "lake"})
    with pytest.raises(ResourceFailed, match=r"^lake already exists$"):
        handler.create(scope, {"NamespaceName": "lake"})


def test_a_reset_forgets_the_store(scope: Scope) -> None:
    handler_for("AWS::RedshiftServerless::Namespace").create(scope, {"NamespaceName": "lake"})
    resources.reset()
    assert handler_for("AWS::RedshiftServerless::Namespace").read(scope, "lake", {"NamespaceName": "lake"}) is None
