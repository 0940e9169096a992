"""Walks an execution through its stages. One execution of a pipeline runs at a time; a newer one supersedes who waits.

A manual approval holds no thread: the walk ends there, and goes on from there when the result is put.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import groupby
from typing import Any

from controller.local.pipelines import actions
from controller.local.pipelines.actions import ActionFailed, Context, Stopped
from controller.local.pipelines.state import ActionRun, Delivery, Execution, lock

WORKERS = 8


class _Crew:
    """The threads that run actions, and the word to stop."""

    def __init__(self) -> None:
        self.stopped = threading.Event()
        self._pool = ThreadPoolExecutor(WORKERS, thread_name_prefix="embedded-pipeline")

    def submit(self, work: Callable[[], None]) -> None:
        if not self.stopped.is_set():
            self._pool.submit(work).add_done_callback(_raise)

    def stop(self) -> None:
        self.stopped.set()
        self._pool.shutdown(wait=True, cancel_futures=True)


def _raise(done: Future[None]) -> None:
    """What no action foresaw is a fault of the embedded AWS: a pool would keep it to itself."""
    error = None if done.cancelled() else done.exception()
    if error is not None:
        threading.excepthook(threading.ExceptHookArgs((type(error), error, error.__traceback__, None)))


_crew: _Crew | None = None


def stop() -> None:
    """End all work, for a reset; what comes later gets new threads."""
    global _crew
    with lock:
        crew, _crew = _crew, None
    if crew is not None:
        crew.stop()


def start(
    pipeline: Delivery,
    definition: Mapping[str, Any],
    trigger: str,
    detail: str,
    overrides: tuple[Mapping[str, str], ...] = (),
) -> Execution:
    """Start an execution, or let it wait for the one that runs, in the place of any that waits."""
    execution = Execution(dict(definition), trigger, detail, overrides)
    with lock:
        pipeline.executions.append(execution)
        if pipeline.running is not None:
            if pipeline.pending is not None:
                pipeline.pending.settle("Superseded")
            pipeline.pending = execution
            return execution
        pipeline.running = execution
    _go(pipeline, execution)
    return execution


def resume(pipeline: Delivery, execution: Execution) -> None:
    """Go on behind an approval that was given, or with a stage that is tried again."""
    with lock:
        pipeline.running = execution
    _go(pipeline, execution)


def _go(pipeline: Delivery, execution: Execution) -> None:
    global _crew
    with lock:
        crew = _crew = _crew or _Crew()
    crew.submit(lambda: _walk(pipeline, execution, crew.stopped))


def _walk(pipeline: Delivery, execution: Execution, stopped: threading.Event) -> None:
    try:
        for stage in execution.pipeline["stages"]:
            ordered = sorted(stage["actions"], key=lambda action: int(action.get("runOrder", 1)))
            for _, group in groupby(ordered, key=lambda action: int(action.get("runOrder", 1))):
                results = [_act(pipeline, execution, stage["name"], action, stopped) for action in group]
                if "Failed" in results:
                    return end(pipeline, execution, "Failed")
                if execution.status == "Stopped":
                    return end(pipeline, execution, "Stopped")
                if "InProgress" in results:
                    return None
        return end(pipeline, execution, "Succeeded")
    except Stopped:
        return None


def _act(
    pipeline: Delivery, execution: Execution, stage: str, action: Mapping[str, Any], stopped: threading.Event
) -> str:
    """Run one action, unless an earlier walk did; answers its status."""
    with lock:
        before = [run for run in execution.actions if (run.stage, run.name) == (stage, action["name"])]
        if before and before[-1].status != "Failed":
            return before[-1].status
        run = ActionRun(stage, action["name"], action)
        execution.actions.append(run)
    try:
        actions.run(Context(pipeline, execution, run, stopped))
    except ActionFailed as failed:
        run.fail(failed.code, str(failed))
    return run.status


def end(pipeline: Delivery, execution: Execution, status: str) -> None:
    """Settle the execution that runs, and let the one that waits begin."""
    with lock:
        execution.settle(status)
        following, pipeline.pending = pipeline.pending, None
        pipeline.running = following
    if following is not None:
        _go(pipeline, following)
