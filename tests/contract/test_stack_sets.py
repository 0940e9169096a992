"""The baseline StackSet: whom it deploys to, by command and by itself."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from controller.model.errors import AwsError
from controller.model.observed import Absent, Present
from controller.model.ownership import BASELINE_SET
from controller.model.world import Account, StackSet, Tree
from tests.contract.conftest import SALES, Side
from tests.fakes.lakes import FINANCE

REGIONS = ("eu-central-1", "eu-west-1")


def template(value: str = "one") -> bytes:
    parameter = {"Type": "AWS::SSM::Parameter", "Properties": {"Name": "/lake/x", "Type": "String", "Value": value}}
    return json.dumps({"Resources": {"Parameter": parameter}}).encode()


def nothing(_: str) -> None:
    """Progress that nobody watches."""


def read(side: Side) -> StackSet:
    found = side.ports.stack_sets.read(BASELINE_SET, ("eu-west-1",))
    assert isinstance(found, Present)
    return found.value


def until(side: Side, holds: Callable[[StackSet], bool]) -> StackSet:
    """Automatic deployment takes its time."""
    end = time.monotonic() + 10
    while not holds(found := read(side)) and time.monotonic() < end:
        time.sleep(0.02)
    return found


def tree(side: Side) -> Tree:
    found = side.ports.organizations.tree(["Lake/Silos/Commercial"])
    assert isinstance(found, Present)
    return found.value


def move(side: Side, account: str, path: str) -> None:
    found = side.ports.organizations.account(account)
    assert isinstance(found, Present)
    assert isinstance(found.value, Account)
    target = tree(side).root.id if not path else tree(side).units[path].id
    side.ports.organizations.move(account, found.value.parent, target, side.management)


@pytest.fixture
def deployed(side: Side) -> Side:
    side.ports.stack_sets.create(BASELINE_SET, template(), {"lake:managed-by": "siloctl"})
    side.ports.stack_sets.deploy(BASELINE_SET, [tree(side).units["Lake/Silos"].id], REGIONS, nothing)
    return side


def test_a_set_never_made_is_absent(side: Side) -> None:
    assert side.ports.stack_sets.read(BASELINE_SET, ("eu-west-1",)) == Absent()


def test_a_made_set_targets_nobody_and_deploys_by_itself(side: Side) -> None:
    side.ports.stack_sets.create(BASELINE_SET, template(), {})
    assert read(side) == StackSet(json.loads(template()), {}, True, {})


def test_a_set_is_not_made_twice(side: Side) -> None:
    side.ports.stack_sets.create(BASELINE_SET, template(), {})
    with pytest.raises(AwsError, match="NameAlreadyExists"):
        side.ports.stack_sets.create(BASELINE_SET, template("two"), {})


def test_a_targeted_unit_has_it_in_every_account_below_and_nowhere_else(deployed: Side) -> None:
    found = read(deployed)
    assert found.targets == {tree(deployed).units["Lake/Silos"].id: REGIONS}
    statuses = {place: one.status for place, one in found.instances.items()}
    assert statuses == {(SALES, "eu-west-1"): "CURRENT", (FINANCE, "eu-west-1"): "CURRENT"}


def test_instances_are_read_in_the_regions_that_are_asked_for(deployed: Side) -> None:
    found = deployed.ports.stack_sets.read(BASELINE_SET, REGIONS)
    assert isinstance(found, Present)
    assert set(found.value.instances) == {(account, region) for account in (SALES, FINANCE) for region in REGIONS}
    none = deployed.ports.stack_sets.read(BASELINE_SET, ())
    assert none == Present(replace(found.value, instances={}))


def test_deploying_again_changes_nothing(deployed: Side) -> None:
    before = read(deployed)
    deployed.ports.stack_sets.deploy(BASELINE_SET, [tree(deployed).units["Lake/Silos"].id], REGIONS, nothing)
    assert read(deployed) == before


def test_an_account_that_enters_the_unit_gets_it_by_itself(deployed: Side) -> None:
    made = deployed.ports.organizations.create_account("acme-plant", "aws+plant@acme.example", deployed.management)
    assert (made, "eu-west-1") not in read(deployed).instances
    move(deployed, made, "Lake/Silos/Commercial")
    place = made, "eu-west-1"
    found = until(deployed, lambda one: place in one.instances and one.instances[place].status == "CURRENT")
    assert found.instances[place].status == "CURRENT"


def test_an_account_that_leaves_is_no_longer_listed(deployed: Side) -> None:
    move(deployed, SALES, "")
    place = SALES, "eu-west-1"
    assert place not in until(deployed, lambda one: place not in one.instances).instances


def test_a_changed_template_reaches_every_account(deployed: Side) -> None:
    deployed.ports.stack_sets.update(BASELINE_SET, template("two"), {}, nothing)
    found = read(deployed)
    assert found.template == json.loads(template("two"))
    assert {one.status for one in found.instances.values()} == {"CURRENT"}


def test_a_released_unit_is_no_target_any_more(deployed: Side) -> None:
    unit = tree(deployed).units["Lake/Silos"].id
    deployed.ports.stack_sets.release(BASELINE_SET, [unit], REGIONS, nothing)
    assert (read(deployed).targets, read(deployed).instances) == ({}, {})


def test_a_retry_leaves_every_account_current(deployed: Side) -> None:
    unit = tree(deployed).units["Lake/Silos"].id
    deployed.ports.stack_sets.retry(BASELINE_SET, [SALES], [unit], REGIONS, nothing)
    assert {one.status for one in read(deployed).instances.values()} == {"CURRENT"}


def test_tags_alone_are_a_change_too_and_are_read_as_they_were_written(deployed: Side) -> None:
    assert read(deployed).tags == {"lake:managed-by": "siloctl"}
    deployed.ports.stack_sets.update(BASELINE_SET, template(), {"Team": "data"}, nothing)
    assert read(deployed).tags == {"Team": "data"}
