"""Every role of the whole lake is bounded by a policy of the baseline that takes nothing from it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest

from controller.engine.validate import load_lake
from controller.render.accounts import render_baseline
from controller.render.blueprint import Catalogue
from controller.render.silo import render_silo

MANIFESTS = Path(__file__).parents[3] / "manifests"
ROLE, POLICY = "AWS::IAM::Role", "AWS::IAM::ManagedPolicy"
CATALOGUE = Catalogue.read()
LAKE, _ = load_lake(MANIFESTS, CATALOGUE.available, date(2026, 11, 22))


def allowed(document: Mapping[str, Any]) -> Iterator[str]:
    for statement in document["Statement"]:
        said = statement.get("Action", [])
        if statement["Effect"] == "Allow":
            yield from [said.lower()] if isinstance(said, str) else map(str.lower, said)


def boundaries() -> dict[str, set[str]]:
    resources = render_baseline(LAKE.organization, CATALOGUE).body["Resources"].values()
    policies = [one["Properties"] for one in resources if one["Type"] == POLICY]
    return {one["ManagedPolicyName"]["Fn::Sub"]: set(allowed(one["PolicyDocument"])) for one in policies}


def roles() -> Iterator[Any]:
    for member in LAKE.members:
        for template in render_silo(LAKE, member, CATALOGUE).nested:
            for name, resource in template.body["Resources"].items():
                if resource["Type"] == ROLE:
                    yield pytest.param(resource["Properties"], id=f"{member}/{template.address}/{name}")


BOUNDARIES = boundaries()


@pytest.mark.parametrize("role", tuple(roles()))
def test_a_role_has_a_boundary_that_takes_nothing_from_it(role: Mapping[str, Any]) -> None:
    bound = BOUNDARIES[role["PermissionsBoundary"]["Fn::Sub"].partition(":policy/lake/")[2]]
    wanted = {action for policy in role.get("Policies", []) for action in allowed(policy["PolicyDocument"])}
    assert {one for one in wanted if not any(fnmatchcase(one, each) for each in bound)} == set()
