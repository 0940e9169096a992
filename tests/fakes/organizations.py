"""AWS Organizations in memory.

A unit's name is unique below its parent, an account's e-mail address among all accounts, and a move names the parent
that the account is in (Organizations API reference). Only the management account's role may write. `entered` hears of
every account that comes into another place. Built in: `unreadable` (why, by `tree`, `accounts`, `residents` or an
account's id), `refused` (why, by write), and a creation that takes its time: `creation_dies` makes an account and then
fails, as a process does that is killed while it waits; `creating` hears of each one that has begun.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from threading import RLock

from controller.model.errors import AwsError
from controller.model.observed import Absent, Observed, Present, Unreadable
from controller.model.world import Account, Resident, Tree, Unit

MANAGEMENT = "999999999999"
ROOT = Unit("", "r-root", "o-lake/r-root/")


class FakeOrganizations:
    def __init__(self, caller: str, writes: list[str]) -> None:
        self.account_of_caller = caller
        self.writes = writes
        self.reads: list[str] = []
        self.units: dict[str, Unit] = {}
        self.members: dict[str, Account] = {}
        self.unreadable: dict[str, str] = {}
        self.refused: dict[str, str] = {}
        self.creation_dies = False
        self.creating: Callable[[], object] = lambda: None
        self.in_organization = True
        self._lock = RLock()
        self.entered: Callable[[str], object] = lambda account: None

    def caller(self) -> str:
        return self.account_of_caller

    def tree(self, paths: Iterable[str]) -> Observed[Tree]:
        wanted = sorted(set(paths))
        self.reads.append("tree")
        if "tree" in self.unreadable:
            return Unreadable(self.unreadable["tree"])
        if not self.in_organization:
            return Absent()
        ways = {"/".join(path.split("/")[:depth]) for path in wanted for depth in range(path.count("/") + 1)}
        seen = {path: unit for path, unit in sorted(self.units.items()) if path.rpartition("/")[0] in ways}
        return Present(Tree("o-lake", MANAGEMENT, ROOT, seen))

    def accounts(self) -> Observed[Sequence[Account]]:
        self.reads.append("accounts")
        if "accounts" in self.unreadable:
            return Unreadable(self.unreadable["accounts"])
        return Present([replace(account, parent="") for account in self.members.values()])

    def account(self, id: str) -> Observed[Account]:
        self.reads.append(f"account {id}")
        if id in self.unreadable:
            return Unreadable(self.unreadable[id])
        return Present(self.members[id]) if id in self.members else Absent()

    def residents(self, tops: Sequence[Unit]) -> Observed[Sequence[Resident]]:
        self.reads.append("residents")
        if "residents" in self.unreadable:
            return Unreadable(self.unreadable["residents"])
        inside = {
            unit.id: unit for unit in self.units.values() if any(unit.id_path.startswith(one.id_path) for one in tops)
        }
        housed = (account for account in self.members.values() if account.parent in inside)
        return Present([Resident(account, inside[account.parent]) for account in housed])

    def create_unit(self, parent: Unit, name: str, management: str) -> Unit:
        path = f"{parent.path}/{name}" if parent.path else name
        self._writes(f"create unit {path}", management)
        if path in self.units:
            raise AwsError(f"DuplicateOrganizationalUnitException: {path}")
        return self.add_unit(path)

    def create_account(self, name: str, email: str, management: str) -> str:
        self._writes(f"create account {name}", management)
        self.creating()
        with self._lock:
            if any(account.email.lower() == email.lower() for account in self.members.values()):
                raise AwsError(f"account {name} was not created: EMAIL_ALREADY_EXISTS")
            made = f"3{len(self.members):011}"
            self.add_account(made, "", name, email)
        if self.creation_dies:
            raise AwsError("no answer: the account is being created")
        return made

    def move(self, account: str, source: str, target: str, management: str) -> None:
        self._writes(f"move account {account}", management)
        if self.members[account].parent != source:
            raise AwsError("SourceParentNotFoundException: the account is not there")
        self.members[account] = replace(self.members[account], parent=target)
        self.entered(account)

    def add_unit(self, path: str) -> Unit:
        """Make a unit and those on the way to it."""
        parent, _, name = path.rpartition("/")
        above = ROOT if not parent else self.units.get(parent) or self.add_unit(parent)
        made = f"ou-root-{len(self.units):04}"
        self.units[path] = Unit(f"{parent}/{name}" if parent else name, made, f"{above.id_path}{made}/")
        return self.units[path]

    def add_account(self, id: str, unit: str, name: str = "", email: str = "", state: str = "ACTIVE") -> None:
        parent = (self.units.get(unit) or self.add_unit(unit)).id if unit else ROOT.id
        self.members[id] = Account(id, name or f"account-{id}", email or f"{id}@lake.example", state, parent)
        self.entered(id)

    def path_of(self, account: str) -> str:
        """The unit that an account is in; empty for the root."""
        parent = self.members[account].parent
        return next((path for path, unit in self.units.items() if unit.id == parent), "")

    def _writes(self, what: str, management: str) -> None:
        self.writes.append(what)
        if management != MANAGEMENT:
            raise AwsError("AccessDeniedException: only the management account may")
        for word, why in self.refused.items():
            if what.startswith(word):
                raise AwsError(why)
