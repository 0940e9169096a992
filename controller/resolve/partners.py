"""What a partner asks for that AWS would refuse: keys before all numbers, more networks than a tag holds."""

from __future__ import annotations

from collections.abc import Iterator

from controller.model.problem import Problem
from controller.resolve.credentials import EPOCH
from controller.resolve.specs import Specs

TAG_LENGTH = 256  # characters of a tag's value; IAM user guide, quotas


def check(specs: Specs) -> Iterator[Problem]:
    for partner in specs.partners.values():
        if partner.issued is not None and partner.issued < EPOCH:
            message = f"{partner.issued} is before {EPOCH}, from which keys are counted"
            hint = "say the day of the last rotation, or leave the field out"
            yield Problem.of(partner.manifest, "issued-too-early", "spec.credentials.issued", message, hint)
        length = len(" ".join(partner.source_cidrs))
        if length > TAG_LENGTH:
            message = (
                f"the networks have {length} characters together; a user's tag, which holds them, has {TAG_LENGTH}"
            )
            hint = "name wider networks, or split the partner into two"
            yield Problem.of(partner.manifest, "too-many-networks", "spec.sourceCidrs", message, hint)
