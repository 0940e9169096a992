"""The builds' own roles, not an administrator's: what their policies name is enough, and a plan's writes nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from controller.cli import run
from controller.cli.exit import Exit
from controller.local import clients

pytestmark = pytest.mark.emulator

MASTER, REGION = "100000000001", "eu-west-1"
WAIT = ("--wait", "--timeout", "300s")


def become(role: str, patch: pytest.MonkeyPatch) -> str:
    """As CodeBuild gives a build its project's role; answers the role's ARN."""
    arn = f"arn:aws:iam::{MASTER}:role/lake/{role}"
    keys = clients.role_keys(arn, REGION, "build")
    patch.setenv("AWS_ACCESS_KEY_ID", keys["AccessKeyId"])
    patch.setenv("AWS_SECRET_ACCESS_KEY", keys["SecretAccessKey"])
    patch.setenv("AWS_SESSION_TOKEN", keys["SessionToken"])
    return arn


def siloctl(folder: str, *words: str) -> int:
    return run(["--manifests", folder, *words])


def edit(folder: str, file: str, old: str, new: str) -> None:
    path = Path(folder) / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_builds_plan_apply_and_look_with_no_more_than_their_roles(
    embedded: Any, two_silos: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert siloctl(two_silos, "apply", "--yes", *WAIT) == Exit.OK  # the first, by an administrator

    plan = become("lake-controller-plan", monkeypatch)
    embedded.calls.clear()
    assert siloctl(two_silos, "plan", "--full", "--detailed-exitcode") == Exit.OK
    assert siloctl(two_silos, "status") == Exit.OK
    assert siloctl(two_silos, "drift", "--detailed-exitcode") == Exit.OK
    assert siloctl(two_silos, "partner", "list") == Exit.OK
    assert plan in {call.caller for call in embedded.calls}
    assert [str(call) for call in embedded.calls if call.write] == []

    edit(two_silos, "organization.yaml", "cost-center: data-platform", "cost-center: lake")  # on all that there is
    edit(two_silos, "silos/sales.yaml", "archiveAfterDays: 90", "archiveAfterDays: 100")
    capsys.readouterr()
    assert siloctl(two_silos, "apply", "--yes") == Exit.ERROR
    assert "is not authorized to perform: s3:PutObject" in capsys.readouterr().err

    become("lake-controller-apply", monkeypatch)
    assert siloctl(two_silos, "apply", "--yes", *WAIT) == Exit.OK
    assert siloctl(two_silos, "plan", "--detailed-exitcode") == Exit.OK
