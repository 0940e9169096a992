"""A first apply that is killed at any of its writes, and run again, ends where an undisturbed one ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from controller.cli import run
from controller.cli.exit import Exit
from controller.cli.wiring import connect
from controller.engine.plan import Options, make_plan
from controller.engine.ports import Ports
from controller.local.server.calls import Call
from tests.e2e.end_state import end_state
from tests.e2e.killed import COMMIT, Killer, killed_lake
from tests.fakes.blueprints import catalogue

pytestmark = pytest.mark.emulator

PARTS = 8  # so that two workers share the cases


@dataclass(frozen=True)
class Undisturbed:
    """A first apply that nobody kills: how many writes it makes, and what it leaves behind."""

    writes: int
    state: dict[str, Any]
    ports: Ports  # reads only; made once, since making clients is what takes long


@pytest.fixture(scope="module")
def undisturbed(embedded_process: Any) -> Undisturbed:
    wanted = killed_lake()
    embedded_process.reset(wanted)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in embedded_process.environment.items():
            patch.setenv(name, value)
        assert Killer(embedded_process, 0, after=False).run() is None
        writes = [call for call in embedded_process.calls if call.write]
        ports = connect(wanted.organization).ports
        return Undisturbed(len(writes), end_state(wanted, ports), ports)


def test_there_are_many_writes_to_be_killed_at(undisturbed: Undisturbed) -> None:
    assert undisturbed.writes > 20


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_killed_apply_that_is_run_again_converges(
    embedded: Any, undisturbed: Undisturbed, moment: str, part: int
) -> None:
    wanted, ports = killed_lake(), undisturbed.ports
    for at in range(part + 1, undisturbed.writes + 1, PARTS):
        embedded.reset(wanted)
        died = Killer(embedded, at, after=moment == "after").run()
        assert died is not None, f"it ended before write {at}"

        assert Killer(embedded, 0, after=False).run() is None

        place = f"killed {moment} write {at}, {died}"
        assert end_state(wanted, ports) == undisturbed.state, place
        again = make_plan(wanted, catalogue(), ports, Options(commit=COMMIT))
        assert (again.plan.changes, again.steps) == ((), ()), place


@pytest.mark.parametrize("moment", ["ExecuteChangeSet", "CreateStackInstances", "bundle.zip"])
def test_the_command_itself_killed_and_run_again_converges(embedded: Any, two_silos: str, moment: str) -> None:
    """With the blueprints as they are, and pipelines that deploy what was published."""
    command = [str(Path(sys.executable).with_name("siloctl")), "--manifests", two_silos, "apply", "--yes"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=dict(os.environ))

    def kill(call: Call) -> None:
        if process.poll() is None and str(call).endswith(moment):
            os.kill(process.pid, signal.SIGKILL)
            raise ConnectionAbortedError

    embedded.gateway.after_write = kill
    assert process.wait(120) == -signal.SIGKILL
    embedded.gateway.restore()

    assert run(["--manifests", two_silos, "apply", "--yes"]) == Exit.OK
    assert run(["--manifests", two_silos, "plan", "--detailed-exitcode"]) == Exit.OK
