"""AWS Organizations: units by their names, accounts with their places, and what creates and moves them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from controller.aws.client import Clients
from controller.aws.errors import observed, translated
from controller.model.errors import AwsError
from controller.model.observed import Observed
from controller.model.ownership import ORGANIZATION_ROLE, role_arn
from controller.model.world import Account, Resident, Tree, Unit

CREATION_SECONDS = 600  # how long a CreateAccount may take before we stop waiting; a re-run goes on waiting


class AwsOrganizations:
    """Reads as the master (a delegated administrator may), writes through a role of the management account."""

    def __init__(self, clients: Clients, region: str, sleep: Callable[[float], None] = time.sleep) -> None:
        self._clients = clients
        self._region = region
        self._sleep = sleep

    @property
    def _api(self) -> Any:
        return self._clients.of("organizations", self._region)

    def _manager(self, management: str) -> Any:
        return self._clients.of("organizations", self._region, role_arn(management, ORGANIZATION_ROLE))

    def caller(self) -> str:
        with translated("sts"):
            return str(self._clients.of("sts", self._region).get_caller_identity()["Account"])

    def tree(self, paths: Iterable[str]) -> Observed[Tree]:
        absent = frozenset({"AWSOrganizationsNotInUseException"})
        return observed("organizations", absent, lambda: self._tree(sorted(set(paths))))

    def _tree(self, paths: Sequence[str]) -> Tree:
        organization = self._api.describe_organization()["Organization"]
        root_id = self._pages("list_roots", "Roots")[0]["Id"]
        root = Unit("", root_id, f"{organization['Id']}/{root_id}/")
        found: dict[str, Unit] = {"": root}
        listed: set[str] = set()
        for path in paths:
            names = path.split("/")
            for depth in range(len(names)):
                parent = found.get("/".join(names[:depth]))
                if parent is None:
                    break
                if parent.path not in listed:
                    listed.add(parent.path)
                    found.update({unit.path: unit for unit in self._children(parent)})
        units = {path: unit for path, unit in sorted(found.items()) if path}
        return Tree(organization["Id"], organization["MasterAccountId"], root, units)

    def _children(self, parent: Unit) -> list[Unit]:
        listed = self._pages("list_organizational_units_for_parent", "OrganizationalUnits", ParentId=parent.id)
        return [_below(parent, unit["Name"], unit["Id"]) for unit in listed]

    def _pages(self, operation: str, key: str, **arguments: str) -> list[Any]:
        # Pages may come empty and still have a successor (botocore model, ListAccountsForParent).
        pages = self._api.get_paginator(operation).paginate(**arguments)
        return [item for page in pages for item in page[key]]

    def accounts(self) -> Observed[Sequence[Account]]:
        return observed(
            "organizations",
            frozenset(),
            lambda: [_account(entry, "") for entry in self._pages("list_accounts", "Accounts")],
        )

    def account(self, id: str) -> Observed[Account]:
        return observed("organizations", frozenset({"AccountNotFoundException"}), lambda: self._account(id))

    def _account(self, id: str) -> Account:
        entry = self._api.describe_account(AccountId=id)["Account"]
        parent = self._pages("list_parents", "Parents", ChildId=id)[0]["Id"]
        return _account(entry, parent)

    def residents(self, tops: Sequence[Unit]) -> Observed[Sequence[Resident]]:
        return observed("organizations", frozenset(), lambda: [one for top in tops for one in self._within(top)])

    def _within(self, unit: Unit) -> Iterator[Resident]:
        for entry in self._pages("list_accounts_for_parent", "Accounts", ParentId=unit.id):
            yield Resident(_account(entry, unit.id), unit)
        for child in self._children(unit):
            yield from self._within(child)

    def create_unit(self, parent: Unit, name: str, management: str) -> Unit:
        with translated("organizations"):
            made = self._manager(management).create_organizational_unit(ParentId=parent.id, Name=name)
        return _below(parent, name, made["OrganizationalUnit"]["Id"])

    def create_account(self, name: str, email: str, management: str) -> str:
        """A creation that an earlier run started is waited for: AWS refuses a second account of one address.

        It tells only the name of what it creates (botocore model, CreateAccountStatus): whose address it has is seen
        when it is there, and one of another address was somebody else's.
        """
        api = self._manager(management)
        with translated("organizations"):
            under_way = [
                status
                for page in api.get_paginator("list_create_account_status").paginate(States=["IN_PROGRESS"])
                for status in page["CreateAccountStatuses"]
                if status.get("AccountName") == name
            ]
            for begun in under_way:
                ended = self._created(api, begun)
                if ended["State"] == "IN_PROGRESS":
                    raise _not_created(name, ended)
                if ended["State"] == "SUCCEEDED" and self._has(str(ended["AccountId"]), email):
                    return str(ended["AccountId"])
            status = self._created(api, api.create_account(AccountName=name, Email=email)["CreateAccountStatus"])
        if status["State"] != "SUCCEEDED":
            raise _not_created(name, status)
        return str(status["AccountId"])

    def _created(self, api: Any, status: Mapping[str, Any]) -> Mapping[str, Any]:
        waited = 0.0
        while status["State"] == "IN_PROGRESS" and waited < CREATION_SECONDS:
            self._sleep(2)
            waited += 2
            status = api.describe_create_account_status(CreateAccountRequestId=status["Id"])["CreateAccountStatus"]
        return status

    def _has(self, account: str, email: str) -> bool:
        found = self._api.describe_account(AccountId=account)["Account"]["Email"]
        return str(found).lower() == email.lower()

    def move(self, account: str, source: str, target: str, management: str) -> None:
        with translated("organizations"):
            self._manager(management).move_account(AccountId=account, SourceParentId=source, DestinationParentId=target)


def _not_created(name: str, status: Mapping[str, Any]) -> AwsError:
    reason = status.get("FailureReason") or f"still {status['State']} after {CREATION_SECONDS} s"
    return AwsError(f"account {name} was not created: {reason}", service="organizations", operation="CreateAccount")


def _below(parent: Unit, name: str, id: str) -> Unit:
    return Unit(f"{parent.path}/{name}" if parent.path else name, id, f"{parent.id_path}{id}/")


def _account(entry: dict[str, Any], parent: str) -> Account:
    # `Status` is announced to go; `State` takes its place (botocore model, organizations/Account).
    return Account(entry["Id"], entry["Name"], entry["Email"], entry.get("State") or entry["Status"], parent)
