"""Flows that fetch: what starts when, what scripts are told, who may do what, and where passwords are not."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from controller.load.places import folder
from controller.render.blueprint import Catalogue
from controller.render.silo import render_silo
from controller.resolve.lake import Lake

FLOWS = Path(str(folder("blueprints"))) / "flows"
CASES = sorted(FLOWS.glob("*/cases/*/template.yaml"))
DATABASES = [case for case in CASES if case.parts[-4] in ("jdbc", "mongodb", "cassandra")]
OF_GLUE = {
    "job-language",
    "job-bookmark-option",
    "enable-metrics",
    "enable-continuous-cloudwatch-log",
    "TempDir",
    "extra-jars",
}
SECRET = "{{resolve:secretsmanager:lake/"


def name_of(case: Path) -> str:
    return f"{case.parts[-4]}-{case.parts[-2]}"


def resources(case: Path) -> dict[str, Any]:
    return dict(yaml.safe_load(case.read_text(encoding="utf-8"))["Resources"])


def definition(case: Path) -> dict[str, Any]:
    return dict(json.loads(resources(case)["Process"]["Properties"]["DefinitionString"]["Fn::Sub"]))


def strings(node: Any, at: str = "") -> Iterator[tuple[str, str]]:
    """Every text with the key that it stands at."""
    if isinstance(node, dict):
        for key, value in node.items():
            yield from strings(value, key)
    elif isinstance(node, list):
        for value in node:
            yield from strings(value, at)
    elif isinstance(node, str):
        yield at, node


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_every_state_is_reached_and_every_way_leads_on(case: Path) -> None:
    machine = definition(case)
    states = machine["States"]
    ways = {machine["StartAt"]}
    for state in states.values():
        ways |= {state[key] for key in ("Next", "Default") if key in state}
        ways |= {one["Next"] for key in ("Choices", "Catch") for one in state.get(key, ())}
    assert ways == set(states)


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_each_task_tells_its_failure(case: Path) -> None:
    """But the telling itself, which would tell its own in a circle."""
    for name, state in definition(case)["States"].items():
        if state["Type"] == "Task" and name != "Tell":
            assert [one["Next"] for one in state["Catch"] if one["ErrorEquals"] == ["States.ALL"]] == ["Tell"], name


@pytest.mark.parametrize("case", DATABASES, ids=name_of)
def test_an_extraction_is_told_exactly_what_its_script_asks_for(case: Path) -> None:
    tree = ast.parse((FLOWS / case.parts[-4] / "scripts" / "extract.py").read_text(encoding="utf-8"))
    (asked,) = [
        set(ast.literal_eval(node.value))
        for node in tree.body
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "ARGUMENTS"
    ]
    arguments = resources(case)["Extraction"]["Properties"]["DefaultArguments"]
    assert {name.removeprefix("--") for name in arguments} - OF_GLUE == asked - {"JOB_NAME"}  # which Glue adds


@pytest.mark.parametrize("script", sorted(FLOWS.glob("*/scripts/*.py")), ids=lambda path: path.parts[-3])
def test_a_script_compiles(script: Path) -> None:
    compile(script.read_text(encoding="utf-8"), script.name, "exec")


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_passwords_stand_in_secrets_alone(case: Path) -> None:
    """Only AppFlow and DataSync are given them by CloudFormation; jobs and connections know a secret's name."""
    for name, resource in resources(case).items():
        for key, text in strings(resource):
            if "resolve:" in text:
                assert resource["Type"] in ("AWS::AppFlow::ConnectorProfile", "AWS::DataSync::LocationSMB"), name
                assert text.startswith(SECRET), name
            if key in ("Password", "Username", "User"):
                assert text.startswith(SECRET), name


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_a_bookmark_is_kept_exactly_where_a_source_is_read_incrementally(case: Path) -> None:
    made = resources(case)
    form = json.loads(made["Job"]["Properties"]["DefaultArguments"]["--input_format"])
    source = yaml.safe_load((case.parent / "values.yaml").read_text(encoding="utf-8"))["source"]
    if "landed" in form:
        assert form["whole"] is ("incremental" not in source)
    if "Extraction" in made:
        job = made["Extraction"]["Properties"]
        kept = job["DefaultArguments"]["--job-bookmark-option"] == "job-bookmark-enable"
        assert kept is ("incremental" in source)
        assert job["ExecutionProperty"] == {"MaxConcurrentRuns": 1}
    if "Pull" in made:
        pull = made["Pull"]["Properties"]
        mode = pull["TriggerConfig"]["TriggerProperties"]["DataPullMode"]
        assert mode == ("Incremental" if "incremental" in source else "Complete")
        assert ("IncrementalPullConfig" in pull["SourceFlowConfig"]) is ("incremental" in source)


@pytest.mark.parametrize(("silo", "let_in"), [("finance", True), ("sales", False), ("manufacturing", False)])
def test_appflow_may_write_where_a_flow_uses_it_and_nowhere_else(
    silo: str, let_in: bool, lake: Lake, catalogue: Catalogue
) -> None:
    storage = next(one for one in render_silo(lake, silo, catalogue).nested if one.address == "storage").body[
        "Resources"
    ]
    found = {
        name: [
            statement
            for key in ("PolicyDocument", "KeyPolicy")
            for statement in resource.get("Properties", {}).get(key, {}).get("Statement", ())
            if statement["Principal"] == {"Service": ["appflow.amazonaws.com"]}
        ]
        for name, resource in storage.items()
    }
    found = {name: statements for name, statements in found.items() if statements}
    assert set(found) == ({"DropzonePolicy", "Key"} if let_in else set())
    for statement in (one for statements in found.values() for one in statements):
        assert statement["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}
    for statement in found.get("DropzonePolicy", ()):
        if "s3:PutObject" in statement["Action"]:
            assert str(statement["Resource"]).endswith("'/.landed/*']]}")


def test_only_roles_for_other_parties_buckets_stand_where_the_boundary_lets_them_out() -> None:
    foreign = {
        (case.parts[-4], name)
        for case in CASES
        for name, resource in resources(case).items()
        if resource["Type"] == "AWS::IAM::Role" and resource["Properties"]["Path"] != "/lake/workload/"
    }
    assert foreign == {("s3", "OriginRole")}
