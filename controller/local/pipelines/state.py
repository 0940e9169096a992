"""What the runs of a pipeline leave behind: executions, their actions, and what polling saw."""

from __future__ import annotations

import secrets
import threading
import time
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from moto.codepipeline.models import codepipeline_backends

lock = threading.RLock()  # guards all of this module's data


@dataclass
class ActionRun:
    stage: str
    name: str
    declared: Mapping[str, Any]
    status: str = "InProgress"  # InProgress | Succeeded | Failed | Abandoned
    summary: str = ""
    error_code: str = ""
    error: str = ""
    revision: str = ""
    external_id: str = ""
    token: str = ""  # what PutApprovalResult must name
    configuration: Mapping[str, str] = field(default_factory=dict)  # with variables filled in
    outputs: Mapping[str, str] = field(default_factory=dict)
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    started: float = field(default_factory=time.time)
    updated: float = field(default_factory=time.time)

    def settle(self, status: str, summary: str = "") -> None:
        self.status, self.summary, self.updated = status, summary, time.time()

    def fail(self, code: str, message: str) -> None:
        self.error_code, self.error = code, message
        self.settle("Failed", message)


@dataclass(frozen=True)
class Artifact:
    """An artifact of an execution: where its zip lies, and what is in it."""

    bucket: str
    key: str
    content: bytes = field(repr=False)


@dataclass
class Execution:
    pipeline: Mapping[str, Any]  # the definition that it runs
    trigger: str
    detail: str
    overrides: tuple[Mapping[str, str], ...] = ()  # sourceRevisions of StartPipelineExecution
    status: str = "InProgress"
    summary: str = ""
    actions: list[ActionRun] = field(default_factory=list)
    artifacts: dict[str, Artifact] = field(default_factory=dict)
    variables: dict[str, Mapping[str, str]] = field(default_factory=dict)  # namespace -> outputs
    revisions: list[dict[str, str]] = field(default_factory=list)
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    started: float = field(default_factory=time.time)
    updated: float = field(default_factory=time.time)

    def settle(self, status: str, summary: str = "") -> None:
        self.status, self.summary, self.updated = status, summary, time.time()

    def waiting(self) -> ActionRun | None:
        """The approval that somebody has to give."""
        return next((run for run in self.actions if run.status == "InProgress" and run.token), None)


@dataclass
class Delivery:
    """All that is known of one pipeline beside its definition."""

    account: str
    region: str
    name: str
    executions: list[Execution] = field(default_factory=list)  # oldest first
    running: Execution | None = None
    pending: Execution | None = None
    seen: dict[str, str] = field(default_factory=dict)  # source action -> version that was taken
    polling_disabled_at: float | None = None


def delivery(account: str, region: str, name: str) -> Delivery:
    """The pipeline's own, made when it is first asked for; it goes with moto's pipeline."""
    return _kept(codepipeline_backends[account][region].pipelines[name], account, region, name)


def _kept(pipeline: Any, account: str, region: str, name: str) -> Delivery:
    with lock:
        if not hasattr(pipeline, "delivery"):
            pipeline.delivery = Delivery(account, region, name)
        found: Delivery = pipeline.delivery
        return found


def definition(account: str, region: str, name: str) -> Mapping[str, Any] | None:
    found = codepipeline_backends[account][region].pipelines.get(name)
    return None if found is None else found.pipeline


def deliveries() -> Iterator[tuple[Delivery, Mapping[str, Any]]]:
    """Every pipeline of every account, with its definition."""
    for account, regions in list(codepipeline_backends.items()):
        for region, backend in list(regions.items()):
            for name, pipeline in list(backend.pipelines.items()):
                yield _kept(pipeline, account, region, name), pipeline.pipeline  # it may be gone by now


def short_id() -> str:
    """Seven characters, as CodePipeline ends the keys of artifacts."""
    return secrets.token_hex(4)[:7]
