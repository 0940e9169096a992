"""Executions in the shapes of the botocore model; times are seconds, as the JSON protocol has them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from controller.local.pipelines.state import ActionRun, Delivery, Execution


def execution(name: str, one: Execution) -> dict[str, Any]:
    revisions = [
        {"name": each["actionName"], "revisionId": each["revisionId"], "revisionSummary": each["revisionSummary"]}
        for each in one.revisions
    ]
    return {
        "pipelineName": name,
        "pipelineVersion": one.pipeline["version"],
        "pipelineExecutionId": one.id,
        "status": one.status,
        "statusSummary": one.summary,
        "artifactRevisions": revisions,
        "trigger": {"triggerType": one.trigger, "triggerDetail": one.detail},
        "executionMode": one.pipeline.get("executionMode", "SUPERSEDED"),
    }


def summary(one: Execution) -> dict[str, Any]:
    return {
        "pipelineExecutionId": one.id,
        "status": one.status,
        "statusSummary": one.summary,
        "startTime": one.started,
        "lastUpdateTime": max([one.updated, *(run.updated for run in one.actions)]),
        "sourceRevisions": one.revisions,
        "trigger": {"triggerType": one.trigger, "triggerDetail": one.detail},
        "executionMode": one.pipeline.get("executionMode", "SUPERSEDED"),
    }


def stages(pipeline: Mapping[str, Any], delivery: Delivery) -> list[dict[str, Any]]:
    """The state of each stage: the last run of each action, of whichever execution it was."""
    return [_stage(stage, delivery) for stage in pipeline["stages"]]


def _stage(stage: Mapping[str, Any], delivery: Delivery) -> dict[str, Any]:
    last: dict[str, tuple[Execution, ActionRun]] = {}
    for one in delivery.executions:
        last.update({run.name: (one, run) for run in one.actions if run.stage == stage["name"]})
    state: dict[str, Any] = {
        "stageName": stage["name"],
        "inboundTransitionState": {"enabled": True},
        "actionStates": [_action(action["name"], last.get(action["name"])) for action in stage["actions"]],
    }
    if last:
        newest = max((one for one, _ in last.values()), key=delivery.executions.index)
        statuses = {run.status for one, run in last.values() if one is newest}
        state["latestExecution"] = {"pipelineExecutionId": newest.id, "status": _worst(statuses)}
    return state


def _worst(statuses: set[str]) -> str:
    return next(
        (status for status in ("Failed", "InProgress", "Abandoned") if status in statuses), "Succeeded"
    ).replace("Abandoned", "Stopped")


def _action(name: str, last: tuple[Execution, ActionRun] | None) -> dict[str, Any]:
    if last is None:
        return {"actionName": name}
    run = last[1]
    latest: dict[str, Any] = {"actionExecutionId": run.id, "status": run.status, "lastStatusChange": run.updated}
    latest |= {key: value for key, value in (("summary", run.summary), ("token", run.token)) if value}
    latest |= {"externalExecutionId": run.external_id} if run.external_id else {}
    latest |= {"errorDetails": {"code": run.error_code, "message": run.error}} if run.error else {}
    state: dict[str, Any] = {"actionName": name, "latestExecution": latest}
    if run.revision:
        revision = {"revisionId": run.revision, "revisionChangeId": run.revision, "created": run.updated}
        state["currentRevision"] = revision
    return state


def action_detail(one: Execution, run: ActionRun, delivery: Delivery) -> dict[str, Any]:
    declared = run.declared
    result: dict[str, Any] = {"externalExecutionId": run.external_id, "externalExecutionSummary": run.summary}
    result |= {"errorDetails": {"code": run.error_code, "message": run.error}} if run.error else {}
    return {
        "pipelineExecutionId": one.id,
        "actionExecutionId": run.id,
        "pipelineVersion": one.pipeline["version"],
        "stageName": run.stage,
        "actionName": run.name,
        "startTime": run.started,
        "lastUpdateTime": run.updated,
        "status": run.status,
        "input": {
            "actionTypeId": declared["actionTypeId"],
            "configuration": declared.get("configuration", {}),
            "resolvedConfiguration": dict(run.configuration),
            "roleArn": declared.get("roleArn") or one.pipeline["roleArn"],
            "region": declared.get("region") or delivery.region,
            "inputArtifacts": _artifacts(one, declared.get("inputArtifacts", ())),
        },
        "output": {
            "outputArtifacts": _artifacts(one, declared.get("outputArtifacts", ())),
            "executionResult": result,
            "outputVariables": dict(run.outputs),
        },
    }


def _artifacts(one: Execution, declared: Any) -> list[dict[str, Any]]:
    known = [(each["name"], one.artifacts[each["name"]]) for each in declared if each["name"] in one.artifacts]
    return [{"name": name, "s3location": {"bucket": made.bucket, "key": made.key}} for name, made in known]
