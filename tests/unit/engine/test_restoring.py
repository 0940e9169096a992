"""What is printed where a root stack was deleted, and its storage is there; the commands run in the e2e tests."""

from __future__ import annotations

import json
import shlex
from typing import Any

import pytest

from controller.engine.restoring import restoring
from controller.model.bundle import Asset, canonical
from controller.model.live import LiveStack, Place
from controller.resolve.lake import Lake
from tests.fakes.silos import FakeSilos
from tests.fakes.world import HeldObjects, reading_ports

PLACE = Place("200000000001", "eu-west-1")
NAME = "lake-silo-Storage-1A2B"
TEMPLATE = {"Resources": {"RawBucket": {"Type": "AWS::S3::Bucket"}}}
ASSET = Asset(canonical(TEMPLATE), ".json")
STORAGE = LiveStack(
    "arn:storage",
    NAME,
    "UPDATE_COMPLETE",
    "",
    "",
    {"OrganizationId": "o-1"},
    {},
    {"lake:silo": "sales", "team": "data, it's ours", "aws:cloudformation:stack-name": "lake-silo"},
)


@pytest.fixture
def bucket() -> HeldObjects:
    return HeldObjects({ASSET.key: ASSET.content})


@pytest.fixture
def silos() -> FakeSilos:
    silos = FakeSilos()
    silos.stacks[PLACE.account, NAME] = STORAGE
    silos.templates[PLACE.account, NAME] = TEMPLATE
    return silos


def option(command: str, name: str, number: int = 0) -> Any:
    words = shlex.split(command, comments=True)
    return json.loads([words[at + 1] for at, word in enumerate(words) if word == f"--{name}"][number])


def test_the_storage_is_nested_as_it_is(small_lake: Lake, silos: FakeSilos, bucket: HeldObjects) -> None:
    command = restoring(small_lake, reading_ports(bucket), silos, PLACE)
    assert command.startswith("aws cloudformation create-stack --stack-name lake-silo ")
    assert command.endswith(
        "start-pipeline-execution --name lake-delivery --region eu-west-1  # in account 200000000001"
    )
    nested = option(command, "template-body", 1)["Resources"]["Storage"]
    assert nested["Properties"]["Parameters"] == {"OrganizationId": "o-1"}
    assert nested["Properties"]["TemplateURL"].endswith(f".s3.eu-west-1.amazonaws.com/{ASSET.key}")
    assert option(command, "resources-to-import")[0]["ResourceIdentifier"] == {"StackId": "arn:storage"}
    assert option(command, "tags") == [
        {"Key": "lake:silo", "Value": "sales"},
        {"Key": "team", "Value": "data, it's ours"},
    ]


def test_a_root_that_was_tried_since_goes_first(small_lake: Lake, silos: FakeSilos, bucket: HeldObjects) -> None:
    command = restoring(small_lake, reading_ports(bucket), silos, PLACE, failed=True)
    assert command.startswith("aws cloudformation delete-stack --stack-name lake-silo --region eu-west-1 && ")


def test_nothing_is_printed_on_a_guess(small_lake: Lake, silos: FakeSilos, bucket: HeldObjects) -> None:
    assert restoring(small_lake, reading_ports(HeldObjects()), silos, PLACE) == "", "its template is in no code bucket"
    silos.stacks[PLACE.account, "lake-silo-Storage-other"] = STORAGE
    assert restoring(small_lake, reading_ports(bucket), silos, PLACE) == "", "two of them"
    silos.stacks.clear()
    assert restoring(small_lake, reading_ports(bucket), silos, PLACE) == "", "none of them"
