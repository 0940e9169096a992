"""Sizes that AWS refuses, found before it does: at nine tenths, since what AWS adds and counts is not known exactly."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from controller.model.bundle import Template, canonical
from controller.model.manifest import Manifest
from controller.model.problem import Problem
from controller.render.asked import FIELD

SHARE = 0.9
RESOURCES, PARAMETERS, OUTPUTS = 500, 200, 200  # CloudFormation user guide, quotas
TEMPLATE_BYTES = 1_000_000  # by URL; same page
INLINE_BYTES = 51_200  # in the request itself, as StackSets and change sets get it here; same page

# Type -> property -> characters. S3 user guide; KMS developer guide; IAM user guide, quotas (white space not counted)
POLICIES: Mapping[str, Mapping[str, int]] = {
    "AWS::S3::BucketPolicy": {"PolicyDocument": 20_480},
    "AWS::KMS::Key": {"KeyPolicy": 32_768},
    "AWS::IAM::ManagedPolicy": {"PolicyDocument": 6_144},
    "Custom::LakeCatalogPolicy": {"PolicyDocument": 10_240},  # Glue developer guide, resource-based policies
    "AWS::IAM::Role": {"Policies": 10_240, "AssumeRolePolicyDocument": 2_048},
    "AWS::IAM::User": {"Policies": 2_048},
}


def too_large(template: Template, manifest: Manifest, size: int = TEMPLATE_BYTES) -> Iterator[Problem]:
    """Problems at the manifest's line; `size` is what this template's way to CloudFormation allows."""
    body = template.body
    name = template.address or "the root"
    counted = (
        ("resources", len(body["Resources"]), RESOURCES),
        ("parameters", len(body.get("Parameters", {})), PARAMETERS),
        ("outputs", len(body.get("Outputs", {})), OUTPUTS),
        ("bytes", len(template.asset.content), size),
    )
    for what, count, limit in counted:
        if count > limit * SHARE:
            yield _problem(
                "template-too-large", f"the template of {name} has {count:,} {what}", limit, manifest, "spec"
            )
    for logical_id, resource in body["Resources"].items():
        for key, limit in POLICIES.get(resource["Type"], {}).items():
            count = _characters(resource["Properties"].get(key, []))
            if count > limit * SHARE:
                field = resource.get("Metadata", {}).get(FIELD, "spec")
                yield _problem(
                    "policy-too-large", f"{key} of {name}/{logical_id} has {count:,} bytes", limit, manifest, field
                )


def _characters(policy: Any) -> int:
    """Of a role's inline policies only the documents count, and all of them together."""
    if isinstance(policy, list):
        return sum(len(canonical(one["PolicyDocument"])) for one in policy)
    return len(canonical(policy))


def _problem(code: str, said: str, limit: int, manifest: Manifest, field: str) -> Problem:
    message = f"{said}; AWS allows {limit:,}, and siloctl stops at nine tenths of it"
    hint = "split it: fewer columns or entries here, or a second flow or silo"
    return Problem(code, message, manifest.at(field), manifest.subject, field, hint)
