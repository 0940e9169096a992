"""The master's stacks: written once, settled when a write returns, and told why where they fail."""

from __future__ import annotations

import json
from typing import Any

import pytest

from controller.model.errors import StackFailed
from controller.model.observed import Absent, Present
from controller.model.ownership import MASTER_STACK
from controller.model.world import Stack
from tests.contract.conftest import Side

REGION = "eu-west-1"
NAMES = {"OrganizationId": "o-lake"}


def template(value: str, **more: Any) -> bytes:
    parameter = {"Type": "AWS::SSM::Parameter", "Properties": {"Name": "/lake/x", "Type": "String", "Value": value}}
    wanted = {"Parameters": {"OrganizationId": {"Type": "String"}}, "Resources": {"Parameter": parameter, **more}}
    return json.dumps(wanted).encode()


BROKEN = {"Broken": {"Type": "AWS::SSM::Parameter", "Properties": {"Name": "/lake/y", "Type": "String", "Value": ""}}}


def write(side: Side, content: bytes, parameters: dict[str, str] = NAMES) -> list[str]:
    said: list[str] = []
    side.ports.stacks.write(MASTER_STACK, REGION, content, parameters, {"lake:managed-by": "siloctl"}, said.append)
    return said


def read(side: Side) -> Stack:
    found = side.ports.stacks.read(MASTER_STACK, REGION)
    assert isinstance(found, Present)
    return found.value


def fail_next(side: Side) -> bytes:
    """A template that fails when it is carried out."""
    if side.fake is not None:
        side.fake.stacks.fails[REGION] = ("Broken", "Value is empty")
    return template("two", **BROKEN)


def test_a_stack_never_written_is_absent(side: Side) -> None:
    assert side.ports.stacks.read(MASTER_STACK, REGION) == Absent()


def test_a_written_stack_is_read_with_its_template_and_parameters(side: Side) -> None:
    said = write(side, template("one"))
    found = read(side)
    assert (found.status, found.parameters) == ("CREATE_COMPLETE", NAMES)
    assert found.template == json.loads(template("one"))
    assert said[-1] == "CREATE_COMPLETE"


def test_stacks_of_one_name_in_two_regions_are_two(side: Side) -> None:
    write(side, template("one"))
    assert side.ports.stacks.read(MASTER_STACK, "eu-central-1") == Absent()


def test_a_changed_template_is_an_update(side: Side) -> None:
    write(side, template("one"))
    write(side, template("two"))
    assert read(side).status == "UPDATE_COMPLETE"
    assert read(side).template == json.loads(template("two"))


def test_the_same_again_changes_nothing(side: Side) -> None:
    write(side, template("one"))
    write(side, template("one"))
    assert read(side).status == "CREATE_COMPLETE"


def test_a_creation_that_fails_says_the_first_reason_and_leaves_a_stack_that_was_never_born(side: Side) -> None:
    with pytest.raises(StackFailed) as failed:
        write(side, fail_next(side))
    assert (failed.value.resource, failed.value.status) == ("Broken", "ROLLBACK_COMPLETE")
    assert failed.value.reason
    assert read(side).status == "ROLLBACK_COMPLETE"


def test_a_stack_that_was_never_born_is_made_anew(side: Side) -> None:
    with pytest.raises(StackFailed):
        write(side, fail_next(side))
    write(side, template("one"))
    assert read(side).status == "CREATE_COMPLETE"


def test_an_update_that_fails_goes_back_to_what_was_there(side: Side) -> None:
    write(side, template("one"))
    with pytest.raises(StackFailed) as failed:
        write(side, fail_next(side))
    assert failed.value.status == "UPDATE_ROLLBACK_COMPLETE"
    assert read(side).template == json.loads(template("one"))
    write(side, template("three"))
    assert read(side).status == "UPDATE_COMPLETE"


def test_a_settled_stack_needs_no_waiting(side: Side) -> None:
    write(side, template("one"))
    said: list[str] = []
    side.ports.stacks.settle(MASTER_STACK, REGION, said.append)
    side.ports.stacks.settle(MASTER_STACK, "eu-central-1", said.append)
    assert said in ([], ["CREATE_COMPLETE"])


def test_tags_alone_are_a_change_too_and_are_read_as_they_were_written(side: Side) -> None:
    for team in ("data", "platform"):
        side.ports.stacks.write(MASTER_STACK, REGION, template("one"), NAMES, {"Team": team}, lambda _: None)
        assert read(side).tags == {"Team": team}
    assert read(side).status == "UPDATE_COMPLETE"
