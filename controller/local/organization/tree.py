"""Where an account is: read from moto's Organizations in process."""

from __future__ import annotations

from typing import Any

from moto.organizations.models import organizations_backends

PARTITION = "aws"


def backend_of(account: str) -> Any | None:
    """The Organizations backend that `account` belongs to: its management account's, or None outside of any."""
    own = organizations_backends[account][PARTITION]
    if own.org is not None:
        return own
    management = organizations_backends.master_accounts.get(account)
    if management is None:
        return None
    found = organizations_backends[management[0]][PARTITION]
    return found if any(member.id == account for member in found.accounts) else None


def account_name(account: str) -> str:
    """The name of an account, or its id outside of any organization."""
    found = backend_of(account)
    return next((str(one.name) for one in (found.accounts if found is not None else ()) if one.id == account), account)


def organization_id(account: str) -> str | None:
    found = backend_of(account)
    return None if found is None else str(found.org.id)


def parent_path(backend: Any, parent: str) -> str:
    """The path of a root or unit, from the organization down, with a slash at its end."""
    parents = {unit.id: unit.parent_id for unit in backend.ou}
    steps: list[str] = []
    step: str | None = parent
    while step:
        steps.append(step)
        step = parents.get(step)
    return "/".join([backend.org.id, *reversed(steps), ""])


def organization_path(account: str) -> str | None:
    """What `aws:PrincipalOrgPaths` holds for the principals of `account`; None outside of any organization."""
    found = backend_of(account)
    if found is None:
        return None
    return parent_path(found, next(member.parent_id for member in found.accounts if member.id == account))


def unit_id(management: str, path: str) -> str:
    """The id of the unit at a path of names below the root; the root's own id for an empty path."""
    backend = organizations_backends[management][PARTITION]
    here = str(backend.org.root_id)
    for name in filter(None, path.split("/")):
        here = next(unit.id for unit in backend.ou if unit.parent_id == here and unit.name == name)
    return here
