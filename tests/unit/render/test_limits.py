from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from controller.model.bundle import Template
from controller.model.errors import ManifestsInvalid
from controller.render.accounts import render_master
from controller.render.blueprint import Catalogue
from controller.render.limits import too_large
from controller.resolve.lake import Lake


def codes(lake: Lake, resources: dict[str, Any], **rest: Any) -> list[str]:
    template = Template("part", {"Resources": resources, **rest}, {})
    return [problem.code for problem in too_large(template, lake.organization.manifest)]


def policy(size: int) -> dict[str, Any]:
    return {"Statement": "x" * size}


def test_a_small_template_has_no_problem(lake: Lake) -> None:
    assert codes(lake, {"A": {"Type": "AWS::S3::BucketPolicy", "Properties": {"PolicyDocument": policy(100)}}}) == []


@pytest.mark.parametrize(("count", "expected"), [(450, []), (451, ["template-too-large"])])
def test_resources_are_counted_to_nine_tenths(count: int, expected: list[str], lake: Lake) -> None:
    resources = {f"R{index}": {"Type": "AWS::SNS::Topic", "Properties": {}} for index in range(count)}
    assert codes(lake, resources) == expected


@pytest.mark.parametrize("what", ["Parameters", "Outputs"])
def test_parameters_and_outputs_are_counted(what: str, lake: Lake) -> None:
    assert codes(lake, {}, **{what: {f"P{index}": {} for index in range(181)}}) == ["template-too-large"]


@pytest.mark.parametrize(
    ("resource", "key", "size"),
    [
        ("AWS::S3::BucketPolicy", "PolicyDocument", 20_480),
        ("AWS::KMS::Key", "KeyPolicy", 32_768),
        ("AWS::IAM::ManagedPolicy", "PolicyDocument", 6_144),
        ("AWS::IAM::Role", "AssumeRolePolicyDocument", 2_048),
    ],
)
def test_a_policy_is_measured(resource: str, key: str, size: int, lake: Lake) -> None:
    fits, not_any_more = int(size * 0.9) - 20, int(size * 0.9)
    assert codes(lake, {"A": {"Type": resource, "Properties": {key: policy(fits)}}}) == []
    assert codes(lake, {"A": {"Type": resource, "Properties": {key: policy(not_any_more)}}}) == ["policy-too-large"]


def test_a_roles_policies_are_measured_together(lake: Lake) -> None:
    policies = [{"PolicyName": f"p{index}", "PolicyDocument": policy(3_100)} for index in range(3)]
    assert codes(lake, {"A": {"Type": "AWS::IAM::Role", "Properties": {"Policies": policies}}}) == ["policy-too-large"]


@pytest.mark.parametrize(("depth", "count", "expected"), [(4, 40, []), (5, 34, []), (5, 35, ["spec.siloUnits"])])
def test_the_paths_of_all_units_are_one_parameter(
    depth: int, count: int, expected: list[str], lake: Lake, catalogue: Catalogue
) -> None:
    """40 units are the most that the schema takes, and 5 the deepest that AWS has."""
    units = tuple("/".join(["Lake"] * (depth - 1) + [f"Unit-{number}"]) for number in range(count))
    changed = replace(lake.organization, silo_units=units[:20], consumer_units=units[20:])
    try:
        render_master(changed, "eu-west-1", catalogue)
        found = []
    except ManifestsInvalid as invalid:
        found = [problem.field for problem in invalid.problems]
    assert found == expected
