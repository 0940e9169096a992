"""The baseline StackSet in memory.

Service-managed: it deploys to every account in its targets and below, and by itself to those that enter (StackSets
guide, automatic deployments); an account that leaves is no longer listed, its stack stays. An update that fails in an
account leaves that one OUTDATED while the set keeps its new template. Built in: `unreadable` (why), `fails` (reason,
by account, until it is taken out), and `dies_after_create`, a process killed between the set and its targets.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from controller.model.errors import AwsError, StackFailed
from controller.model.observed import Absent, Observed, Present, Unreadable
from controller.model.world import Instance, StackSet
from tests.fakes.organizations import FakeOrganizations


class FakeStackSets:
    def __init__(self, organizations: FakeOrganizations, writes: list[str]) -> None:
        self.organizations = organizations
        self.writes = writes
        self.set: StackSet | None = None
        self.tags: Mapping[str, str] = {}
        self.unreadable = ""
        self.fails: dict[str, str] = {}
        self.dies_after_create = False
        organizations.entered = self.entered

    def read(self, name: str, region: str) -> Observed[StackSet]:
        if self.unreadable:
            return Unreadable(self.unreadable)
        return Absent() if self.set is None else Present(self.set)

    def create(self, name: str, template: bytes, tags: Mapping[str, str]) -> None:
        self.writes.append("create stack set")
        if self.set is not None:
            raise AwsError("NameAlreadyExistsException: the set is there")
        self.set = StackSet(json.loads(template), {}, True, {})
        self.tags = dict(tags)
        if self.dies_after_create:
            raise AwsError("no answer")

    def update(self, name: str, template: bytes, tags: Mapping[str, str], progress: Callable[[str], None]) -> None:
        self.writes.append("update stack set")
        self.set = replace(self._set, template=json.loads(template), automatic=True)
        self._bring(self._set.instances)

    def deploy(self, name: str, units: Sequence[str], regions: Sequence[str], progress: Callable[[str], None]) -> None:
        self.writes.append("deploy stack set")
        progress("RUNNING")
        held = self._set.targets
        targets = {**held, **{unit: tuple(sorted({*held.get(unit, ()), *regions})) for unit in units}}
        self.set = replace(self._set, targets=targets)
        inside = [account for account in self.organizations.members if self._is_target(account)]
        self._bring(account for account in inside if account not in self._set.instances)

    def release(self, name: str, units: Sequence[str], regions: Sequence[str], progress: Callable[[str], None]) -> None:
        self.writes.append("release stack set")
        self.set = replace(self._set, targets={u: r for u, r in self._set.targets.items() if u not in units})
        kept = {account: one for account, one in self._set.instances.items() if self._is_target(account)}
        self.set = replace(self._set, instances=kept)

    def retry(
        self,
        name: str,
        accounts: Sequence[str],
        units: Sequence[str],
        regions: Sequence[str],
        progress: Callable[[str], None],
    ) -> None:
        self.writes.append("retry stack set")
        self._bring(accounts)

    def entered(self, account: str) -> None:
        """What AWS does by itself when an account came or moved."""
        if self.set is None or not self.set.automatic:
            return
        inside = self._is_target(account)
        if inside and account not in self.set.instances:
            self.set = replace(self.set, instances={**self.set.instances, account: self._instance(account)})
        elif not inside:
            left = {other: one for other, one in self.set.instances.items() if other != account}
            self.set = replace(self.set, instances=left)

    def _bring(self, accounts: Iterable[str]) -> None:
        brought = {account: self._instance(account) for account in accounts}
        self.set = replace(self._set, instances=dict(sorted({**self._set.instances, **brought}.items())))
        failed = [account for account in brought if account in self.fails]
        if failed:
            raise StackFailed("set lake-baseline", "SUCCEEDED", f"account {failed[0]}", self.fails[failed[0]])

    def _instance(self, account: str) -> Instance:
        why = self.fails.get(account, "")
        if why:
            return Instance(account, "eu-west-1", "OUTDATED", "FAILED", why)
        return Instance(account, "eu-west-1", "CURRENT", "SUCCEEDED", "")

    def _is_target(self, account: str) -> bool:
        place = self.organizations.path_of(account)
        inside = [unit.id for path, unit in self.organizations.units.items() if f"{place}/".startswith(f"{path}/")]
        return any(unit in self._set.targets for unit in inside)

    @property
    def _set(self) -> StackSet:
        assert self.set is not None, "there is no set"
        return self.set
