"""Redshift Serverless and QuickSight: what one thing asks of the other."""

from __future__ import annotations

import json
from typing import Any

import pytest

from controller.local.resources.handler import ResourceFailed, Scope
from controller.local.resources.registry import handler_for

NAMESPACE, WORKGROUP = "AWS::RedshiftServerless::Namespace", "AWS::RedshiftServerless::Workgroup"
SOURCE, SET, SCHEDULE = (f"AWS::QuickSight::{name}" for name in ("DataSource", "DataSet", "RefreshSchedule"))
MANAGED = {"NamespaceName": "lake-sales", "DbName": "lake", "AdminUsername": "lakeadmin", "ManageAdminPassword": True}
GROUP = {"WorkgroupName": "lake-sales", "NamespaceName": "lake-sales", "BaseCapacity": 8, "MaxCapacity": 128}


def test_a_managed_password_is_a_secret_that_goes_with_its_namespace(scope: Scope) -> None:
    handler = handler_for(NAMESPACE)
    made = handler.create(scope, MANAGED)
    assert "Namespace.AdminPasswordSecretArn" not in made.attributes, "CloudFormation does not tell it"
    secret = scope.client("secretsmanager").get_secret_value(SecretId="redshift!lake-sales-lakeadmin")
    assert json.loads(secret["SecretString"])["username"] == "lakeadmin"
    handler.delete(scope, "lake-sales", MANAGED)
    assert scope.client("secretsmanager").list_secrets()["SecretList"] == []


def test_a_workgroup_needs_a_namespace_that_has_none(scope: Scope) -> None:
    with pytest.raises(ResourceFailed, match="lake-sales was not found"):
        handler_for(WORKGROUP).create(scope, GROUP)
    handler_for(NAMESPACE).create(scope, MANAGED)
    made = handler_for(WORKGROUP).create(scope, GROUP)
    assert made.physical_id == "lake-sales"
    assert made.attributes["Workgroup.Endpoint.Address"].startswith(f"lake-sales.{scope.account}.eu-west-1.redshift")
    assert made.attributes["Workgroup.WorkgroupArn"].startswith("arn:aws:redshift-serverless:eu-west-1:")
    with pytest.raises(ResourceFailed, match="already has the workgroup"):
        handler_for(WORKGROUP).create(scope, {**GROUP, "WorkgroupName": "second"})
    with pytest.raises(ResourceFailed, match="Delete it first"):
        handler_for(NAMESPACE).delete(scope, "lake-sales", MANAGED)


@pytest.mark.parametrize("sizes", [{"BaseCapacity": 12}, {"BaseCapacity": 64, "MaxCapacity": 32}])
def test_a_size_that_redshift_does_not_have_is_refused(scope: Scope, sizes: dict[str, int]) -> None:
    handler_for(NAMESPACE).create(scope, MANAGED)
    with pytest.raises(ResourceFailed, match="Capacity"):
        handler_for(WORKGROUP).create(scope, {**GROUP, **sizes})


def source(scope: Scope) -> dict[str, Any]:
    return {"AwsAccountId": scope.account, "DataSourceId": "lake-sales", "Name": "Lake", "Type": "ATHENA"}


def data_set(scope: Scope, arn: str) -> dict[str, Any]:
    table = {"DataSourceArn": arn, "Name": "orders", "InputColumns": [{"Name": "total", "Type": "DECIMAL"}]}
    return {
        "AwsAccountId": scope.account,
        "DataSetId": "lake-orders",
        "Name": "Orders",
        "ImportMode": "SPICE",
        "PhysicalTableMap": {"processed": {"RelationalTable": table}},
    }


def test_a_data_set_reads_from_a_source_that_is_there_and_is_refreshed(scope: Scope) -> None:
    nowhere = f"arn:aws:quicksight:eu-west-1:{scope.account}:datasource/other"
    arn = handler_for(SOURCE).create(scope, source(scope)).attributes["Arn"]
    assert arn == f"arn:aws:quicksight:eu-west-1:{scope.account}:datasource/lake-sales"
    with pytest.raises(ResourceFailed, match="is not found"):
        handler_for(SET).create(scope, data_set(scope, nowhere))
    schedule = {
        "AwsAccountId": scope.account,
        "DataSetId": "lake-orders",
        "Schedule": {"ScheduleId": "daily", "RefreshType": "FULL_REFRESH", "ScheduleFrequency": {"Interval": "DAILY"}},
    }
    with pytest.raises(ResourceFailed, match="lake-orders is not found"):
        handler_for(SCHEDULE).create(scope, schedule)
    made = handler_for(SET).create(scope, data_set(scope, arn))
    assert made.attributes["Arn"].endswith(":dataset/lake-orders")
    handler_for(SCHEDULE).create(scope, schedule)
    with pytest.raises(ResourceFailed, match="is not found"):
        handler_for(SET).update(scope, made.physical_id, data_set(scope, arn), data_set(scope, nowhere))


def test_what_queries_directly_has_no_schedule(scope: Scope) -> None:
    arn = handler_for(SOURCE).create(scope, source(scope)).attributes["Arn"]
    handler_for(SET).create(scope, {**data_set(scope, arn), "ImportMode": "DIRECT_QUERY"})
    schedule = {"AwsAccountId": scope.account, "DataSetId": "lake-orders", "Schedule": {"ScheduleId": "daily"}}
    with pytest.raises(ResourceFailed, match="not in SPICE"):
        handler_for(SCHEDULE).create(scope, schedule)
