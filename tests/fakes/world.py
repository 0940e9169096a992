"""Ports for what only reads: a bucket with what it was given, an organization with its accounts, nothing else."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast

from controller.engine.ports import Ports
from controller.model.index import Index
from controller.model.observed import Absent, Observed, Present
from controller.model.ownership import INDEX_KEY
from controller.model.world import Account, Instance, StackSet, Stored, Tree, Unit


@dataclass
class HeldObjects:
    """One region's code bucket, only for reading; `broken` is what every read answers when it is set."""

    contents: dict[str, bytes] = field(default_factory=dict)
    broken: Observed[Stored] | None = None

    def get(self, key: str, version: str = "") -> Observed[Stored]:
        if self.broken is not None:
            return self.broken
        return Present(Stored(key, "e", "v", self.contents[key])) if key in self.contents else Absent()

    def publish(self, index: Index) -> None:
        self.contents[INDEX_KEY] = index.text()


@dataclass
class SeenOrganization:
    units: Mapping[str, Unit]
    members: Mapping[str, Account]

    def tree(self, paths: Iterable[str]) -> Observed[Tree]:
        return Present(Tree("o-1", "999999999999", Unit("", "r-1", "o-1/r-1/"), self.units))

    def account(self, id: str) -> Observed[Account]:
        return Present(self.members[id]) if id in self.members else Absent()


@dataclass
class SeenBaseline:
    accounts: Iterable[str]
    units: Mapping[str, str] = field(default_factory=dict)  # by account, the id of the unit that it is deployed to

    def read(self, name: str, regions: Collection[str]) -> Observed[StackSet]:
        held = [
            Instance(one, region, "CURRENT", "SUCCEEDED", "", unit=self.units.get(one, ""))
            for one in self.accounts
            for region in regions
        ]
        return Present(StackSet({}, {}, True, {one.place: one for one in held}))


def reading_ports(
    bucket: HeldObjects, organization: SeenOrganization | None = None, baseline: SeenBaseline | None = None
) -> Ports:
    """A port that a test did not name fails loudly when it is used."""
    return Ports(
        organizations=cast(Any, organization),
        stacks=cast(Any, None),
        stack_sets=cast(Any, baseline),
        bucket=cast(Callable[[str], Any], lambda region: bucket),
        silos=cast(Any, None),
        create_only=lambda kind: frozenset(),
        now=lambda: datetime(2026, 1, 1, tzinfo=UTC),
        monotonic=lambda: 0.0,
        sleep=cast(Callable[[float], None], None),
        owner=dict,
        alive=lambda holder: None,
    )
