"""What drift detection cannot compare, for the role that it reads with is kept from whatever tells a secret."""

from __future__ import annotations

from collections.abc import Sequence

from controller.model.live import LiveDrift

# Reading one gives its value away, so `lake-controller-read` may not (pipeline/silo-baseline/README.md).
TELL_SECRETS = frozenset({"AWS::ApiGateway::ApiKey", "AWS::ApiGateway::UsagePlanKey", "AWS::SecretsManager::Secret"})


def apart(drifts: Sequence[LiveDrift]) -> tuple[tuple[LiveDrift, ...], tuple[LiveDrift, ...]]:
    """What is to be judged, and what was withheld.

    That detection failed for a stack says only that it did for one of its resources at least (API reference,
    DescribeStackDriftDetectionStatus): nothing new, where all that it failed for were withheld.
    """
    withheld = tuple(one for one in drifts if one.unread and one.type in TELL_SECRETS)
    judged = tuple(one for one in drifts if one not in withheld)
    if withheld and not any(one.unread and one.logical_id for one in judged):
        judged = tuple(one for one in judged if not one.unread)
    return judged, withheld
