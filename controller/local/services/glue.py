"""Glue where moto lacks an operation or keeps only some of what it is given: connections, crawlers, jobs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from botocore import xform_name
from moto.core.responses import ActionResult, EmptyResult
from moto.core.utils import utcnow
from moto.glue.models import FakeConnection, FakeCrawler, FakeJob
from moto.glue.responses import GlueResponse

EXTRAS = "extras"  # where a model keeps the parameters that moto has no field for
OF_THE_THING = {"name", "arn", "backend", "job_runs", "created_on", EXTRAS}  # what no update of a job changes


def install() -> None:
    if hasattr(GlueResponse, "update_crawler"):
        return
    GlueResponse.create_crawler = _whole(GlueResponse.create_crawler, "get_crawler")
    GlueResponse.create_job = _whole(GlueResponse.create_job, "get_job")
    FakeCrawler.as_dict = _with_extras(FakeCrawler.as_dict)
    FakeJob.as_dict = _with_extras(FakeJob.as_dict)
    GlueResponse.update_crawler = update_crawler
    GlueResponse.update_job = update_job
    FakeConnection.as_dict = connection_told
    GlueResponse.update_connection = update_connection
    GlueResponse.delete_connection = delete_connection


def connection_told(connection: Any, hide_password: bool = False) -> dict[str, Any]:
    """All of the input; moto's own leaves out the type and the network."""
    given = dict(connection.connection_input)
    shown = {key: value for key, value in given.get("ConnectionProperties", {}).items() if key != "PASSWORD"}
    if hide_password and "ConnectionProperties" in given:
        given["ConnectionProperties"] = shown
    times = {"CreationTime": connection.created_time, "LastUpdatedTime": connection.updated_time}
    return {**given, **times, "Status": connection.status}


def update_connection(response: Any) -> Any:
    asked = response.parameters
    connection = response.glue_backend.get_connection(None, asked["Name"], "")
    connection.connection_input = {**asked["ConnectionInput"], "Name": asked["Name"]}
    connection.updated_time = utcnow()
    return EmptyResult()


def delete_connection(response: Any) -> Any:
    name = response.parameters["ConnectionName"]
    response.glue_backend.get_connection(None, name, "")  # answers as AWS does where there is none
    del response.glue_backend.connections[name]
    return EmptyResult()


def update_crawler(response: Any) -> Any:
    asked = dict(response.parameters)
    crawler = response.glue_backend.get_crawler(asked.pop("Name"))
    _take(crawler, asked)
    crawler.version += 1
    crawler.last_updated = utcnow()
    return EmptyResult()


def update_job(response: Any) -> Any:
    name = response.parameters["JobName"]
    job = response.glue_backend.get_job(name)
    for field in vars(job).keys() - OF_THE_THING:  # the definition is replaced whole; Glue API reference, UpdateJob
        setattr(job, field, {} if isinstance(getattr(job, field), dict) else None)
    vars(job)[EXTRAS] = {}
    job.execution_class = "STANDARD"
    _take(job, response.parameters["JobUpdate"])
    job.last_modified_on = utcnow()
    return ActionResult({"JobName": name})


def _whole(create: Callable[[Any], Any], find: str) -> Callable[[Any], Any]:
    """The operation, which afterwards gives the thing the parameters that it dropped."""

    def created(response: Any) -> Any:
        answer = create(response)
        thing = getattr(response.glue_backend, find)(response.parameters["Name"])
        _take(thing, {key: value for key, value in response.parameters.items() if key not in ("Name", "Tags")})
        return answer

    return created


def _take(thing: Any, asked: Mapping[str, Any]) -> None:
    """moto's models hold each parameter that they know under its name in snake case."""
    fields = vars(thing)
    for key, value in asked.items():
        if xform_name(key) in fields:
            setattr(thing, xform_name(key), value)
        else:
            fields.setdefault(EXTRAS, {})[key] = value


def _with_extras(told: Callable[[Any], dict[str, Any]]) -> Callable[[Any], dict[str, Any]]:
    return lambda thing: {**told(thing), **vars(thing).get(EXTRAS, {})}
