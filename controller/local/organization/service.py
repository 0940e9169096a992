"""What moto's Organizations lacks: paths, pages of 20, who may call what, and word of accounts that come or move.

Sources: botocore model of Organizations (members, page sizes); Organizations user guide (delegated administrators may
read, only the management account may change).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from moto.organizations import models, responses
from moto.organizations.exceptions import DuplicateOrganizationalUnitException
from moto.organizations.exceptions import OrganizationsClientError as Refused
from moto.organizations.utils import PAGINATION_MODEL

from controller.local.organization.seed import digits, next_account_id
from controller.local.organization.tree import PARTITION, parent_path

PAGE = 20  # botocore model, organizations/MaxResults

_listeners: list[Callable[[], None]] = []
_installed = False


def install(*changed: Callable[[], None]) -> None:
    """Mend moto's Organizations, once a process; each of `changed` is called after an account came, moved or left."""
    global _installed
    _listeners[:] = changed
    if _installed:
        return
    _installed = True
    for operation in ("list_accounts", "list_accounts_for_parent", "list_organizational_units_for_parent"):
        PAGINATION_MODEL[operation].update({"limit_default": PAGE, "fail_on_invalid_token": False})
    PAGINATION_MODEL["list_accounts"]["unique_attribute"] = "Id"  # accounts of one second share their timestamp
    _describe_paths()
    _decide_callers()
    _create_as_aws()
    _tell_changes()
    _page_children()


def _changed() -> None:
    for listener in _listeners:
        listener()


def _describe_paths() -> None:
    account_before, unit_before = models.FakeAccount.describe, models.FakeOrganizationalUnit.describe

    def account(self: Any) -> dict[str, Any]:
        backend = models.organizations_backends[self.master_account_id][PARTITION]
        path = f"{parent_path(backend, self.parent_id)}{self.id}/"
        return {**account_before(self), "Paths": [path]}

    def unit(self: Any) -> dict[str, Any]:
        backend = models.organizations_backends[self.master_account_id][PARTITION]
        described = unit_before(self)["OrganizationalUnit"]
        return {"OrganizationalUnit": {**described, "Path": parent_path(backend, self.id)}}

    def units_of_parent(self: Any) -> str:
        units, token = self.organizations_backend.list_organizational_units_for_parent(
            max_results=self._get_int_param("MaxResults"),
            next_token=self._get_param("NextToken"),
            parent_id=self._get_param("ParentId"),
        )
        described = [one.describe()["OrganizationalUnit"] for one in units]
        return json.dumps({"OrganizationalUnits": described, "NextToken": token})

    models.FakeAccount.describe = account
    models.FakeOrganizationalUnit.describe = unit
    responses.OrganizationsResponse.list_organizational_units_for_parent = units_of_parent


def _decide_callers() -> None:
    def backend(self: Any) -> Any:
        own = models.organizations_backends[self.current_account][PARTITION]
        management = models.organizations_backends.master_accounts.get(self.current_account)
        action = self._get_action()
        if own.org is not None or management is None or action == "DescribeOrganization":
            return own
        theirs = models.organizations_backends[management[0]][PARTITION]
        delegated = any(admin.account.id == self.current_account for admin in theirs.admins)
        if delegated and action.startswith(("List", "Describe")):
            return theirs
        raise Refused("AccessDeniedException", "You don't have permissions to access this resource.")

    responses.OrganizationsResponse.organizations_backend = property(backend)


def _create_as_aws() -> None:
    """Ids that follow from the e-mail address, which no two accounts share, and units that no two names share."""
    create_account = models.OrganizationsBackend.create_account
    describe_status = models.OrganizationsBackend.describe_create_account_status
    create_unit = models.OrganizationsBackend.create_organizational_unit

    def account(self: Any, **request: Any) -> dict[str, Any]:
        if self.org is not None and any(one.email == request["Email"] for one in self.accounts):
            failed = {"Id": f"car-{digits(request['Email'], 12)}", "AccountName": request["AccountName"]}
            return {"CreateAccountStatus": {**failed, "State": "FAILED", "FailureReason": "EMAIL_ALREADY_EXISTS"}}
        wanted = "3" + digits(f"{self.org and self.org.id} {request['Email']}", 11)
        with next_account_id(wanted):
            status: dict[str, Any] = create_account(self, **request)
        return status

    def status(self: Any, **request: Any) -> dict[str, Any]:
        refused = [one for one in self.accounts if f"car-{digits(one.email, 12)}" == request["CreateAccountRequestId"]]
        if refused:
            failed = {"Id": request["CreateAccountRequestId"], "AccountName": refused[0].name, "State": "FAILED"}
            return {"CreateAccountStatus": {**failed, "FailureReason": "EMAIL_ALREADY_EXISTS"}}
        found: dict[str, Any] = describe_status(self, **request)
        return found

    def unit(self: Any, **request: Any) -> dict[str, Any]:
        if any(one.parent_id == request["ParentId"] and one.name == request["Name"] for one in self.ou):
            raise DuplicateOrganizationalUnitException
        made: dict[str, Any] = create_unit(self, **request)
        return made

    models.OrganizationsBackend.create_account = account
    models.OrganizationsBackend.describe_create_account_status = status
    models.OrganizationsBackend.create_organizational_unit = unit


def _tell_changes() -> None:
    move = models.OrganizationsBackend.move_account
    create = models.OrganizationsBackend.create_account
    remove = models.OrganizationsBackend.remove_account_from_organization

    def moved(self: Any, **request: Any) -> None:
        if self.get_account_by_id(request["AccountId"]).parent_id != request["SourceParentId"]:
            raise Refused("SourceParentNotFoundException", "You specified a source parent that doesn't exist.")
        move(self, **request)
        _changed()

    def created(self: Any, **request: Any) -> dict[str, Any]:
        status: dict[str, Any] = create(self, **request)
        _changed()
        return status

    def removed(self: Any, **request: Any) -> None:
        remove(self, **request)
        models.organizations_backends.master_accounts.pop(request["AccountId"], None)
        _changed()

    models.OrganizationsBackend.move_account = moved
    models.OrganizationsBackend.create_account = created
    models.OrganizationsBackend.remove_account_from_organization = removed


def _page_children() -> None:
    children = models.OrganizationsBackend.list_children

    def paged(self: Any, **request: Any) -> dict[str, Any]:
        found: list[dict[str, Any]] = children(self, **request)["Children"]
        start = int(request.get("NextToken") or 0)
        end = start + int(request.get("MaxResults") or PAGE)
        return {"Children": found[start:end], "NextToken": str(end) if end < len(found) else None}

    models.OrganizationsBackend.list_children = paged
