"""Glue operations that moto lacks: UpdateCrawler, UpdateJob, UpdateTrigger."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from botocore import xform_name
from moto.core.responses import ActionResult, EmptyResult
from moto.core.utils import utcnow
from moto.glue.responses import GlueResponse


def install() -> None:
    GlueResponse.update_crawler = update_crawler
    GlueResponse.update_job = update_job


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
    kept = {"name", "arn", "backend", "job_runs", "created_on"}
    for field in vars(job).keys() - kept:  # the definition is replaced as a whole; Glue API reference, UpdateJob
        setattr(job, field, {} if isinstance(getattr(job, field), dict) else None)
    job.execution_class = "STANDARD"
    _take(job, response.parameters["JobUpdate"])
    job.last_modified_on = utcnow()
    return ActionResult({"JobName": name})


def _take(thing: Any, asked: Mapping[str, Any]) -> None:
    """moto's models hold each parameter under its name in snake case."""
    for key, value in asked.items():
        setattr(thing, xform_name(key), value)
