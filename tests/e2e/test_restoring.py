"""A root stack deleted by hand, its data in place: brought back by what siloctl prints, run as it is printed."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from controller.cli import run
from controller.cli.exit import Exit
from controller.local.clients import client
from tests.e2e.printed import execute

pytestmark = pytest.mark.emulator

SALES, REGION, RAW = "200000000001", "eu-west-1", "acme-sales-raw-200000000001"
WAIT = ("--wait", "--timeout", "120s")

Siloctl = Callable[..., Any]


@pytest.fixture
def siloctl(two_silos: str, capsys: pytest.CaptureFixture[str]) -> Siloctl:
    def called(*words: str, exits: Exit = Exit.OK) -> Any:
        capsys.readouterr()
        status = run(["--manifests", two_silos, *words])
        out, err = capsys.readouterr()
        assert status == exits, f"{words}: {out}\n{err}"
        return json.loads(out) if "json" in words else out

    return called


@pytest.fixture
def orphaned(siloctl: Siloctl) -> bytes:
    """A silo with a file, whose root stack is gone; answers what is in the file."""
    siloctl("apply", "--yes", *WAIT)
    client("s3", SALES, REGION).put_object(Bucket=RAW, Key="orders/1.json", Body=b"{}")
    stacks = client("cloudformation", SALES, REGION)
    stacks.delete_stack(StackName="lake-silo")
    stacks.get_waiter("stack_delete_complete").wait(StackName="lake-silo", WaiterConfig={"Delay": 1})
    return b"{}"


def told(siloctl: Siloctl) -> str:
    (finding,) = siloctl("drift", "--format", "json")["drift"]
    return str(finding["reassert"])


def advised(siloctl: Siloctl) -> str:
    sales = siloctl("status", "--silo", "sales", "--format", "json", exits=Exit.ERROR)["silos"][0]
    return next(str(part["advice"]) for part in sales["parts"] if part["address"] == "silo/sales/stack")


def made_whole(siloctl: Siloctl, content: bytes) -> None:
    siloctl("status", *WAIT)
    assert siloctl("drift", "--detailed-exitcode").startswith("No drift.")
    assert siloctl("plan", "--detailed-exitcode").startswith("No changes.")
    assert client("s3", SALES, REGION).get_object(Bucket=RAW, Key="orders/1.json")["Body"].read() == content
    stacks = client("cloudformation", SALES, REGION)
    assert [one["StackName"].startswith("lake-silo-Storage-") for one in stacks.describe_stacks()["Stacks"]].count(
        True
    ) == 1


def test_a_deleted_root_takes_its_storage_in_again(siloctl: Siloctl, orphaned: bytes, two_silos: str) -> None:
    command = told(siloctl)
    assert command == advised(siloctl)
    execute(command, two_silos)
    made_whole(siloctl, orphaned)


def test_also_after_the_pipeline_tried_to_make_it_anew(siloctl: Siloctl, orphaned: bytes, two_silos: str) -> None:
    client("codepipeline", SALES, REGION).start_pipeline_execution(name="lake-delivery")
    siloctl("status", *WAIT, exits=Exit.ERROR)
    command = told(siloctl)
    assert command == advised(siloctl)
    assert "delete-stack --stack-name lake-silo " in command and "s3 rb" not in command
    execute(command, two_silos)
    made_whole(siloctl, orphaned)
