"""One look at AWS: what it reads, and that one refusal does not hide the rest."""

from __future__ import annotations

import pytest

from controller.engine.observe import observe, side_by_side, value_or
from controller.model.errors import ControllerError
from controller.model.observed import Absent, Present, Unreadable
from controller.model.ownership import bundle_key, site_key
from tests.fakes.aws import FakeAws
from tests.fakes.lakes import SALES, small


@pytest.fixture
def aws() -> FakeAws:
    return FakeAws(small())


def test_an_empty_master_has_nothing_but_its_organization(aws: FakeAws) -> None:
    world = observe(small().organization, aws.ports)
    assert isinstance(world.tree, Present)
    assert world.masters == {"eu-west-1": Absent(), "eu-central-1": Absent()}
    assert (world.baseline, world.index) == (Absent(), Absent())
    assert world.releases == {"eu-west-1": Absent(), "eu-central-1": Absent()}


def test_another_account_is_refused_before_anything_is_read(aws: FakeAws) -> None:
    aws.organizations.account_of_caller = SALES
    with pytest.raises(ControllerError) as refused:
        observe(small().organization, aws.ports)
    assert "spec.masterAccount" in refused.value.hint
    assert aws.organizations.reads == aws.home.reads == []


def test_one_refusal_leaves_the_other_reads_alone(aws: FakeAws) -> None:
    aws.stacks.unreadable["eu-west-1"] = "AccessDenied"
    aws.stack_sets.unreadable = "AccessDenied"
    world = observe(small().organization, aws.ports)
    assert world.masters["eu-west-1"] == Unreadable("AccessDenied")
    assert world.masters["eu-central-1"] == Absent()
    assert isinstance(world.tree, Present)


def test_only_bundles_and_sites_are_listed_of_what_lies_under_releases(aws: FakeAws) -> None:
    aws.home.made = True
    for key in (bundle_key(SALES), site_key(SALES), "releases/readme.txt"):
        aws.home.write(key, b"x")
    listed = observe(small().organization, aws.ports).releases["eu-west-1"]
    assert isinstance(listed, Present)
    assert list(listed.value) == [bundle_key(SALES), site_key(SALES)]


def test_answers_come_in_the_order_of_their_names() -> None:
    assert list(side_by_side({"b": lambda: 1, "a": lambda: 2, "c": lambda: 3})) == ["a", "b", "c"]


def test_a_missing_value_is_what_the_caller_says() -> None:
    assert (value_or(Present(1), 2), value_or(Absent(), 2), value_or(Unreadable("why"), 2)) == (1, 2, 2)
