"""Who holds a lock, and whether that process is still there."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from controller.cli.lake import commit_of
from controller.cli.wiring import alive, owner


def test_this_process_is_alive() -> None:
    assert alive(owner()) is (True if os.name == "posix" else None)


def test_a_process_that_ended_is_dead() -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    assert alive({**owner(), "pid": ended.pid}) is (False if os.name == "posix" else None)


@pytest.mark.parametrize("holder", [{"host": "elsewhere", "pid": 1}, {}, {"host": owner()["host"], "pid": "1"}])
def test_of_a_process_elsewhere_nothing_is_known(holder: dict[str, object]) -> None:
    assert alive(holder) is None


def test_the_commit_is_what_was_said_or_gits_head_or_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert commit_of(tmp_path, "c0ffee") == "c0ffee"
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert commit_of(tmp_path, "") == "uncommitted"
    git = ["git", "-C", str(tmp_path), "-c", "user.name=n", "-c", "user.email=n@acme.example"]
    subprocess.run([*git, "init", "-q"], check=True)
    assert commit_of(tmp_path, "") == "uncommitted"  # nothing was committed yet
    subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", "first"], check=True)
    assert len(commit_of(tmp_path, "")) == 40
    monkeypatch.setenv("PATH", "")
    assert commit_of(tmp_path, "") == "uncommitted"
