"""Dates until which something holds. Today is given: the core reads no clock."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from controller.kinds.share import Share
from controller.model.manifest import Manifest
from controller.model.problem import Problem, Severity
from controller.resolve.specs import Specs

SOON = timedelta(days=14)


def check(specs: Specs, today: date) -> Iterator[Problem]:
    for partner in specs.partners.values():
        if partner.expires < today:
            message = f"its credentials ended on {partner.expires}: its keys are inactive"
            hint = "set a later date, or remove the manifest"
            field = "spec.credentials.expires"
            yield Problem.of(partner.manifest, "expired", field, message, hint, Severity.WARNING)
        else:
            yield from _holds(partner.manifest, "spec.credentials.expires", partner.expires, today)
    for share in specs.shares.values():
        if expired(share, today):
            message = f"this ended on {share.expires}: nobody reads by it any more"
            hint = "set a later date, or remove the manifest"
            yield Problem.of(share.manifest, "expired", "spec.expires", message, hint, Severity.WARNING)
        elif share.expires:
            yield from _holds(share.manifest, "spec.expires", share.expires, today)


def expired(share: Share, today: date) -> bool:
    """A share holds until the end of its last day."""
    return share.expires is not None and share.expires < today


def _holds(manifest: Manifest, field: str, until: date, today: date) -> Iterator[Problem]:
    if until < today:
        message = f"{until} is past"
        yield Problem.of(manifest, "expired", field, message, "set a later date, or remove the manifest")
    elif until - today <= SOON:
        message = f"this ends on {until}, in {(until - today).days} days"
        yield Problem.of(manifest, "expires-soon", field, message, "", Severity.WARNING)
