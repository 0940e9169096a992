"""What AWS really has where that is not what was published: found by reading, kept apart from what a plan proposes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from controller.diff.change import Detail
from controller.model.source import Source


class DriftClass(StrEnum):
    UNDEPLOYED = "undeployed"  # published, but not what the silo runs
    CHANGED_BY_HAND = "changed-by-hand"
    POLICY_CHANGED = "policy-changed"
    UNMANAGED_ACCOUNT = "unmanaged-account"
    MISPLACED_ACCOUNT = "misplaced-account"
    POLLING_DISABLED = "polling-disabled"
    VENDED_BY_HAND = "vended-by-hand"  # told, and no drift: it was meant, and ends by itself
    CREDENTIAL_EXPIRED = "credential-expired"  # over or revoked by git, and a key works
    CREDENTIAL_UNROTATED = "credential-unrotated"  # of a period that is over
    CREDENTIAL_CHANGED = "credential-changed"  # a key of ours that somebody ended, woke or deleted
    CREDENTIAL_FOREIGN = "credential-foreign"  # a user or key below /partners/ that is not ours


@dataclass(frozen=True, slots=True)
class Finding:
    """One difference. In `details` before is what is expected and after what is there.

    The two ways out: `reassert` is a command that brings the expected state back, `accept` says what to write into
    which manifest to make the actual state the wanted one.
    """

    kind: DriftClass
    address: str
    type: str  # a CloudFormation type, or account, bundle, pipeline
    message: str
    details: tuple[Detail, ...]
    reassert: str
    accept: str
    since: str = ""  # ISO 8601, where AWS tells
    source: Source | None = None
    manifest: str = ""  # a whole one that would make it the wanted state, where there is such


@dataclass(frozen=True, slots=True)
class DriftReport:
    findings: tuple[Finding, ...]  # in the order of their addresses
    unreadable: Mapping[str, str]  # address -> why; nothing is known of these
    compared: Mapping[str, int]  # how many silos, accounts, stacks and so on were read
    vended: tuple[Finding, ...] = ()  # to know of, and no drift: what the admins of web apps handed out
    unpublished: tuple[str, ...] = ()  # addresses of what nothing was published for yet: nothing to compare
    withheld: tuple[str, ...] = ()  # addresses of what is not compared on purpose: whoever reads it reads a secret
