"""What AWS alone knows: read from the tree for those who need it, and in nobody's way who does not."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

import pytest

from controller.engine.facts import Known, known_facts, units_in_shares
from controller.kinds.share import Share
from controller.model.index import Index
from controller.model.observed import Absent, Observed, Present, Unreadable
from controller.model.world import Tree, Unit
from controller.render.blueprint import Catalogue
from controller.resolve.lake import Lake
from tests.conftest import manifest
from tests.fakes.lakes import finance, flow, lake, sales

CATALOGUE = Catalogue.read()
UNIT = "Lake/Analytics"
ROOT = Unit("", "r-ab12", "o-a1/r-ab12/")
TREE = Tree("o-a1", "999999999999", ROOT, {UNIT: Unit(UNIT, "ou-ab12-2", "o-a1/r-ab12/ou-ab12-1/ou-ab12-2/")})


@pytest.fixture
def shared() -> Lake:
    share = Share(manifest("Share", "s"), "s", "sales", ("*",), (UNIT,), (), ("read",), "policy", (), None)
    granted = replace(share, name="g", via="lakeformation")
    made = lake(sales(), finance(), flows=[flow()])
    return replace(made, shares=MappingProxyType({"g": granted, "s": share}))


def facts(made: Lake, silo: str, tree: Observed[Tree]) -> Known:
    return known_facts(made, silo, CATALOGUE, tree, Index({}))


def test_units_become_paths_for_policies_and_arns_for_lake_formation(shared: Lake) -> None:
    values = facts(shared, "sales", Present(TREE)).values
    assert sorted(values.values()) == [
        "arn:aws:organizations::999999999999:ou/o-a1/ou-ab12-2",
        "o-a1",
        "o-a1/r-ab12/ou-ab12-1/ou-ab12-2/*",
    ]


def test_a_unit_that_is_made_anew_under_its_old_name_is_another_fact(shared: Lake) -> None:
    again = replace(TREE, units={UNIT: Unit(UNIT, "ou-ab12-9", "o-a1/r-ab12/ou-ab12-1/ou-ab12-9/")})
    assert facts(shared, "sales", Present(TREE)).digest != facts(shared, "sales", Present(again)).digest


@pytest.mark.parametrize(
    ("tree", "said"),
    [
        pytest.param(Unreadable("AccessDenied"), "could not be read: AccessDenied", id="unreadable"),
        pytest.param(Absent(), "not in an organization", id="no organization"),
        pytest.param(Present(replace(TREE, units={})), f"the unit {UNIT} of a Share does not exist", id="no unit"),
    ],
)
def test_what_is_missing_is_said_and_never_guessed(shared: Lake, tree: Observed[Tree], said: str) -> None:
    known = facts(shared, "sales", tree)
    assert said in known.missing and not known.values


def test_who_shares_nothing_needs_no_tree(shared: Lake) -> None:
    assert facts(shared, "finance", Unreadable("AccessDenied")) == Known()
    assert Known().digest == ""


def test_the_units_of_shares_are_looked_up_with_those_of_the_lake(shared: Lake) -> None:
    assert units_in_shares(shared) == {UNIT}
