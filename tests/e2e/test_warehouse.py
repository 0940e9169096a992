"""Warehouse and dashboards on the embedded AWS: each field edited in turn, what the plan said against what happened."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from controller.cli import run
from controller.cli.exit import Exit
from controller.local.clients import client

pytestmark = pytest.mark.emulator

MANIFESTS = Path(__file__).parents[1] / "lakes" / "plain"
SALES, REGION = "200000000001", "eu-west-1"
PRINCIPAL = f"arn:aws:quicksight:{REGION}:{SALES}:group/default/sales-analysts"
COMPONENTS = f"""\
  warehouse:
    type: redshift-serverless
    baseCapacity: 8
  dashboards:
    type: quicksight
    principals: ["{PRINCIPAL}"]
"""
TARGETS = """\
    - {type: processed}
    - {type: redshift, table: sales.orders}
    - {type: quicksight, dataset: Orders}
"""
ONE, OTHER = "subnet-0a1b2c3d4e5f60718", "subnet-0123456789abcdef0"
SUBNETS = f"[subnet-0f1e2d3c4b5a69788, {ONE}, {OTHER}]"
GROUP = {"update warehouse/Workgroup"}
PLACES = {"Warehouse": "warehouse", "Dashboards": "dashboards", "FlowOrders": "flow/orders", "Storage": "storage"}

Edit = tuple[str, str, str]  # file, what stands there, what then does
SILO, FLOW = "silos/sales.yaml", "flows/orders.yaml"
EDITS: dict[str, tuple[Edit, set[str]]] = {
    "baseCapacity": ((SILO, "baseCapacity: 8", "baseCapacity: 16"), GROUP),
    "maxCapacity": (
        (SILO, "baseCapacity: 16", "baseCapacity: 16\n    maxCapacity: 64"),
        GROUP,
    ),
    "network": (
        (
            SILO,
            "maxCapacity: 64",
            f"maxCapacity: 64\n    network: {{subnets: {SUBNETS}, securityGroups: [sg-0f1e2d3c4b5a69788]}}",
        ),
        GROUP,
    ),
    "network.subnets": ((SILO, "subnet-0f1e2d3c4b5a69788", "subnet-0f1e2d3c4b5a60000"), GROUP),
    "network.securityGroups": ((SILO, "[sg-0f1e2d3c4b5a69788]", "[sg-0123456789abcdef0]"), GROUP),
    "the order of subnets": (
        (SILO, f"{ONE}, {OTHER}", f"{OTHER}, {ONE}"),
        set(),
    ),
    "principals": (
        (SILO, f'"{PRINCIPAL}"', f'"{PRINCIPAL}", "{PRINCIPAL.replace("analysts", "heads")}"'),
        {"update dashboards/Source", "update dashboards/OrdersDataSet"},
    ),
    "dataset": ((FLOW, "dataset: Orders", "dataset: Sales orders"), {"update dashboards/OrdersDataSet"}),
    "table": ((FLOW, "table: sales.orders", "table: sales.all_orders"), {"update flow/orders/Process"}),
    "no processed": ((FLOW, "    - {type: processed}\n", ""), set()),
    "no quicksight": (
        (FLOW, "    - {type: quicksight, dataset: Sales orders}\n", ""),
        {
            "delete dashboards/OrdersDataSet",
            "delete dashboards/OrdersRefresh",
            "update flow/orders/Process",
            "update flow/orders/ProcessRole",
        },
    ),
}


def test_each_field_does_what_the_plan_said(two_silos: str, embedded: Any, capsys: pytest.CaptureFixture[str]) -> None:
    folder = Path(two_silos)
    for path in ("flows/orders.yaml", "transforms/orders.py"):
        (folder / path).parent.mkdir(exist_ok=True)
        shutil.copy(MANIFESTS / path, folder / path)
    (folder / SILO).write_text((folder / SILO).read_text() + COMPONENTS)
    replace(folder, (FLOW, "    - {type: processed}\n", TARGETS))
    siloctl = command(folder, capsys)

    assert any("warehouse/Namespace" in one for one in planned(siloctl("plan", "--format", "json")))
    siloctl("apply", "--yes", "--wait", "--timeout", "180s")
    siloctl("plan", "--detailed-exitcode")
    siloctl("drift", "--detailed-exitcode")

    for name, (edit, expected) in EDITS.items():
        before = events()
        replace(folder, edit)
        said = planned(siloctl("plan", "--format", "json"))
        assert said == expected, name
        if said:
            siloctl("apply", "--yes", "--wait", "--timeout", "180s")
            assert happened(before) == said, name
    siloctl("plan", "--detailed-exitcode")

    text = (folder / SILO).read_text()
    (folder / SILO).write_text(text[: text.index("  warehouse:")])
    replace(folder, (FLOW, "    - {type: redshift, table: sales.all_orders}\n", "    - {type: processed}\n"))
    siloctl("apply", "--yes", "--wait", "--timeout", "180s")
    stacks = client("cloudformation", SALES, REGION)
    left = {
        one["LogicalResourceId"] for one in stacks.describe_stack_resources(StackName="lake-silo")["StackResources"]
    }
    assert not {"Warehouse", "Dashboards"} & left
    secrets = client("secretsmanager", SALES, REGION).list_secrets()["SecretList"]
    assert [one["Name"] for one in secrets] == ["redshift!lake-sales-lakeadmin"], "the namespace is kept with its data"


def replace(folder: Path, edit: Edit) -> None:
    file, old, new = edit
    text = (folder / file).read_text()
    assert old in text, edit
    (folder / file).write_text(text.replace(old, new))


def command(folder: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    def siloctl(*words: str) -> str:
        capsys.readouterr()
        status = run(["--manifests", str(folder), *words])
        out, err = capsys.readouterr()
        assert status == Exit.OK, f"{words}: {out}\n{err}"
        return out

    return siloctl


def planned(document: str) -> set[str]:
    changes = json.loads(document)["changes"]
    below = "silo/sales/"
    return {
        f"{action} {change['address'].removeprefix(below)}"
        for change in changes
        if change["address"].startswith(tuple(below + place for place in PLACES.values()))
        for action in change["actions"]
    }


def events() -> dict[str, tuple[str, str, str]]:
    """What each stack of the silo did to its resources, by event."""
    stacks = client("cloudformation", SALES, REGION)
    nested = stacks.describe_stack_resources(StackName="lake-silo")["StackResources"]
    found = {}
    for one in nested:
        if one["LogicalResourceId"] in PLACES:
            for event in stacks.describe_stack_events(StackName=one["PhysicalResourceId"])["StackEvents"]:
                if event["PhysicalResourceId"] != one["PhysicalResourceId"]:
                    place = f"{PLACES[one['LogicalResourceId']]}/{event['LogicalResourceId']}"
                    found[event["EventId"]] = (place, event["ResourceStatus"], event["PhysicalResourceId"])
    return found


def happened(before: dict[str, Any]) -> set[str]:
    """As the plan words it; what is made anew in an update shows as a creation and a deletion."""
    verbs = {"CREATE_COMPLETE": "create", "UPDATE_COMPLETE": "update", "DELETE_COMPLETE": "delete"}
    new = [event for name, event in events().items() if name not in before]
    return {f"{verbs[status]} {place}" for place, status, _ in new if status in verbs}
