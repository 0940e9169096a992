"""The catalog and its workers: databases, tables, crawlers, jobs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from controller.local.resources.api import Api
from controller.local.resources.crud import Crud
from controller.local.resources.handler import Made, ResourceFailed, Scope
from controller.local.resources.naming import name_of
from controller.local.resources.shapes import reflect
from controller.local.resources.tagging import Tagging, wanted_tags

TAGGING = Tagging(
    "tag_resource", "untag_resource", "get_tags", "ResourceArn", "TagsToAdd", "TagsToRemove", "Tags", key=""
)


class Database:
    type = "AWS::Glue::Database"

    def create(self, scope: Scope, properties: Mapping[str, Any]) -> Made:
        given = properties["DatabaseInput"]
        name = str(properties.get("DatabaseName") or name_of(scope, given, "Name", lower=True))
        Api(scope, "glue").make(name, "create_database", DatabaseInput={**given, "Name": name})
        return Made(name)

    def read(self, scope: Scope, physical_id: str, properties: Mapping[str, Any]) -> Mapping[str, Any] | None:
        found = Api(scope, "glue").find("get_database", Name=physical_id)
        if found is None:
            return None
        return {**properties, "DatabaseInput": reflect(properties["DatabaseInput"], found["Database"])}

    def update(self, scope: Scope, physical_id: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Made:
        given = {"Name": physical_id, **after["DatabaseInput"]}
        if given["Name"].lower() != physical_id:
            raise ResourceFailed("Database cannot be renamed (Service: Glue, InvalidInputException)")
        Api(scope, "glue").call("update_database", Name=physical_id, DatabaseInput=given)
        return Made(physical_id)

    def delete(self, scope: Scope, physical_id: str, properties: Mapping[str, Any]) -> None:
        Api(scope, "glue").drop("delete_database", Name=physical_id)


class Table:
    """Ref answers the table's name alone; its database comes from the properties."""

    type = "AWS::Glue::Table"

    def create(self, scope: Scope, properties: Mapping[str, Any]) -> Made:
        given, database = properties["TableInput"], properties["DatabaseName"]
        name = str(properties.get("Name") or name_of(scope, given, "Name", lower=True))
        Api(scope, "glue").make(name, "create_table", DatabaseName=database, TableInput={**given, "Name": name})
        return Made(name)

    def read(self, scope: Scope, physical_id: str, properties: Mapping[str, Any]) -> Mapping[str, Any] | None:
        found = Api(scope, "glue").find("get_table", DatabaseName=properties["DatabaseName"], Name=physical_id)
        if found is None:
            return None
        return {**properties, "TableInput": reflect(properties["TableInput"], found["Table"])}

    def update(self, scope: Scope, physical_id: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Made:
        given = {**after["TableInput"], "Name": physical_id}
        Api(scope, "glue").call("update_table", DatabaseName=after["DatabaseName"], TableInput=given)
        return Made(physical_id)

    def delete(self, scope: Scope, physical_id: str, properties: Mapping[str, Any]) -> None:
        Api(scope, "glue").drop("delete_table", DatabaseName=properties["DatabaseName"], Name=physical_id)


class Connection:
    """Ref answers the name alone."""

    type = "AWS::Glue::Connection"

    def create(self, scope: Scope, properties: Mapping[str, Any]) -> Made:
        given = properties["ConnectionInput"]
        name = name_of(scope, given, "Name")
        tags = wanted_tags(scope, properties)
        api = Api(scope, "glue")
        api.make(name, "create_connection", ConnectionInput={**given, "Name": name}, Tags=tags)
        return Made(name, {"Name": name})

    def read(self, scope: Scope, physical_id: str, properties: Mapping[str, Any]) -> Mapping[str, Any] | None:
        found = Api(scope, "glue").find("get_connection", Name=physical_id)
        if found is None:
            return None
        return {**properties, "ConnectionInput": reflect(properties["ConnectionInput"], found["Connection"])}

    def update(self, scope: Scope, physical_id: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Made:
        api = Api(scope, "glue")
        given = {**after["ConnectionInput"], "Name": physical_id}
        api.call("update_connection", Name=physical_id, ConnectionInput=given)
        target = api.arn(f"connection/{physical_id}")
        TAGGING.replace(api, target, wanted_tags(scope, before), wanted_tags(scope, after))
        return Made(physical_id, {"Name": physical_id})

    def delete(self, scope: Scope, physical_id: str, properties: Mapping[str, Any]) -> None:
        Api(scope, "glue").drop("delete_connection", ConnectionName=physical_id)


def _crawler_out(properties: Mapping[str, Any]) -> dict[str, Any]:
    """A schedule is an object in templates and its expression in the interface."""
    schedule = properties.get("Schedule", {}).get("ScheduleExpression")
    return {**properties, **({"Schedule": schedule} if "Schedule" in properties else {})}


def _security_out(properties: Mapping[str, Any]) -> dict[str, Any]:
    given = properties["EncryptionConfiguration"]
    renamed = {"S3Encryption" if key == "S3Encryptions" else key: value for key, value in given.items()}
    return {**properties, "EncryptionConfiguration": renamed}


def _security_in(live: Mapping[str, Any]) -> dict[str, Any]:
    given = live["EncryptionConfiguration"]
    return {**live, "EncryptionConfiguration": {**given, "S3Encryptions": given.get("S3Encryption", [])}}


HANDLERS = (
    Connection(),
    Crud(
        type="AWS::Glue::Crawler",
        service="glue",
        name="Name",
        create_with="create_crawler",
        read_with="get_crawler",
        at="Crawler",
        update_with="update_crawler",
        delete_with="delete_crawler",
        resource="crawler/{name}",
        tagging=TAGGING,
        outward=_crawler_out,
    ),
    Database(),
    Crud(
        type="AWS::Glue::Job",
        service="glue",
        name="Name",
        create_with="create_job",
        read_with="get_job",
        at="Job",
        update_with="update_job",
        update_under="JobUpdate",
        delete_with="delete_job",
        key="JobName",
        resource="job/{name}",
        tagging=TAGGING,
    ),
    Crud(
        type="AWS::Glue::SecurityConfiguration",
        service="glue",
        name="Name",
        create_with="create_security_configuration",
        read_with="get_security_configuration",
        at="SecurityConfiguration",
        delete_with="delete_security_configuration",
        outward=_security_out,
        inward=_security_in,
    ),
    Table(),
)
