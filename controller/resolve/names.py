"""Names that AWS would refuse, or that would meet in one, long before an apply finds out."""

from __future__ import annotations

from collections.abc import Iterator

from controller.kinds.flow import Flow
from controller.kinds.partner import Partner
from controller.model.ownership import code_bucket, logical_id
from controller.model.problem import Problem
from controller.resolve.specs import Specs

BUCKET_MAX = 63  # characters; S3 user guide, "Bucket naming rules"
ROLE_MAX = 64  # characters; IAM API reference, CreateRole
ACCOUNT_DIGITS = 12
ROLE_SUFFIX_MAX = 12  # characters that a blueprint adds to lake-<silo>-<flow>-
LAYER_MAX = len("processed")

# S3 user guide, "Bucket naming rules": kept for S3 itself
RESERVED_PREFIXES = ("xn--", "sthree-", "amzn-s3-demo-")


def silo_name_max(organization: str) -> int:
    """How long a silo's name may be for the longest of its buckets' names to fit."""
    return BUCKET_MAX - len(f"{organization}--") - LAYER_MAX - 1 - ACCOUNT_DIGITS


def check(specs: Specs) -> Iterator[Problem]:
    organization = specs.organization
    if organization:
        for index, region in enumerate(organization.regions):
            name = code_bucket(organization.code_bucket.name_prefix, region)
            if len(name) > BUCKET_MAX:
                message = f"the code bucket {name} has {len(name)} characters, S3 allows {BUCKET_MAX}"
                yield Problem.of(
                    organization.manifest, "name-too-long", f"spec.regions[{index}]", message, "shorten namePrefix"
                )
        prefix = organization.code_bucket.name_prefix
        if prefix.startswith(RESERVED_PREFIXES):
            message = f"S3 keeps bucket names that begin like {prefix} for itself"
            yield Problem.of(organization.manifest, "reserved-name", "spec.codeBucket.namePrefix", message)
        for silo in specs.silos.values():
            over = len(silo.name) - silo_name_max(organization.name)
            if over > 0:
                size = BUCKET_MAX + over
                message = f"the bucket {organization.name}-{silo.name}-processed-<account> would have {size} characters"
                hint = f"S3 allows {BUCKET_MAX}: take {over} from the silo's or the Organization's name"
                yield Problem.of(silo.manifest, "name-too-long", "metadata.name", message, hint)
        for consumer in specs.consumers.values():
            size = len(f"{organization.name}-{consumer.name}-results-") + ACCOUNT_DIGITS
            if size > BUCKET_MAX:
                message = (
                    f"the bucket {organization.name}-{consumer.name}-results-<account> would have {size} characters"
                )
                hint = (
                    f"S3 allows {BUCKET_MAX}: take {size - BUCKET_MAX} from the consumer's or the Organization's name"
                )
                yield Problem.of(consumer.manifest, "name-too-long", "metadata.name", message, hint)
    for flow in specs.flows.values():
        size = len(f"lake-{flow.silo}-{flow.name}-") + ROLE_SUFFIX_MAX
        if size > ROLE_MAX:
            message = f"the roles lake-{flow.silo}-{flow.name}-… would have {size} characters, IAM allows {ROLE_MAX}"
            yield Problem.of(
                flow.manifest, "name-too-long", "metadata.name", message, f"take {size - ROLE_MAX} from the name"
            )
    for flows in specs.flows_by_silo.values():
        yield from _collisions(flows)
    yield from _collisions(tuple(specs.partners.values()))


def _collisions(named: tuple[Flow, ...] | tuple[Partner, ...]) -> Iterator[Problem]:
    """Two flows of a silo whose nested stacks would have one logical id; two partners whose users would."""
    ids: dict[str, Flow | Partner] = {}
    for one in named:
        first = ids.setdefault(logical_id(one.name), one)
        if first is not one:
            message = f'"{one.name}" and "{first.name}" are the same as a CloudFormation name'
            hint = f"rename one of them; the other is at {first.manifest.at('metadata.name')}"
            yield Problem.of(one.manifest, "name-collision", "metadata.name", message, hint)
