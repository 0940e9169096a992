"""Every state machine that a template holds, followed from its start: no dangling, lost or endless state."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from controller.load.places import folder

MACHINE = "AWS::StepFunctions::StateMachine"
TYPES = {"Choice", "Fail", "Map", "Parallel", "Pass", "Succeed", "Task", "Wait"}
ENDS = {"Fail", "Succeed"}
PATH = re.compile(r"\$\$?(\.|\[|$)|States\.[A-Za-z0-9]+\(.*\)$", re.DOTALL)  # what a name that ends in .$ may say
NAME_MAX = 80  # characters; Step Functions developer guide, quotas
DEFINITION_MAX = 1_048_576  # bytes; same page


def machines() -> Iterator[Any]:
    root = folder("blueprints")
    for path in sorted(root.glob("**/cases/*/template.yaml")):  # type: ignore[attr-defined]
        body = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
        for name, resource in body["Resources"].items():
            if resource["Type"] == MACHINE:
                text = resource["Properties"]["DefinitionString"]
                yield pytest.param(text, id=f"{path.parent.relative_to(root).as_posix()}-{name}")


def definition(text: Any) -> dict[str, Any]:
    """As CloudFormation gives it to Step Functions, with some text in the place of each reference."""
    if isinstance(text, dict):
        text = re.sub(r"\$\{(?!!)[^}]*\}", "x", text["Fn::Sub"]).replace("${!", "${")
    assert len(text.encode()) < DEFINITION_MAX
    found: dict[str, Any] = json.loads(text)
    return found


def faults(machine: dict[str, Any]) -> list[str]:
    states = machine["States"]
    found = [f"{name}: {fault}" for name, state in states.items() for fault in _alone(name, state)]
    leads = {name: set(_next(state)) for name, state in states.items()}
    found += [
        f"{name}: leads to {one}, which is not there" for name in leads for one in sorted(leads[name] - set(states))
    ]
    if machine["StartAt"] not in states:
        return [*found, f"starts at {machine['StartAt']}, which is not there"]
    reached = _from({machine["StartAt"]}, leads)
    found += [f"{name}: no way leads here" for name in states if name not in reached]
    ending = {name for name, state in states.items() if state["Type"] in ENDS or state.get("End")}
    back = {name: {other for other, to in leads.items() if name in to} for name in states}
    found += [f"{name}: no way leads to an end" for name in states if name not in _from(ending, back)]
    return found


def _alone(name: str, state: dict[str, Any]) -> Iterator[str]:
    if len(name) > NAME_MAX:
        yield "its name is too long"
    if state["Type"] not in TYPES:
        yield f"there are no states of type {state['Type']}"
    if state["Type"] == "Choice":
        if not state.get("Choices"):
            yield "a choice of nothing"
        if "Default" not in state:
            yield "a choice without a default ends a run that fits no rule"
        if {"Next", "End", "Catch", "Retry"} & state.keys():
            yield "a choice says where to go by its rules alone"
    elif state["Type"] in ENDS:
        if {"Next", "End", "Catch"} & state.keys():
            yield "an end leads nowhere"
    elif ("Next" in state) == bool(state.get("End")):
        yield "leads to one state, or ends"
    if state["Type"] == "Task" and "arn:" not in state["Resource"]:
        yield "a task of nothing"
    handlers = (*state.get("Catch", ()), *state.get("Retry", ()))
    for place, handler in enumerate(handlers):
        wide = "States.ALL" in handler["ErrorEquals"]
        last = place in (len(state.get("Catch", ())) - 1, len(handlers) - 1)
        if wide and not (last and handler["ErrorEquals"] == ["States.ALL"]):
            yield "States.ALL stands alone and last"
    yield from _paths(state)


def _paths(value: Any) -> Iterator[str]:
    """A name that ends in .$ holds a path or an intrinsic function, and no other name holds one."""
    if isinstance(value, list):
        for item in value:
            yield from _paths(item)
    if not isinstance(value, dict):
        return
    for name, item in value.items():
        if name.endswith(".$") and not (isinstance(item, str) and PATH.match(item)):
            yield f"{name} is no path: {item}"
        if name.endswith(".$") and isinstance(item, str) and item.count("(") != item.count(")"):
            yield f"{name} has a bracket too many: {item}"
        yield from _paths(item)


def _next(state: dict[str, Any]) -> Iterator[str]:
    yield from (state[key] for key in ("Next", "Default") if key in state)
    yield from (rule["Next"] for rule in (*state.get("Choices", ()), *state.get("Catch", ())))


def _from(begin: set[str], leads: dict[str, set[str]]) -> set[str]:
    seen, waiting = set(begin), list(begin)
    while waiting:
        for name in leads.get(waiting.pop(), set()) - seen:
            seen.add(name)
            waiting.append(name)
    return seen


@pytest.mark.parametrize("text", tuple(machines()))
def test_every_state_is_reached_and_reaches_an_end(text: Any) -> None:
    assert faults(definition(text)) == []


END = {"Type": "Succeed"}
ALL = {"ErrorEquals": ["States.ALL"]}


def task(**fields: Any) -> dict[str, Any]:
    return {"A": {"Type": "Task", "Resource": "arn:x", "Next": "B", **fields}, "B": END}


@pytest.mark.parametrize(
    ("states", "said"),
    [
        ({"A": {"Type": "Pass", "Next": "B"}}, "leads to B, which is not there"),
        ({"A": END, "B": END}, "B: no way leads here"),
        ({"A": {"Type": "Pass", "Next": "A"}}, "A: no way leads to an end"),
        ({"A": {"Type": "Pass"}}, "leads to one state, or ends"),
        ({"A": {"Type": "Choice", "Choices": [{"Next": "B"}]}, "B": END}, "without a default"),
        ({"A": {"Type": "Pass", "Parameters": {"a.$": "x"}, "End": True}}, "a.$ is no path"),
        ({"A": {"Type": "Nap", "Next": "B"}, "B": END}, "no states of type Nap"),
        ({"B": END}, "starts at A"),
        (task(Catch=[{**ALL, "Next": "C"}]), "leads to C"),
        (task(Retry=[ALL, {"ErrorEquals": ["Glue.X"]}]), "alone and last"),
    ],
)
def test_a_faulty_machine_is_seen(states: dict[str, Any], said: str) -> None:
    assert any(said in fault for fault in faults({"StartAt": "A", "States": states}))


def test_each_flow_and_the_warehouse_have_a_machine() -> None:
    found = {param.id.split("/cases/")[0] for param in machines()}
    types = {path.parent.name for path in folder("blueprints").glob("flows/*/template.yaml.j2")}  # type: ignore[attr-defined]
    assert found >= {"warehouse", *(f"flows/{name}" for name in types)}
