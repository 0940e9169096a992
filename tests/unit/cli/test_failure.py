"""A user's mistake is a line with a hint and its own exit status, never a traceback."""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path

import pytest
from botocore.config import Config

from controller.aws import client
from controller.cli import run
from controller.cli.exit import Exit
from controller.cli.failure import tell
from controller.model.errors import ApplyStopped, AwsDenied, ControllerError, LockHeld, PlanBlocked, PlanStale

MANIFESTS = str(Path(__file__).parents[3] / "manifests")


@pytest.fixture
def nobody(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """An environment that knows no AWS."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, os.devnull)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    return monkeypatch


@pytest.mark.parametrize("command", ["plan", "drift", "status"])
def test_without_credentials_the_reader_is_told_what_to_give(
    command: str, nobody: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["--manifests", MANIFESTS, command]) == Exit.ERROR
    said = "".join(capsys.readouterr())
    assert "credentials" in said
    assert "Traceback" not in said


def test_json_readers_get_a_document_even_when_there_is_no_plan(
    nobody: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["--manifests", MANIFESTS, "plan", "--format", "json"]) == Exit.ERROR
    document = json.loads(capsys.readouterr().out)
    assert document["errored"] and "siloctl local run" in document["error"]["hint"]


def test_an_endpoint_that_nobody_listens_at_is_named(
    nobody: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.socket() as taken:  # bound and not listening: a connection is refused
        taken.bind(("127.0.0.1", 0))
        nobody.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{taken.getsockname()[1]}")
        nobody.setenv("AWS_ACCESS_KEY_ID", "a")
        nobody.setenv("AWS_SECRET_ACCESS_KEY", "b")
        nobody.setattr(client, "CONFIG", Config(retries={"total_max_attempts": 1}))
        assert run(["--manifests", MANIFESTS, "plan"]) == Exit.ERROR
    assert "could not be reached" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        ["plam"],
        ["plan", "--nope"],
        ["plan", "--allow", "everything"],
        ["plan", "--format", "yaml"],
        ["status", "--timeout", "soon"],
        ["status", "--silo", "nobody"],
    ],
    ids=" ".join,
)
def test_misuse_is_64_so_that_it_never_looks_like_drift(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["--manifests", MANIFESTS, *arguments]) == Exit.MISUSE
    assert "Usage" in capsys.readouterr().err


def test_a_mistyped_command_is_guessed(capsys: pytest.CaptureFixture[str]) -> None:
    run(["plam"])
    assert "Did you mean 'plan'?" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (PlanBlocked("a guard"), Exit.BLOCKED),
        (PlanStale("it moved"), Exit.STALE),
        (LockHeld("somebody"), Exit.LOCKED),
        (ApplyStopped("by whoever ran it"), Exit.PARTLY),
        (AwsDenied("AccessDenied"), Exit.ERROR),
        (ControllerError("\x1b[2Jwrong account"), Exit.ERROR),
    ],
)
def test_each_error_has_its_exit_status(
    error: ControllerError, status: Exit, capsys: pytest.CaptureFixture[str]
) -> None:
    assert tell(error) is status
    assert "\x1b" not in capsys.readouterr().err


def test_manifests_that_are_wrong_are_told_line_by_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "organization.yaml").write_text("apiVersion: lake/v1\nkind: Organisation\nmetadata: {name: acme}\n")
    assert run(["--manifests", str(tmp_path), "plan"]) == Exit.ERROR
    assert "organization.yaml:2:" in capsys.readouterr().err
