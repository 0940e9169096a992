"""QuickSight: kept by schema, with what one thing asks of the other (QuickSight API reference)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from controller.local.resources import store
from controller.local.resources.handler import Made, ResourceFailed, Scope
from controller.local.resources.store import Stored

SOURCE, SET = "AWS::QuickSight::DataSource", "AWS::QuickSight::DataSet"
SCHEDULE = "AWS::QuickSight::RefreshSchedule"


@dataclass(frozen=True, slots=True)
class DataSource(Stored):
    type: str = SOURCE

    def create(self, scope: Scope, properties: Mapping[str, Any]) -> Made:
        made = Stored.create(self, scope, properties)
        return _named(scope, SOURCE, made, f"datasource/{properties['DataSourceId']}")


@dataclass(frozen=True, slots=True)
class DataSet(Stored):
    """Reads from data sources that are there."""

    type: str = SET

    def create(self, scope: Scope, properties: Mapping[str, Any]) -> Made:
        _reads(scope, properties)
        made = Stored.create(self, scope, properties)
        return _named(scope, SET, made, f"dataset/{properties['DataSetId']}")

    def update(self, scope: Scope, physical_id: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Made:
        _reads(scope, after)
        return Stored.update(self, scope, physical_id, before, after)


@dataclass(frozen=True, slots=True)
class RefreshSchedule(Stored):
    """Belongs to a data set that is held in SPICE."""

    type: str = SCHEDULE

    def create(self, scope: Scope, properties: Mapping[str, Any]) -> Made:
        wanted = properties.get("DataSetId")
        sets = store.listed(scope.account, scope.region, SET).values()
        found = next((one for one in sets if one.properties["DataSetId"] == wanted), None)
        if found is None:
            raise ResourceFailed(f"DataSet {wanted} is not found")
        if found.properties.get("ImportMode") != "SPICE":
            raise ResourceFailed(f"DataSet {wanted} is not in SPICE and cannot be refreshed")
        return Stored.create(self, scope, properties)


def _reads(scope: Scope, properties: Mapping[str, Any]) -> None:
    there = {kept.attributes["Arn"] for kept in store.listed(scope.account, scope.region, SOURCE).values()}
    tables = (table.get("RelationalTable", {}) for table in properties.get("PhysicalTableMap", {}).values())
    for table in tables:
        if table.get("DataSourceArn") not in there:
            raise ResourceFailed(f"DataSource {table.get('DataSourceArn')} is not found")


def _named(scope: Scope, type_name: str, made: Made, title: str) -> Made:
    arn = f"arn:aws:quicksight:{scope.region}:{scope.account}:{title}"
    found = store.find(scope.account, scope.region, type_name, made.physical_id)
    if found is not None:
        found.attributes["Arn"] = arn
    return Made(made.physical_id, {**made.attributes, "Arn": arn})


HANDLERS = (DataSet(), DataSource(), RefreshSchedule())
