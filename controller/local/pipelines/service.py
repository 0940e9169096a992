"""CodePipeline's API over the executions: what moto answers as done is answered as it is."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from moto.codepipeline.exceptions import InvalidStructureException, PipelineNotFoundException
from moto.codepipeline.models import CodePipeline, CodePipelineBackend
from moto.codepipeline.responses import CodePipelineResponse
from moto.core.exceptions import JsonRESTError
from moto.iam.exceptions import NotFoundException

from controller.local.pipelines import answers, polling, runner
from controller.local.pipelines.state import Delivery, Execution, definition, delivery, lock

PAGE = 100  # CodePipeline API reference, maxResults
_poller: polling.Poller | None = None
_installed = False


def install() -> None:
    """Take the place of moto's operations, once a process."""
    global _installed
    if _installed:
        return
    _installed = True
    CodePipelineBackend.create_pipeline = _create
    CodePipelineBackend.update_pipeline = _updating(CodePipelineBackend.update_pipeline)
    for operation in (
        get_pipeline,
        start_pipeline_execution,
        stop_pipeline_execution,
        get_pipeline_execution,
        list_pipeline_executions,
        get_pipeline_state,
        list_action_executions,
        put_approval_result,
        retry_stage_execution,
    ):
        setattr(CodePipelineResponse, operation.__name__, operation)


def start(interval: float = polling.INTERVAL) -> None:
    """Begin to poll."""
    global _poller
    _poller = _poller or polling.Poller(interval)


def stop() -> None:
    global _poller
    if _poller is not None:
        _poller.stop()
        _poller = None
    runner.stop()


def reset() -> None:
    """Give up all that runs and waits; the pipelines themselves go with moto's state."""
    polls = _poller is not None
    stop()
    if polls:
        start()


def _create(self: Any, pipeline: dict[str, Any], tags: list[dict[str, str]] | None) -> Any:
    """Check what CreatePipeline checks, keep the definition, and start the first execution, as AWS does."""
    name = pipeline["name"]
    if name in self.pipelines:
        raise JsonRESTError("PipelineNameInUseException", f"A pipeline with the name '{name}' already exists")
    if not _trusted(self, pipeline["roleArn"]):
        text = f"CodePipeline is not authorized to perform AssumeRole on role {pipeline['roleArn']}"
        raise InvalidStructureException(text)
    _check(pipeline)
    made = CodePipeline(self.account_id, self.region_name, pipeline)
    made.validate_tags(tags or [])
    made.tags.update({tag["key"]: tag["value"] for tag in tags or []})
    self.pipelines[name] = made
    runner.start(delivery(self.account_id, self.region_name, name), made.pipeline, "CreatePipeline", "")
    return made.pipeline, sorted(tags or [], key=lambda tag: tag["key"])


def _trusted(backend: Any, role_arn: str) -> bool:
    """Whether CodePipeline may become the role."""
    try:
        role = backend.iam_backend.get_role_by_arn(role_arn)
    except NotFoundException:
        return False
    for statement in json.loads(role.assume_role_policy_document)["Statement"]:
        services = statement.get("Principal", {}).get("Service", [])
        if "codepipeline.amazonaws.com" in ([services] if isinstance(services, str) else services):
            return True
    return False


def _check(pipeline: dict[str, Any]) -> None:
    """The rules for stages that a definition breaks most easily (CodePipeline user guide, pipeline structure)."""
    stages = pipeline["stages"]
    if len(stages) < 2:
        text = f"Pipeline has only {len(stages)} stage(s). There should be a minimum of 2 stages in a pipeline"
        raise InvalidStructureException(text)
    for number, stage in enumerate(stages):
        for action in stage["actions"]:
            if (action["actionTypeId"]["category"] == "Source") != (number == 0):
                text = "The first stage holds source actions and no other, later stages hold none"
                raise InvalidStructureException(f"{text}: action {action['name']} of stage {stage['name']}")


def _updating(update: Callable[..., Any]) -> Callable[..., Any]:
    def updated(self: Any, pipeline: dict[str, Any]) -> Any:
        _check(pipeline)
        answer = update(self, pipeline)
        delivery(self.account_id, self.region_name, pipeline["name"]).polling_disabled_at = None
        return answer

    return updated


def _found(response: Any, name: str) -> Delivery:
    if definition(response.current_account, response.region, name) is None:
        text = f"Account '{response.current_account}' does not have a pipeline with name '{name}'"
        raise PipelineNotFoundException(text)
    return delivery(response.current_account, response.region, name)


def _execution(found: Delivery, id: str) -> Execution:
    for execution in found.executions:
        if execution.id == id:
            return execution
    raise JsonRESTError("PipelineExecutionNotFoundException", f"Pipeline {found.name} has no execution {id}")


def get_pipeline(self: Any) -> str:
    pipeline, metadata = self.codepipeline_backend.get_pipeline(self._get_param("name"))
    disabled = _found(self, pipeline["name"]).polling_disabled_at
    return json.dumps(
        {"pipeline": pipeline, "metadata": {**metadata, **({"pollingDisabledAt": disabled} if disabled else {})}}
    )


def start_pipeline_execution(self: Any) -> str:
    found = _found(self, self._get_param("name"))
    wanted = definition(found.account, found.region, found.name) or {}
    overrides = tuple(self._get_param("sourceRevisions") or ())
    if overrides and wanted.get("pipelineType", "V1") != "V2":
        raise JsonRESTError("ValidationException", "Source revision overrides need a pipeline of type V2")
    sources = {action["name"]: action for action in wanted["stages"][0]["actions"]}
    for override in overrides:
        _check_override(sources, override)
    execution = runner.start(found, wanted, "StartPipelineExecution", "", overrides)
    return json.dumps({"pipelineExecutionId": execution.id})


def _check_override(sources: dict[str, Any], override: dict[str, str]) -> None:
    source = sources.get(override["actionName"])
    if source is None:
        raise JsonRESTError("ValidationException", f"The pipeline has no source action {override['actionName']}")
    allowed = str(source["configuration"].get("AllowOverrideForS3ObjectKey", "false")).lower() == "true"
    if override["revisionType"] == "S3_OBJECT_KEY" and not allowed:
        raise JsonRESTError("ValidationException", "AllowOverrideForS3ObjectKey of the source action is not true")
    if override["revisionType"] not in ("S3_OBJECT_KEY", "S3_OBJECT_VERSION_ID"):
        raise JsonRESTError("ValidationException", f"{override['revisionType']} is no revision type of an S3 source")


def stop_pipeline_execution(self: Any) -> str:
    found = _found(self, self._get_param("pipelineName"))
    execution = _execution(found, self._get_param("pipelineExecutionId"))
    with lock:
        if execution.status != "InProgress":
            text = f"The execution {execution.id} cannot be stopped: it is {execution.status}"
            raise JsonRESTError("PipelineExecutionNotStoppableException", text)
        execution.settle("Stopped", self._get_param("reason") or "")
        waiting = execution.waiting()
        if waiting is not None:
            waiting.settle("Abandoned")
        if found.pending is execution:
            found.pending = None
    if waiting is not None:
        runner.resume(found, execution)
    return json.dumps({"pipelineExecutionId": execution.id})


def get_pipeline_execution(self: Any) -> str:
    found = _found(self, self._get_param("pipelineName"))
    execution = _execution(found, self._get_param("pipelineExecutionId"))
    return json.dumps({"pipelineExecution": answers.execution(found.name, execution)})


def list_pipeline_executions(self: Any) -> str:
    found = _found(self, self._get_param("pipelineName"))
    page, token = _page(self, [answers.summary(one) for one in reversed(found.executions)])
    return json.dumps({"pipelineExecutionSummaries": page, **token})


def list_action_executions(self: Any) -> str:
    found = _found(self, self._get_param("pipelineName"))
    only = (self._get_param("filter") or {}).get("pipelineExecutionId")
    runs = [
        answers.action_detail(execution, run, found)
        for execution in reversed(found.executions)
        if only in (None, execution.id)
        for run in reversed(execution.actions)
    ]
    page, token = _page(self, runs)
    return json.dumps({"actionExecutionDetails": page, **token})


def get_pipeline_state(self: Any) -> str:
    pipeline, metadata = self.codepipeline_backend.get_pipeline(self._get_param("name"))
    stages = answers.stages(pipeline, _found(self, pipeline["name"]))
    times = {"created": metadata["created"], "updated": metadata["updated"]}
    return json.dumps(
        {"pipelineName": pipeline["name"], "pipelineVersion": pipeline["version"], "stageStates": stages, **times}
    )


def put_approval_result(self: Any) -> str:
    found = _found(self, self._get_param("pipelineName"))
    with lock:
        execution = found.running
        run = execution.waiting() if execution is not None else None
        if execution is None or run is None or run.token != self._get_param("token"):
            raise JsonRESTError("InvalidApprovalTokenException", "The approval token is not the one that waits")
        result = self._get_param("result")
        if result["status"] == "Approved":
            run.settle("Succeeded", result["summary"])
        else:
            run.fail("ApprovalRejected", result["summary"])
    if result["status"] == "Approved":
        runner.resume(found, execution)
    else:
        runner.end(found, execution, "Failed")
    return json.dumps({"approvedAt": run.updated})


def retry_stage_execution(self: Any) -> str:
    found = _found(self, self._get_param("pipelineName"))
    execution = _execution(found, self._get_param("pipelineExecutionId"))
    with lock:
        if execution.status != "Failed" or found.running is not None:
            raise JsonRESTError("StageNotRetryableException", f"The execution {execution.id} has no stage to try again")
        execution.settle("InProgress")
    runner.resume(found, execution)
    return json.dumps({"pipelineExecutionId": execution.id})


def _page(response: Any, items: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], dict[str, str]]:
    start = int(response._get_param("nextToken") or 0)
    end = start + int(response._get_param("maxResults") or PAGE)
    return items[start:end], {"nextToken": str(end)} if end < len(items) else {}
