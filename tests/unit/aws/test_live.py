"""What CloudFormation's drift detection tells, and what it could not find out."""

from __future__ import annotations

import json
from typing import Any, cast

from controller.aws.client import Clients
from controller.aws.live import DETECTION_SECONDS, AwsSilos
from controller.model.live import LiveDrift, Place
from controller.model.observed import Present, Unreadable

BUCKET = {"LogicalResourceId": "RawBucket", "PhysicalResourceId": "sales-raw", "ResourceType": "AWS::S3::Bucket"}


class Detecting:
    """CloudFormation whose detection answers `status`, and which has found `drifts`."""

    def __init__(self, status: str, reason: str = "", drifts: tuple[dict[str, Any], ...] = ()) -> None:
        self.status, self.reason, self.drifts = status, reason, drifts

    def of(self, service: str, region: str, role: str) -> Detecting:
        return self

    def detect_stack_drift(self, **_: Any) -> dict[str, Any]:
        return {"StackDriftDetectionId": "d-1"}

    def describe_stack_drift_detection_status(self, **_: Any) -> dict[str, Any]:
        return {"DetectionStatus": self.status, "DetectionStatusReason": self.reason}

    def describe_stack_resource_drifts(self, **asked: Any) -> dict[str, Any]:
        wanted = asked["StackResourceDriftStatusFilters"]
        told = [one for one in self.drifts if one["StackResourceDriftStatus"] in wanted]
        return {"StackResourceDrifts": told}


def look(api: Detecting, slept: list[float] | None = None) -> Any:
    sleep = (slept if slept is not None else []).append
    return AwsSilos(cast(Clients, api), sleep).drift(Place("200000000001", "eu-west-1"), "lake-silo")


def test_a_detection_that_failed_in_part_tells_why_and_what_it_found_all_the_same() -> None:
    deleted = {**BUCKET, "StackResourceDriftStatus": "DELETED"}
    found = look(Detecting("DETECTION_FAILED", "not authorized to perform glue:GetConnection", (deleted,)))
    assert isinstance(found, Present)
    whole, bucket = found.value
    assert (whole.logical_id, bucket.logical_id, bucket.deleted) == ("", "RawBucket", True)
    assert whole.unread == "drift detection failed: not authorized to perform glue:GetConnection"


def test_a_resource_that_could_not_be_compared_is_told_with_its_reason() -> None:
    unknown = {**BUCKET, "StackResourceDriftStatus": "UNKNOWN", "DriftStatusReason": "AccessDenied"}
    found = look(Detecting("DETECTION_COMPLETE", drifts=(unknown,)))
    assert found == Present((LiveDrift("RawBucket", "sales-raw", "AWS::S3::Bucket", False, (), "AccessDenied"),))


def test_a_detection_without_end_is_no_answer() -> None:
    slept: list[float] = []
    found = look(Detecting("DETECTION_IN_PROGRESS"), slept)
    assert isinstance(found, Unreadable)
    assert "has not ended" in found.why
    assert DETECTION_SECONDS <= sum(slept) < DETECTION_SECONDS + 10


def test_a_quiet_stack_has_nothing_to_tell() -> None:
    assert look(Detecting("DETECTION_COMPLETE")) == Present(())


def drifts(expected: Any, actual: Any, *differences: dict[str, str], type: str = "AWS::S3::Bucket") -> Any:
    modified = {
        **BUCKET,
        "ResourceType": type,
        "StackResourceDriftStatus": "MODIFIED",
        "ExpectedProperties": json.dumps(expected),
        "ActualProperties": json.dumps(actual),
        "PropertyDifferences": list(differences),
    }
    found = look(Detecting("DETECTION_COMPLETE", drifts=(modified,)))
    assert isinstance(found, Present)
    return found.value


def tagged(expected: Any, actual: Any, *differences: dict[str, str], type: str = "AWS::S3::Bucket") -> Any:
    (one,) = drifts(expected, actual, *differences, type=type)
    return {each.path: (each.expected, each.actual) for each in one.differences}


def tags(**named: str) -> list[dict[str, str]]:
    return [{"Key": key.replace("__", ":"), "Value": value} for key, value in named.items()]


def test_tags_are_told_by_their_keys_and_only_where_they_are_ours() -> None:
    by_position = {"PropertyPath": "/Tags/0/Key", "ExpectedValue": "team", "ActualValue": "cost-center"}
    ours = tags(team="data", lake__silo="sales", lake__flow="orders")
    theirs = tags(cost_center="4711", lake__silo="finance", lake__prefix="x", team="data", aws__made="by AWS")
    assert tagged({"Tags": ours}, {"Tags": theirs}, by_position) == {
        "/Tags/lake:flow": ("orders", None),
        "/Tags/lake:prefix": (None, "x"),
        "/Tags/lake:silo": ("sales", "finance"),
    }


def test_a_resource_whose_only_difference_is_somebody_elses_tag_did_not_drift() -> None:
    added = {"PropertyPath": "/Tags/1", "ExpectedValue": "null", "ActualValue": "{}"}
    ours = tags(lake__silo="sales")
    for other in (tags(cost_center="4711"), tags(lake__shown="0 2026-11-23T00:23:56Z admin")):
        assert drifts({"Tags": ours}, {"Tags": [*ours, *other]}, added) == ()


def test_tags_that_are_a_map_are_told_alike() -> None:
    found = tagged({"UserPoolTags": {"lake:silo": "sales"}}, {"UserPoolTags": {}}, type="AWS::Cognito::UserPool")
    assert found == {"/UserPoolTags/lake:silo": ("sales", None)}


class Templated:
    """CloudFormation with one template, and the Clients that hand it out."""

    def __init__(self, body: Any) -> None:
        self.body = body

    def of(self, service: str, region: str, role: str) -> Templated:
        return self

    def get_template(self, **_: Any) -> dict[str, Any]:
        return {"TemplateBody": self.body}


def test_a_template_in_yaml_was_not_written_by_us() -> None:
    silos = AwsSilos(cast(Clients, Templated("Resources: {}\n")), lambda seconds: None)
    found = silos.template(Place("200000000001", "eu-west-1"), "lake-silo")
    assert isinstance(found, Unreadable) and "not JSON" in found.why
