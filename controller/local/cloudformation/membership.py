"""Which accounts a StackSet reaches, and who may administer it: read from moto's Organizations in process."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from moto.organizations.models import organizations_backends

from controller.local.cloudformation.errors import Refused

PRINCIPAL = "member.org.stacksets.cloudformation.amazonaws.com"  # StackSets user guide, delegated administrators
_trusted: set[str] = set()  # management accounts that called ActivateOrganizationsAccess


def owner(account: str, call_as: str) -> str:
    """The account that the sets of a caller live in: a delegated administrator's are in the management account."""
    backend = organization(account)
    if call_as != "DELEGATED_ADMIN":
        return account
    if backend is None or not any(
        admin.account.id == account and any("stacksets" in name for name in admin.services) for admin in backend.admins
    ):
        raise Refused("You do not have permission to perform this operation as a delegated administrator")
    return str(backend.org.master_account_id)


def organization(account: str) -> Any | None:
    """The Organizations backend that an account is in, or None."""
    own = organizations_backends[account]["aws"]
    if own.org is not None:
        return own
    management = organizations_backends.master_accounts.get(account)
    return None if management is None else organizations_backends[management[0]]["aws"]


def trust(account: str) -> None:
    """ActivateOrganizationsAccess, which only the management account may call."""
    backend = organization(account)
    if backend is None or backend.org.master_account_id != account:
        raise Refused("Only the management account can activate organizations access", "InvalidOperationException")
    _trusted.add(account)


def trusted(account: str) -> bool:
    backend = organization(account)
    if backend is None:
        return False
    enabled = any(service["ServicePrincipal"] == PRINCIPAL for service in backend.services)
    return enabled or backend.org.master_account_id in _trusted


def members(management: str, units: Iterable[str]) -> dict[str, str]:
    """Accounts below the units at any depth, each with the unit through which it is reached; never the management's."""
    backend = organization(management)
    if backend is None:
        return {}
    parents = {unit.id: unit.parent_id for unit in backend.ou}
    wanted = set(units)
    found: dict[str, str] = {}
    for account in backend.accounts:
        here: str | None = account.parent_id
        while here is not None and here not in wanted:
            here = parents.get(here)
        if here is not None and account.id != backend.org.master_account_id:
            found[account.id] = here
    return dict(sorted(found.items()))


def check_units(management: str, units: Iterable[str]) -> None:
    backend = organization(management)
    known = set() if backend is None else {unit.id for unit in backend.ou}
    unknown = sorted(set(units) - known)
    if unknown:
        raise Refused(f"Organizational units [{', '.join(unknown)}] do not exist in the organization")


def suspended(management: str, account: str) -> bool:
    backend = organization(management)
    return backend is not None and any(
        member.id == account and member.status == "SUSPENDED" for member in backend.accounts
    )


def forget() -> None:
    _trusted.clear()
