"""The caller as policies see it, and the policies that hang on it, read from moto's IAM."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from moto.iam.exceptions import NotFoundException
from moto.iam.models import iam_backends

from controller.access import Policy, Principal, read
from controller.local.organization.tree import PARTITION
from controller.local.server.callers import Caller

reading = lru_cache(maxsize=4096)(read)  # by the document's text; raises PolicyInvalid


class NoSuchPrincipal(Exception):
    """The role or user of the credentials is gone."""


@dataclass(frozen=True, slots=True)
class Held:
    """A principal with its own policies."""

    principal: Principal
    identity: tuple[Policy, ...]
    boundary: Policy | None
    session: tuple[Policy, ...] | None
    user_id: str


def held(who: Caller) -> Held:
    """Read the caller's policies as they are now. Raises NoSuchPrincipal, PolicyInvalid."""
    iam, name = iam_backends[who.account][PARTITION], who.arn.rsplit("/", 1)[-1]
    try:
        owner = iam.get_role_by_arn(who.arn) if who.kind == "role" else iam.get_user(name)
    except NotFoundException as error:
        raise NoSuchPrincipal(who.arn) from error
    boundary = getattr(owner, "permissions_boundary_arn", None)
    return Held(
        principal=_principal(who, name),
        identity=tuple(reading(document) for document in _documents(iam, owner, who.kind)),
        boundary=reading(_document(iam, boundary)) if boundary else None,
        session=(reading(who.session_policy),) if who.session_policy else None,
        user_id=f"{owner.id}:{who.session}" if who.kind == "role" else str(owner.id),
    )


def _principal(who: Caller, name: str) -> Principal:
    if who.kind == "user":
        return Principal("user", who.arn, who.account)
    session = f"arn:{PARTITION}:sts::{who.account}:assumed-role/{name}/{who.session}"
    return Principal("role-session", session, who.account, who.arn)


def _documents(iam: Any, owner: Any, kind: str) -> Iterator[str]:
    owners = [owner]
    if kind == "user":
        owners += iam.get_groups_for_user(owner.name)
    for each in owners:
        yield from _inline(each)
        for arn in list(each.managed_policies):
            yield _document(iam, arn)


def _inline(owner: Any) -> Iterator[str]:
    """moto keeps a role's and a group's inline policies by name, a user's too."""
    for document in list(owner.policies.values()):
        yield document if isinstance(document, str) else document["policy_document"]


def _document(iam: Any, arn: str) -> str:
    policy = iam.managed_policies.get(arn)
    if policy is None:
        raise NoSuchPrincipal(f"policy {arn}")
    return next(str(version.document) for version in policy.versions if version.is_default)
