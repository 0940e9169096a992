"""Releases in waves on the embedded AWS: three silos, each in a wave of its own, with pipelines that deploy."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from controller.cli import run
from controller.cli.exit import Exit
from controller.engine.validate import load_lake
from controller.load.places import blueprints
from controller.local.clients import client
from controller.local.server.calls import Call
from controller.model.ownership import SILO_STACK, bundle_key
from controller.publish.bundle import open_bundle

pytestmark = pytest.mark.emulator

PLAIN = Path(__file__).parents[1] / "lakes" / "plain"
MASTER = "100000000001"
REGIONS = {"sales": "eu-west-1", "finance": "eu-central-1", "logistics": "eu-west-1"}
ACCOUNTS = {"sales": "200000000001", "finance": "200000000003", "logistics": "200000000002"}
WAVES = """\
    waves:
      - {name: canary, silos: {matchLabels: {wave: canary}}}
      - {name: early, silos: {matchLabels: {domain: finance}}}
      - {name: everyone}
"""
TAKEN = "/aws/vendedlogs/lake/sales/orders/process"  # the name of a log group of the flow orders


class Story:
    """The command on a lake of three silos, and what became of it."""

    def __init__(self, folder: Path, embedded: Any, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self.embedded = embedded
        self.capsys = capsys
        self.out = self.err = ""

    def siloctl(self, *words: str, exits: Exit = Exit.OK) -> str:
        self.capsys.readouterr()
        self.embedded.calls.clear()
        status = run(["--manifests", str(self.folder), *words])
        self.out, self.err = self.capsys.readouterr()
        assert status == exits, f"{words}: {self.out}\n{self.err}"
        return self.out

    def rollout(self, bake: str, on_failure: str) -> None:
        path = self.folder / "organization.yaml"
        said = f"  rollout:\n{WAVES}    bake: {bake}\n    onFailure: {on_failure}\n  guards:"
        path.write_text(re.sub(r"  rollout:\n(    .*\n)+  guards:", said, path.read_text()))

    def keep(self, days: int, *names: str) -> None:
        """Another life of what arrives, in all silos or those named."""
        for name in names or ACCOUNTS:
            path = self.folder / "silos" / f"{name}.yaml"
            path.write_text(re.sub(r"expireAfterDays: \d+  #", f"expireAfterDays: {days}  #", path.read_text()))

    def published(self) -> list[str]:
        """Whose bundle the last command wrote, in that order."""
        keys = {bundle_key(account): name for name, account in ACCOUNTS.items()}
        puts = [str(call) for call in self.embedded.calls if call.write]
        return [name for put in puts for key, name in keys.items() if put.endswith(key)]

    def lies(self, name: str) -> bytes:
        """The bundle in the code bucket."""
        s3 = client("s3", MASTER, REGIONS[name])
        bucket = f"acme-datalake-code-{REGIONS[name]}"
        content: bytes = s3.get_object(Bucket=bucket, Key=bundle_key(ACCOUNTS[name]))["Body"].read()
        return content

    def runs(self, name: str) -> tuple[str, str]:
        """The status of its root stack, and the digest of the bundle that it runs."""
        api = client("cloudformation", ACCOUNTS[name], REGIONS[name])
        stack = api.describe_stacks(StackName=SILO_STACK)["Stacks"][0]
        outputs = {one["OutputKey"]: one["OutputValue"] for one in stack["Outputs"]}
        return stack["StackStatus"], outputs["BundleDigest"]

    def status(self, name: str) -> dict[str, Any]:
        self.capsys.readouterr()
        run(
            [
                "--manifests",
                str(self.folder),
                "status",
                "--silo",
                name,
                "--wait",
                "--timeout",
                "60s",
                "--format",
                "json",
            ]
        )
        found: dict[str, Any] = json.loads(self.capsys.readouterr().out)["silos"][0]
        return found


@pytest.fixture
def story(embedded: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Story]:
    """All three run their first release."""
    (tmp_path / "silos").mkdir()
    shutil.copy(PLAIN / "organization.yaml", tmp_path)
    for name in ACCOUNTS:
        text = (PLAIN / "silos" / f"{name}.yaml").read_text()
        storage = "  storage:\n    raw:\n      expireAfterDays: 400  # days\n"
        (tmp_path / "silos" / f"{name}.yaml").write_text(re.sub(r"  storage:\n(    .*\n)+", "", text) + storage)
    lake, _ = load_lake(tmp_path, blueprints(), datetime.now(UTC).date())
    embedded.reset(lake)
    made = Story(tmp_path, embedded, capsys)
    made.rollout("0s", "halt")
    made.siloctl("apply", "--yes", "--wait", "--timeout", "300s")
    yield made
    embedded.gateway.restore()


def take_log_group(taken: bool) -> None:
    """Somebody else has the name that the flow needs, or has it no more."""
    logs = client("logs", ACCOUNTS["sales"], REGIONS["sales"])
    logs.create_log_group(logGroupName=TAKEN) if taken else logs.delete_log_group(logGroupName=TAKEN)


def test_each_wave_waits_for_the_one_before_and_a_killed_run_goes_on_in_its_bake(story: Story) -> None:
    seen: dict[str, dict[str, tuple[str, str]]] = {}

    def look(call: Call) -> None:
        for name in ("finance", "logistics"):
            if str(call).endswith(bundle_key(ACCOUNTS[name])):
                seen[name] = {other: story.runs(other) for other in ACCOUNTS}

    story.keep(500)
    assert "1. canary    sales\n  2. early     finance\n  3. everyone  logistics\n" in story.siloctl("plan")
    story.embedded.gateway.before_write = look
    story.siloctl("apply", "--yes")
    story.embedded.gateway.restore()
    assert story.published() == ["sales", "finance", "logistics"]
    new = {name: open_bundle(story.lies(name)).digest for name in ACCOUNTS}
    assert seen["finance"]["sales"] == ("UPDATE_COMPLETE", new["sales"])
    assert seen["finance"]["finance"][1] != new["finance"]
    assert seen["logistics"]["finance"] == ("UPDATE_COMPLETE", new["finance"])
    story.siloctl("plan", "--detailed-exitcode")

    # Killed in the bake after its first wave, and run again.
    story.rollout("5s", "halt")
    story.keep(600)
    command = [str(Path(sys.executable).with_name("siloctl")), "--manifests", str(story.folder), "apply", "--yes"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        assert any("wave/canary: all run it; bakes until" in line for line in process.stderr)
        os.kill(process.pid, signal.SIGKILL)
    assert story.runs("sales")[1] == open_bundle(story.lies("sales")).digest != new["sales"]
    assert open_bundle(story.lies("finance")).digest == new["finance"]
    assert "1. canary    waits for sales, published before" in story.siloctl("plan")
    story.siloctl("apply", "--yes")
    assert story.published() == ["finance", "logistics"]
    story.siloctl("plan", "--detailed-exitcode")


def test_a_canary_that_fails_stops_the_others_and_is_rolled_back_where_that_is_said(story: Story) -> None:
    former = {name: story.lies(name) for name in ACCOUNTS}
    take_log_group(True)
    story.keep(500)
    shutil.copytree(PLAIN / "flows", story.folder / "flows", ignore=lambda _, names: set(names) - {"orders.yaml"})
    shutil.copytree(PLAIN / "transforms", story.folder / "transforms")

    told = story.siloctl("apply", "--yes", exits=Exit.PARTLY)
    assert "silo/logistics/bundle was not tried: it waits for wave/canary" in told
    assert re.search(
        r"wave/canary failed: silo/sales is OutOfSync, Degraded: .*flow/orders/\w+: .*flows/orders.yaml:\d", told
    )
    assert story.published() == ["sales"]
    again = story.siloctl("apply", "--yes", exits=Exit.PARTLY)
    assert [line for line in again.splitlines() if "wave/canary failed" in line] == [
        line for line in told.splitlines() if "wave/canary failed" in line
    ]
    assert story.published() == []
    assert {name: story.lies(name) for name in ("finance", "logistics")} == {
        name: former[name] for name in ("finance", "logistics")
    }

    # Rolled back to what ran well, which is not what was published before.
    story.rollout("0s", "rollback")
    story.keep(600, "sales")
    story.siloctl("apply", "--yes", exits=Exit.PARTLY)
    assert story.published() == ["sales", "sales"]
    assert story.lies("sales") == former["sales"]
    found = story.status("sales")
    assert (found["sync"], found["health"]) == ("OutOfSync", "Healthy")
    assert "rolled back" in found["sync_reason"]
    told = story.siloctl("plan", exits=Exit.BLOCKED)
    assert "silo/sales/bundle is blocked: the same was published and rolled back" in told
    assert "--allow retry=silo/sales" in told
    story.siloctl("apply", "--yes", exits=Exit.BLOCKED)
    assert story.published() == []

    # What was in the way is gone, and nothing in the manifests has to change for that.
    take_log_group(False)
    story.siloctl("apply", "--yes", "--allow", "retry=silo/sales")
    assert story.published() == ["sales", "finance", "logistics"]
    story.siloctl("status", "--wait", "--timeout", "120s")
    story.siloctl("plan", "--detailed-exitcode")
