"""The organization as an apply found it, and what it adds: units and accounts that later steps of the same run need."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from controller.diff.change import Later
from controller.engine.masters import master_parameters
from controller.engine.plan import Prepared
from controller.engine.ports import Organizations
from controller.kinds.silo import NewAccount
from controller.model.errors import PlanStale
from controller.model.world import Account, Tree
from controller.plan.step import CreateAccount, CreateUnit, MoveAccount


class Estate:
    def __init__(self, prepared: Prepared, organizations: Organizations) -> None:
        self._prepared = prepared
        self._organizations = organizations
        self._found = prepared.tree
        self._accounts = dict(prepared.accounts)

    def create_unit(self, step: CreateUnit) -> None:
        tree = self._tree
        parent_path, _, name = step.path.rpartition("/")
        parent = tree.units[parent_path] if parent_path else tree.root
        made = self._organizations.create_unit(parent, name, tree.management_account)
        self._found = replace(tree, units={**tree.units, made.path: made})

    def create_account(self, step: CreateAccount) -> None:
        made = self._organizations.create_account(step.name, step.email, self._tree.management_account)
        self._accounts[step.silo] = Account(made, step.name, step.email, "ACTIVE", self._tree.root.id)

    def move(self, step: MoveAccount) -> None:
        account, target = self._accounts[step.silo], self._tree.units[step.unit]
        self._organizations.move(account.id, account.parent, target.id, self._tree.management_account)
        self._accounts[step.silo] = replace(account, parent=target.id)

    def account_of(self, silo: str) -> str:
        found = self._accounts.get(silo)
        if found is not None:
            return found.id
        account = self._prepared.lake.member(silo).account
        if isinstance(account, NewAccount):
            return self._prepared.index.silos[silo].account
        return account

    def parameters(self) -> dict[str, str]:
        """What the master's stack is given."""
        said = master_parameters(self._prepared.lake, self._found)
        missing = [name for name, value in said.items() if isinstance(value, Later)]
        if missing or not said:
            raise PlanStale(f"{', '.join(missing) or 'the organization'} is not known yet: plan again")
        return {name: str(value) for name, value in said.items()}

    def unit_ids(self, paths: Iterable[str]) -> list[str]:
        return [self._tree.units[path].id for path in sorted(paths)]

    @property
    def _tree(self) -> Tree:
        if self._found is None:
            raise PlanStale("the organization could not be read: plan again")
        return self._found
