"""Fields of the Organization, and of silos those that other tests leave out, edited in turn: what the plan said of the
resources of the master's stacks and of the silos' is what the embedded AWS then did.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from controller.cli import run
from controller.cli.exit import Exit
from controller.engine.validate import load_lake
from controller.load.places import blueprints
from controller.local.clients import client
from controller.model.ownership import MASTER_STACK
from controller.render.intrinsic import TemplateLoader
from tests.changes import Fields, Manifest, put
from tests.deployed import Actions, Deployed

pytestmark = pytest.mark.emulator

MASTER, HOME, ELSEWHERE = "100000000001", "eu-west-1", ("eu-central-1", "eu-north-1")
WAIT = ("--wait", "--timeout", "300s")
TODAY = datetime.now(UTC).date()
VERBS = {"CREATE_COMPLETE": "create", "UPDATE_COMPLETE": "update", "DELETE_COMPLETE": "delete"}
DIGEST = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
# In this order, so that each builds upon those before; some are of more than one manifest, to save a round.
ROUNDS: tuple[dict[str, Fields], ...] = (
    {"acme": {"spec.codeBucket.keepVersions": 20}, "sales": {"spec.owners": ["others@acme.example"]}},
    {"acme": {"spec.notifications.email": ["lake@acme.example"]}, "finance": {"spec.storage.raw.objectLock.days": 400}},
    {"acme": {"spec.source.branch": "trunk"}, "finance": {"spec.storage.raw.objectLock.mode": "compliance"}},
    {"acme": {"spec.source.repository": "lake"}, "sales": {"spec.encryption.type": "s3"}},
    {"acme": {"spec.tool.sha256": DIGEST}, "sales": {"spec.encryption.type": "kms"}},
    {
        "acme": {"spec.siloUnits": ["Lake/Silos", "Lake/More"]},
        "sales": {"spec.storage.processed.objectLock": {"mode": "governance", "days": 5}},
    },
    {"acme": {"spec.consumerUnits": []}},
    {"acme": {"spec.regions": ["eu-west-1", "eu-central-1", "eu-north-1"]}},
    {"acme": {"spec.regions": ["eu-west-1", "eu-central-1"]}},
)


class Masters:
    """What happened to the resources of the master's stacks since the last time, by the addresses of plans."""

    def __init__(self) -> None:
        self._told: set[str] = set()

    def happened(self) -> Actions:
        found: Actions = {}
        for region in (HOME, *ELSEWHERE):
            place = "master/stack" if region == HOME else f"master/stack/{region}"
            for event in self._new(region):
                found.setdefault(f"{place}/{event['LogicalResourceId']}", set()).add(VERBS[event["ResourceStatus"]])
        return found

    def _new(self, region: str) -> list[dict[str, Any]]:
        """Ends of what was done to a resource; a stack that is not there has none."""
        cloudformation = client("cloudformation", MASTER, region)
        try:
            pages = list(cloudformation.get_paginator("describe_stack_events").paginate(StackName=MASTER_STACK))
        except cloudformation.exceptions.ClientError:
            return []
        events = [event for page in pages for event in page["StackEvents"] if event["EventId"] not in self._told]
        self._told |= {event["EventId"] for event in events}
        return [
            event
            for event in events
            if event["ResourceStatus"] in VERBS and event["PhysicalResourceId"] != event["StackId"]
        ]


def test_each_field_does_what_the_plan_said(two_silos: str, capsys: pytest.CaptureFixture[str]) -> None:
    folder = Path(two_silos)
    manifests: dict[str, tuple[Path, Manifest]] = {}
    for path in folder.rglob("*.yaml"):
        one = yaml.load(path.read_text(encoding="utf-8"), TemplateLoader)
        manifests[one["metadata"]["name"]] = path, one

    def edit(name: str, fields: Fields) -> None:
        path, one = manifests[name]
        manifests[name] = path, put(one, fields)
        path.write_text(yaml.dump(manifests[name][1], Dumper=yaml.CSafeDumper), encoding="utf-8")

    def siloctl(*words: str) -> str:
        capsys.readouterr()
        status = run(["--manifests", two_silos, *words])
        out, err = capsys.readouterr()
        assert status == Exit.OK or (words[0] == "plan" and status == Exit.BLOCKED), f"{words}: {out}\n{err}"
        return out

    edit("acme", {"spec.rollout": {}})
    siloctl("apply", "--yes", *WAIT)
    masters, silos = Masters(), Deployed(("sales", "finance"))
    silos.wanted(load_lake(folder, blueprints(), TODAY)[0])
    masters.happened()
    silos.happened()
    for edits in ROUNDS:
        for name, fields in edits.items():
            edit(name, fields)
        silos.wanted(load_lake(folder, blueprints(), TODAY)[0])
        plan = json.loads(siloctl("plan", "--format", "json"))
        of_masters = {
            one["address"]: set(one["actions"])
            for one in plan["changes"]
            if one["address"].startswith("master/") and not one["address"].endswith(")")
        }
        assert plan["changes"], edits
        allowed = [word for one in plan["guards"] if one["blocks"] for word in ("--allow", one["allow"])]
        siloctl("apply", "--yes", *allowed, *WAIT)
        assert masters.happened() == of_masters, edits
        assert silos.happened() == silos.said(plan), edits
        assert siloctl("plan").startswith("No changes."), edits
    assert siloctl("drift").startswith("No drift.")
