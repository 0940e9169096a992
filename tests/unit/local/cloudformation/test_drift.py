"""Drift: what somebody changed by hand is told, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from controller.local.cloudformation import catalog, drift
from controller.local.cloudformation.drift import Detection
from controller.local.cloudformation.errors import Refused
from controller.local.cloudformation.stacks import StackBackend
from tests.fakes.things import SCHEMA, Things, body, created, thing

TEMPLATE = body(
    {
        "A": thing(
            Size="1",
            Open=True,
            Policy={"Statement": [{"Sid": "a", "Action": ["s3:Get*"]}, {"Sid": "b", "Action": "kms:*"}]},
            Tags=[{"Key": "own", "Value": "1"}],
        ),
        "B": thing(),
    }
)


def detected(backend: StackBackend, name: str = "one") -> Detection:
    detection = Detection(backend.get(name))
    detection.run()
    assert detection.status == "DETECTION_COMPLETE"
    return detection


def differences(detection: Detection) -> list[dict[str, Any]]:
    found = detection.drifts["A"].described(detection.stack)["PropertyDifferences"]
    assert isinstance(found, list)
    return found


def test_a_quiet_stack_is_in_sync(backend: StackBackend, things: Things) -> None:
    stack = created(backend, "one", TEMPLATE, Tags=[{"Key": "lake:silo", "Value": "sales"}])
    things.there["a-1"] = {
        "Size": 1,
        "Open": "true",
        "Policy": {"Statement": [{"Sid": "b", "Action": ["kms:*"]}, {"Sid": "a", "Action": "s3:Get*", "Effect": "x"}]},
        "Tags": [{"Key": "aws:x", "Value": "y"}, {"Key": "lake:silo", "Value": "sales"}, {"Key": "own", "Value": "1"}],
        "Unset": "whatever",
    }
    detection = detected(backend)
    assert differences(detection) == []
    assert (detection.found, detection.drifted, stack.drift) == ("IN_SYNC", 0, "IN_SYNC")


def test_a_changed_value_is_told_with_its_path(backend: StackBackend, things: Things) -> None:
    created(backend, "one", TEMPLATE)
    things.there["a-1"]["Size"] = "9"
    things.there["a-1"]["Policy"] = {"Statement": [{"Sid": "a", "Action": "s3:*"}, {"Sid": "b", "Action": "kms:*"}]}
    things.there["a-1"]["Tags"] = [{"Key": "own", "Value": "1"}, {"Key": "more", "Value": "2"}]
    detection = detected(backend)
    assert [(item["PropertyPath"], item["DifferenceType"]) for item in differences(detection)] == [
        ("/Size", "NOT_EQUAL"),
        ("/Policy/Statement/0/Action/0", "NOT_EQUAL"),
        ("/Tags/1", "ADD"),
    ]
    assert differences(detection)[0] | {"PropertyPath": "/Size"} == {
        "PropertyPath": "/Size",
        "ExpectedValue": "1",
        "ActualValue": "9",
        "DifferenceType": "NOT_EQUAL",
    }
    assert (detection.found, detection.drifted) == ("DRIFTED", 1)


def test_a_missing_member_is_a_removal(backend: StackBackend, things: Things) -> None:
    created(backend, "one", TEMPLATE)
    things.there["a-1"]["Policy"] = {"Statement": [{"Sid": "a", "Action": ["s3:Get*"]}]}
    assert [item["DifferenceType"] for item in differences(detected(backend))] == ["REMOVE"]


def test_a_deleted_resource_is_told(backend: StackBackend, things: Things) -> None:
    stack = created(backend, "one", TEMPLATE)
    things.there.clear()
    detection = detected(backend)
    assert {name: item.status for name, item in detection.drifts.items()} == {"A": "DELETED", "B": "DELETED"}
    assert stack.resources["A"].drift == "DELETED"


def test_what_aws_cannot_check_is_not_checked(
    backend: StackBackend, things: Things, monkeypatch: pytest.MonkeyPatch
) -> None:
    unchecked = "AWS::S3::BucketPolicy"
    assert unchecked in drift.UNCHECKED
    monkeypatch.setitem(catalog._added, unchecked, (things, SCHEMA))
    created(backend, "one", body({"A": {"Type": unchecked, "Properties": {"Bucket": "b"}}}))
    things.there.clear()
    detection = detected(backend)
    assert (detection.found, detection.drifts["A"].status) == ("IN_SYNC", "NOT_CHECKED")


def test_drift_is_not_detected_on_a_stack_that_failed(backend: StackBackend, things: Things) -> None:
    things.refuse["create", "A"] = "no"
    stack = created(backend, "one", TEMPLATE)
    with pytest.raises(Refused, match="Drift detection cannot be performed"):
        Detection(stack)


def test_a_tag_of_the_stack_is_expected_of_what_it_made(backend: StackBackend, things: Things) -> None:
    created(backend, "one", TEMPLATE, Tags=[{"Key": "lake:silo", "Value": "sales"}])
    things.there["a-1"]["Tags"] = [{"Key": "more", "Value": "2"}, {"Key": "lake:silo", "Value": "finance"}]
    told = {item["PropertyPath"]: item["DifferenceType"] for item in differences(detected(backend))}
    assert told == {"/Tags/0/Value": "NOT_EQUAL", "/Tags/1": "REMOVE", "/Tags/2": "ADD"}
