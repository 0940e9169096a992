"""Any two versions of a bundle: what the plan tells of each resource is what the embedded CloudFormation then does.

The bundles are small, of things that live in memory (tests/fakes/things.py): nested stacks that give one another
outputs, conditions on what they are given, resources that come and go, outputs and parameters under other names.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controller.diff.change import Change, Verb
from controller.diff.release import Published, bundle_changes
from controller.local.cloudformation import catalog, nested, stacks
from controller.local.cloudformation.comparison import canonical
from controller.local.cloudformation.stack import STACK, Stack
from controller.local.cloudformation.stacks import StackBackend
from controller.model.bundle import Rendered, Template
from controller.model.ownership import logical_id
from tests.fakes.things import ACCOUNT, REGION, SCHEMA, THING, Things, created, parameters, updated

ADDRESSES = ("storage", "flow/a", "flow/b")  # each takes from those before it
Body = dict[str, Any]


@dataclass(frozen=True)
class Whole:
    """A root with its nested stacks by address, and the value of its parameter Fact."""

    root: Body
    nested: Mapping[str, Body]
    fact: str

    def deployed(self, urls: dict[str, str], version: str) -> str:
        """The root as it is deployed, its nested templates put where their URLs say."""
        body = copy.deepcopy(self.root)
        for address, template in self.nested.items():
            url = f"{version}/{address}"
            urls[url] = json.dumps(template)
            body["Resources"][logical_id(address)]["Properties"]["TemplateURL"] = url
        return json.dumps(body)


@dataclass
class Making:
    """Draws one version; with an earlier one most of its parts are taken from there."""

    draw: Callable[[st.SearchStrategy[Any]], Any]
    exact: bool  # nothing but the id of a resource hangs on the apply, which a new one never repeats
    old: Whole | None

    def _kept(self, old: Any) -> bool:
        return old is not None and self.draw(st.integers(0, 3)) > 0

    def expression(self, names: list[str], asked: list[str], conditions: list[str], depth: int = 2) -> Any:
        """`names` are parameters, `asked` resources that are there for sure."""
        kinds = ["text", "number"]
        kinds += ["ref", "sub", "join"] * bool(names) + ["resource", "attribute", "resource-sub"] * bool(asked)
        kinds += ["if"] * bool(conditions and depth) + ["split"] * bool(names and not self.exact)
        match self.draw(st.sampled_from(kinds)):
            case "text":
                return self.draw(st.sampled_from(["a", "b", "${!x}"]))
            case "number":
                return self.draw(st.sampled_from([1, "1", True]))
            case "ref":
                return {"Ref": self.draw(st.sampled_from(names))}
            case "sub":
                return {"Fn::Sub": "${" + self.draw(st.sampled_from(names)) + "}-${AWS::AccountId}"}
            case "join":
                return {"Fn::Join": ["-", [{"Ref": self.draw(st.sampled_from(names))}, "x"]]}
            case "resource":
                return {"Ref": self.draw(st.sampled_from(asked))}
            case "attribute":
                attribute = "Arn" if self.exact else self.draw(st.sampled_from(["Arn", "Size", "Deep.Value"]))
                return {"Fn::GetAtt": [self.draw(st.sampled_from(asked)), attribute]}
            case "resource-sub":
                return {
                    "Fn::Sub": ["${one}/${Two.Arn}".replace("Two", self.draw(st.sampled_from(asked))), {"one": "a"}]
                }
            case "split":
                return {"Fn::Select": [0, {"Fn::Split": ["-", {"Ref": self.draw(st.sampled_from(names))}]}]}
            case _:
                both = [self.expression(names, asked, conditions, depth - 1) for _ in range(2)]
                return {"Fn::If": [self.draw(st.sampled_from(conditions)), *both]}

    def template(self, old: Body | None, names: list[str]) -> Body:
        """Resources A to C, each reading those before it; D, which has a condition, is read by an output alone."""
        was = old or {"Resources": {}, "Conditions": {}, "Outputs": {}}
        conditions = {}
        for name in ("First", "Second") if names else ():
            kept = was["Conditions"].get(name)
            asks = "P" if self.exact else self.draw(st.sampled_from(names))
            equal = {"Fn::Equals": [{"Ref": asks}, self.draw(st.sampled_from(["a", "b"]))]}
            new = self.draw(st.sampled_from([equal, {"Fn::Not": [equal]}]))
            conditions[name] = kept if _fits(kept, names, []) and self._kept(kept) else new
        chosen = sorted(conditions)
        resources: Body = {}
        for name in "ABC":
            asked = sorted(resources)
            kept = was["Resources"].get(name)
            if _fits(kept, names, asked) and self._kept(kept):
                resources[name] = kept
            elif name == "A" or self.draw(st.booleans()):
                resources[name] = self.thing(names, asked, chosen)
        asked = sorted(resources)
        if chosen and self.draw(st.booleans()):
            condition = self.draw(st.sampled_from(chosen))
            resources["D"] = {**self.thing(names, asked, chosen), "Condition": condition}
        outputs: Body = {}
        for name in self.draw(st.sampled_from([("X", "Y"), ("X", "Z"), ("X",)])):
            kept = was["Outputs"].get(name)
            fits = _fits(kept, names, sorted(resources))
            outputs[name] = kept if fits and self._kept(kept) else {"Value": self.expression(names, asked, chosen)}
        if "D" in resources:
            outputs["D"] = {"Value": {"Fn::If": [resources["D"]["Condition"], {"Ref": "D"}, "none"]}}
        return {"Resources": resources, "Conditions": conditions, "Outputs": outputs}

    def thing(self, names: list[str], asked: list[str], conditions: list[str]) -> Body:
        properties = {"Size": self.expression(names, asked, conditions)}
        if self.draw(st.booleans()):
            properties["Fixed"] = self.expression(names, asked, conditions)
        if self.draw(st.booleans()):
            properties["Deep"] = {"Within": [self.expression(names, asked, conditions)]}
        return {"Type": THING, "Properties": properties}

    def whole(self) -> Whole:
        root: Body = {"Parameters": {"Fact": {"Type": "String"}}, "Resources": {}}
        made: dict[str, Body] = {}
        for address in ADDRESSES:
            if address == "flow/b" and self.draw(st.integers(0, 4)) == 0:
                continue
            known: list[Any] = [{"Ref": "Fact"}, "a", "b"]
            known += [
                {"Fn::GetAtt": [logical_id(other), f"Outputs.{name}"]}
                for other in made
                for name in made[other]["Outputs"]
            ]
            old = self.old.nested.get(address) if self.old else None
            was = (
                self.old.root["Resources"][logical_id(address)]["Properties"]["Parameters"] if old and self.old else {}
            )
            given: Body = {}
            for name in self.draw(st.sampled_from([("P", "Q"), ("P",), ("P", "R"), ("P", "Q")])):
                kept = was.get(name)
                choices = known[:3] if self.exact and name == "P" else known
                new = self.draw(st.sampled_from(choices))
                given[name] = kept if kept in choices and self._kept(kept) else new
            if old and old["Parameters"].keys() == given.keys() and self.draw(st.booleans()):
                made[address] = old
            else:
                body = self.template(old, sorted(given))
                made[address] = {**body, "Parameters": {name: {"Type": "String"} for name in given}}
            root["Resources"][logical_id(address)] = {
                "Type": STACK,
                "Properties": {"TemplateURL": "", "Parameters": given},
            }
        if self.draw(st.booleans()):
            root["Resources"]["Top"] = {
                "Type": THING,
                "Properties": {"Size": "1", "Fixed": {"Fn::GetAtt": ["Storage", "Outputs.X"]}},
            }
        fact = self.draw(st.sampled_from(["a", "b"]))
        return Whole(root, made, self.old.fact if self.old and self._kept(self.old.fact) else fact)


def _fits(part: Any, names: list[str], asked: list[str]) -> bool:
    """Whether a part of the earlier version refers to nothing that the later one does not have."""
    said = json.dumps(part)
    lacking = ({"P", "Q", "R"} - {*names}) | ({"A", "B", "C", "D"} - {*asked})
    return not any(f'"{name}"' in said or "${" + name in said for name in lacking)


@st.composite
def pairs(draw: Callable[[st.SearchStrategy[Any]], Any], exact: bool) -> tuple[Whole, Whole]:
    before = Making(draw, exact, None).whole()
    return before, Making(draw, exact, before).whole()


def create_only(_: str) -> frozenset[str]:
    return frozenset({"/Name", "/Fixed"})


def told(before: Whole, after: Whole) -> dict[str, Change]:
    there = Published("0", before.root, before.nested, {"Fact": before.fact}, {})
    templates = tuple(Template(address, body, {}) for address, body in after.nested.items())
    rendered = Rendered("sales", Template("", after.root, {}), templates, (), {"Fact": after.fact}, {})
    return {
        change.address.removeprefix("silo/sales/"): change
        for change in bundle_changes(rendered, there, create_only)
        if change.type == THING
    }


def happened(before: Whole, after: Whole) -> dict[str, Verb]:
    urls: dict[str, str] = {}
    things = Things()
    with pytest.MonkeyPatch.context() as patched:
        patched.setitem(catalog._added, THING, (things, SCHEMA))
        patched.setattr(nested, "read_url", lambda url, *_: urls[url])
        backend = stacks.backend(ACCOUNT, REGION)
        try:
            root = created(backend, "root", before.deployed(urls, "1"), Parameters=parameters(Fact=before.fact))
            assert root.status == "CREATE_COMPLETE", root.reason
            old = dict(_there(backend, root))
            given = {"TemplateBody": after.deployed(urls, "2"), "Parameters": parameters(Fact=after.fact)}
            done = updated(backend, "root", given.pop("TemplateBody"), **given)
            assert done.status == "UPDATE_COMPLETE", [event.reason for event in done.events if event.reason]
            return _verbs(old, dict(_there(backend, done)))
        finally:
            stacks.forget()


def _there(backend: StackBackend, root: Stack) -> Iterator[tuple[str, tuple[str, str]]]:
    """What each thing is called and is asked to be, by its address below the silo."""
    places = {logical_id(address): address for address in ADDRESSES}
    for name, resource in root.resources.items():
        if resource.type == STACK:
            for own, one in backend.get(resource.physical_id).resources.items():
                yield f"{places[name]}/{own}", (one.physical_id, canonical(one.properties))
        else:
            yield f"bundle/{name}", (resource.physical_id, canonical(resource.properties))


def _verbs(old: Mapping[str, tuple[str, str]], new: Mapping[str, tuple[str, str]]) -> dict[str, Verb]:
    found = {}
    for address in {*old, *new}:
        match old.get(address), new.get(address):
            case None, _:
                found[address] = Verb.CREATE
            case _, None:
                found[address] = Verb.DELETE
            case (before, _), (after, _) if before != after:
                found[address] = Verb.REPLACE
            case (_, before), (_, after) if before != after:
                found[address] = Verb.UPDATE
    return found


WORSE = {  # what the plan may tell of what happens, where it cannot know before
    Verb.CREATE: {Verb.CREATE, Verb.REPLACE},
    Verb.DELETE: {Verb.DELETE, Verb.REPLACE},
    Verb.REPLACE: {Verb.REPLACE},
    Verb.UPDATE: {Verb.UPDATE, Verb.REPLACE},
}


@settings(max_examples=40, deadline=None)
@given(pairs(exact=False))
def test_nothing_happens_that_the_plan_does_not_tell(versions: tuple[Whole, Whole]) -> None:
    said = {address: change.verb for address, change in told(*versions).items()}
    for address, verb in happened(*versions).items():
        assert said.get(address) in WORSE[verb], address


@settings(max_examples=40, deadline=None)
@given(pairs(exact=True))
def test_what_the_plan_tells_happens_where_it_can_know(versions: tuple[Whole, Whole]) -> None:
    """A resource whose lines differ, and yet say the same, is told as updated: that alone is too much."""
    found, really = told(*versions), happened(*versions)
    assert {address: change.verb for address, change in found.items() if address in really} == really
    for address in found.keys() - really.keys():
        assert found[address].verb is Verb.UPDATE, address
        assert all(detail.before != detail.after for detail in found[address].details), address
