"""An apply in a process of its own, which can be killed at any of its writes.

Loaded into the fork server beforehand, so that a process costs a fork and not the import of boto3.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping
from multiprocessing import get_context
from typing import Any

from controller.cli.wiring import connect
from controller.engine.apply import apply
from controller.engine.plan import Options, make_plan
from controller.local.server.calls import Call
from controller.resolve.lake import Lake
from tests.fakes.aws import Recorder
from tests.fakes.blueprints import catalogue
from tests.fakes.lakes import finance, flow, lake, plant, sales

COMMIT = "c0ffee"


def killed_lake() -> Lake:
    """One account to create, a unit to create for it, two regions, a flow over HTTP."""
    return lake(sales(), finance(), plant(), flows=[flow(), flow("returns", "plant"), flow("ledger", "finance")])


def apply_once(environment: Mapping[str, str]) -> None:
    """What `siloctl apply` does, in a fresh process."""
    os.environ.update(environment)
    wanted = killed_lake()
    ports = connect(wanted.organization).ports
    outcome = apply(make_plan(wanted, catalogue(), ports, Options(commit=COMMIT)), ports, Recorder())
    assert outcome.complete, outcome


class Killer:
    """Kills the process at its write number `at`, before or after the write takes effect; SIGKILL, no last words."""

    def __init__(self, aws: Any, at: int, *, after: bool) -> None:
        self._aws = aws
        self._at = at
        self._after = after
        self._seen = 0
        context = get_context("forkserver")
        context.set_forkserver_preload([__name__, "tests.e2e.warm"])
        self._process = context.Process(target=apply_once, args=(dict(aws.environment),), daemon=True)

    def run(self) -> Call | None:
        """The write at which it died; None when it ended by itself before."""
        died: list[Call] = []

        def kill(call: Call) -> None:
            self._seen += 1
            if self._seen == self._at and self._process.pid is not None:
                died.append(call)
                os.kill(self._process.pid, signal.SIGKILL)
                raise ConnectionAbortedError  # nobody is there to be answered

        if self._after:
            self._aws.gateway.after_write = kill
        else:
            self._aws.gateway.before_write = kill
        self._process.start()
        self._process.join(60)
        exit_code = self._process.exitcode
        self._process.close()
        self._aws.gateway.restore()
        assert exit_code == (-signal.SIGKILL if died else 0), exit_code
        return died[0] if died else None
