"""Sizes that AWS refuses, found before it does: at nine tenths, since what AWS adds and counts is not known exactly."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from controller.model.bundle import Template
from controller.model.manifest import Manifest
from controller.model.problem import Problem
from controller.render.asked import FIELD, MANIFEST
from controller.render.size import Ruler, unit_path

SHARE = 0.9
RESOURCES, PARAMETERS, OUTPUTS, REFERENCES = 500, 200, 200, 60  # a template; CloudFormation user guide, quotas
TEMPLATE_BYTES = 1_000_000  # by URL; same page
PARAMETER_BYTES = 4_096  # of a parameter's value; same page
INLINE_BYTES = 51_200  # in the request itself, as StackSets and change sets get it here; same page
OPERATION = 2_500  # resources that one operation makes in a root and all that is nested in it; same page
DYNAMIC = b"{{resolve:"

# Type -> property -> characters, as AWS gets them.
# S3 user guide; KMS developer guide; Glue developer guide, resource-based policies; IAM user guide, quotas (white
# space not counted); quotas in the guides of EventBridge and Lambda
SIZES: Mapping[str, Mapping[str, int]] = {
    "AWS::S3::BucketPolicy": {"PolicyDocument": 20_480},
    "AWS::KMS::Key": {"KeyPolicy": 32_768},
    "AWS::IAM::ManagedPolicy": {"PolicyDocument": 6_144},
    "Custom::LakeCatalogPolicy": {"PolicyDocument": 10_240},
    "AWS::IAM::Role": {"Policies": 10_240, "AssumeRolePolicyDocument": 2_048},
    "AWS::IAM::User": {"Policies": 2_048},
    "AWS::Events::Rule": {"EventPattern": 2_048},
    "AWS::Lambda::Function": {"Environment": 4_096},
}

SPLIT = "split it: fewer columns or entries here, or a second flow or silo"
SHARED = "share with a unit above these, fewer tables, or via: lakeformation, which has no policy to fill"
HINTS: Mapping[str, str] = {
    "AWS::S3::BucketPolicy": SHARED,
    "AWS::KMS::Key": SHARED,
    "Custom::LakeCatalogPolicy": SHARED,
    "AWS::IAM::User": "a shorter prefix, or fewer and wider networks",
}


def too_large(
    template: Template, manifest: Manifest, size: int = TEMPLATE_BYTES, others: Iterable[Manifest] = ()
) -> Iterator[Problem]:
    """Problems at the line of whichever manifest asked; `size` is what this template's way to CloudFormation allows."""
    body = template.body
    name = template.address or "the root"
    counted = (
        ("resources", len(body["Resources"]), RESOURCES),
        ("parameters", len(body.get("Parameters", {})), PARAMETERS),
        ("outputs", len(body.get("Outputs", {})), OUTPUTS),
        ("dynamic references", template.asset.content.count(DYNAMIC), REFERENCES),
        ("bytes", len(template.asset.content), size),
    )
    for what, count, limit in counted:
        if count > limit * SHARE:
            said = f"the template of {name} has {count:,} {what}"
            yield _problem("template-too-large", said, limit, manifest, "spec")
    ruler = Ruler(body["Resources"])
    named = {other.subject: other for other in others}
    for logical_id, resource in body["Resources"].items():
        metadata = resource.get("Metadata", {})
        for key, limit in SIZES.get(resource["Type"], {}).items():
            count = _measured(ruler, resource["Properties"].get(key, []))
            if count > limit * SHARE:
                code = "policy-too-large" if "Polic" in key else "template-too-large"
                said = f"{key} of {name}/{logical_id} has {count:,} bytes"
                asks = named.get(metadata.get(MANIFEST, ""), manifest)
                hint = HINTS.get(resource["Type"], SPLIT)
                yield _problem(code, said, limit, asks, metadata.get(FIELD, "spec"), hint)


def too_many(templates: Iterable[Template], manifest: Manifest) -> Iterator[Problem]:
    """A member that could not be made at once could not be made again after a disaster either."""
    count = sum(len(template.body["Resources"]) for template in templates)
    if count > OPERATION * SHARE:
        said = f"all templates together have {count:,} resources"
        yield _problem("template-too-large", said, OPERATION, manifest, "spec")


def too_many_units(units: Iterable[str], manifest: Manifest) -> Iterator[Problem]:
    """The paths of all units reach a stack as one value, with a comma between."""
    count = len(",".join(unit_path(len(unit.split("/"))) for unit in units))
    if count > PARAMETER_BYTES * SHARE:
        said = f"the ids of siloUnits and consumerUnits have {count:,} bytes"
        hint = "name a unit above some of these: it stands for all below it"
        yield _problem("template-too-large", said, PARAMETER_BYTES, manifest, "spec.siloUnits", hint)


def _measured(ruler: Ruler, value: Any) -> int:
    """Of a role's inline policies only the documents count, and all of them together."""
    if isinstance(value, list):
        return sum(ruler.characters(one["PolicyDocument"]) for one in value)
    return ruler.characters(value)


def _problem(code: str, said: str, limit: int, manifest: Manifest, field: str, hint: str = SPLIT) -> Problem:
    message = f"{said}; AWS allows {limit:,}, and siloctl stops at nine tenths of it"
    return Problem(code, message, manifest.at(field), manifest.subject, field, hint)
