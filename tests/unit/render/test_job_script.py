"""What the Spark job is told and what it asks for agree; `tests/spark` runs it."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterable
from typing import Any

import pytest

from controller.render.blueprint import Catalogue
from controller.render.silo import render_silo
from controller.render.values import JOB_SCRIPT
from controller.resolve.lake import Lake

OF_GLUE = {"job-language", "enable-metrics", "enable-continuous-cloudwatch-log", "TempDir", "extra-py-files"}


def asked_for(catalogue: Catalogue) -> set[str]:
    """The names in the script's own list of arguments."""
    for node in ast.walk(ast.parse(catalogue.files[JOB_SCRIPT])):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == "ARGUMENTS":
            return set(ast.literal_eval(node.value))
    raise AssertionError("the script has no ARGUMENTS")


@pytest.mark.parametrize(("silo", "address"), [("sales", "flow/orders"), ("logistics", "flow/shipments")])
def test_a_job_is_told_exactly_what_its_script_asks_for(
    silo: str, address: str, lake: Lake, catalogue: Catalogue
) -> None:
    template = next(one for one in render_silo(lake, silo, catalogue).nested if one.address == address)
    told = {name.removeprefix("--") for name in template.body["Resources"]["Job"]["Properties"]["DefaultArguments"]}
    assert told - OF_GLUE == asked_for(catalogue)


def test_the_state_machine_hands_over_which_object_and_which_run(lake: Lake, catalogue: Catalogue) -> None:
    template = next(t for t in render_silo(lake, "sales", catalogue).nested if t.address == "flow/orders")
    definition = json.loads(template.body["Resources"]["Process"]["Properties"]["DefinitionString"]["Fn::Sub"])
    assert definition["StartAt"] == "RawCrawl"
    told = definition["States"]["RunJob"]["Parameters"]["Arguments"]
    assert {name.removeprefix("--").removesuffix(".$") for name in told} <= asked_for(catalogue)
    names = set(definition["States"])
    following = {state["Next"] for state in definition["States"].values() if "Next" in state}
    assert following <= names
    reached = {definition["StartAt"], *following, *_branches(definition["States"].values())}
    assert names == reached


def _branches(states: Iterable[dict[str, Any]]) -> set[str]:
    """Where choices and failures lead."""
    found: set[str] = set()
    for state in states:
        found |= {one["Next"] for one in (*state.get("Choices", ()), *state.get("Catch", ()))}
        found |= {state["Default"]} if "Default" in state else set()
    return found


def test_what_a_run_wrote_is_listed_as_copy_reads_it(catalogue: Catalogue) -> None:
    """Redshift database developer guide, "Using a manifest to specify data files": parquet needs each file's size."""
    functions = [one for one in ast.parse(catalogue.files[JOB_SCRIPT]).body if isinstance(one, ast.FunctionDef)]
    (function,) = [one for one in functions if one.name == "manifest"]
    scope: dict[str, Any] = {"json": json}
    exec(compile(ast.Module([function], []), JOB_SCRIPT, "exec"), scope)
    listed = json.loads(scope["manifest"]([("s3://acme-sales-processed/orders/placed_at_day=2026-01-01/a.parquet", 7)]))
    (entry,) = listed["entries"]
    assert entry["url"].endswith("/a.parquet")
    assert entry["meta"] == {"content_length": 7}
    assert entry["mandatory"] is False, "another run may have built the partition anew"
