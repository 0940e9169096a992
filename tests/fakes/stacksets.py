"""The baseline StackSet in memory.

Service-managed: it deploys to every account in its targets and below, and by itself to those that enter (StackSets
guide, automatic deployments); an account that leaves is no longer listed, its stack stays. An update that fails in an
account leaves that one OUTDATED while the set keeps its new template. Built in: `unreadable` (why), `fails` (reason,
by account or by account/region, until it is taken out), and `dies_after_create`, a process killed between the set and
its targets.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from controller.model.errors import AwsError, StackFailed
from controller.model.observed import Absent, Observed, Present, Unreadable
from controller.model.world import Instance, StackSet
from tests.fakes.organizations import FakeOrganizations


class FakeStackSets:
    def __init__(self, organizations: FakeOrganizations, writes: list[str]) -> None:
        self.organizations = organizations
        self.writes = writes
        self.reads: list[str] = []  # regions whose instances were listed
        self.set: StackSet | None = None
        self.unreadable = ""
        self.fails: dict[str, str] = {}
        self.dies_after_create = False
        organizations.entered = self.entered

    def read(self, name: str, regions: Collection[str]) -> Observed[StackSet]:
        self.reads.extend(sorted(regions))
        if self.unreadable:
            return Unreadable(self.unreadable)
        if self.set is None:
            return Absent()
        asked = {place: one for place, one in self.set.instances.items() if one.region in regions}
        return Present(replace(self.set, instances=asked))

    def create(self, name: str, template: bytes, tags: Mapping[str, str]) -> None:
        self.writes.append("create stack set")
        if self.set is not None:
            raise AwsError("NameAlreadyExistsException: the set is there")
        self.set = StackSet(json.loads(template), {}, True, {}, dict(tags))
        if self.dies_after_create:
            raise AwsError("no answer")

    def update(self, name: str, template: bytes, tags: Mapping[str, str], progress: Callable[[str], None]) -> None:
        self.writes.append("update stack set")
        self.set = replace(self._set, template=json.loads(template), automatic=True, tags=dict(tags))
        self._bring(self._set.instances)

    def deploy(self, name: str, units: Sequence[str], regions: Sequence[str], progress: Callable[[str], None]) -> None:
        self.writes.append("deploy stack set")
        progress("RUNNING")
        held = self._set.targets
        targets = {**held, **{unit: tuple(sorted({*held.get(unit, ()), *regions})) for unit in units}}
        self.set = replace(self._set, targets=targets)
        wanted = [place for account in self.organizations.members for place in self._places(account)]
        self._bring(place for place in wanted if place not in self._set.instances)

    def release(self, name: str, units: Sequence[str], regions: Sequence[str], progress: Callable[[str], None]) -> None:
        self.writes.append("release stack set")
        gone = {unit: frozenset(regions) for unit in units}
        left = {u: tuple(one for one in r if one not in gone.get(u, ())) for u, r in self._set.targets.items()}
        self.set = replace(self._set, targets={unit: held for unit, held in left.items() if held})
        kept = {place: one for place, one in self._set.instances.items() if place in self._places(place[0])}
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
        self._bring(place for place in self._set.instances if place[0] in accounts)

    def entered(self, account: str) -> None:
        """What AWS does by itself when an account came or moved."""
        if self.set is None or not self.set.automatic:
            return
        others = {place: one for place, one in self.set.instances.items() if place[0] != account}
        held = self.set.instances
        its = {place: held.get(place) or self._instance(*place) for place in self._places(account)}
        self.set = replace(self.set, instances={**others, **its})

    def _bring(self, places: Iterable[tuple[str, str]]) -> None:
        brought = {place: self._instance(*place) for place in places}
        self.set = replace(self._set, instances=dict(sorted({**self._set.instances, **brought}.items())))
        failed = [one for one in brought.values() if one.status != "CURRENT"]
        if failed:
            raise StackFailed("set lake-baseline", "SUCCEEDED", f"account {failed[0].account}", failed[0].reason)

    def _instance(self, account: str, region: str) -> Instance:
        why = self.fails.get(account) or self.fails.get(f"{account}/{region}", "")
        unit = next((one for one in self._above(account) if one in self._set.targets), "")
        if why:
            return Instance(account, region, "OUTDATED", "FAILED", why, unit)
        return Instance(account, region, "CURRENT", "SUCCEEDED", "", unit)

    def _above(self, account: str) -> list[str]:
        """The ids of the units that the account is in or below."""
        place = self.organizations.path_of(account)
        return [unit.id for path, unit in self.organizations.units.items() if f"{place}/".startswith(f"{path}/")]

    def _places(self, account: str) -> list[tuple[str, str]]:
        """Where the targets want it: the account with each region of the units that it is below."""
        inside = self._above(account)
        return [(account, region) for region in sorted({r for u in inside for r in self._set.targets.get(u, ())})]

    @property
    def _set(self) -> StackSet:
        assert self.set is not None, "there is no set"
        return self.set
