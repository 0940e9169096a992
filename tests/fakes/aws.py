"""All fakes together: one AWS in memory that the engine can plan and apply against."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from controller.aws.resource_types import create_only
from controller.engine.events import Event
from controller.engine.ports import Bucket, Ports
from controller.model.ownership import STATE
from controller.resolve.lake import Lake
from tests.fakes.bucket import FakeBucket
from tests.fakes.organizations import FakeOrganizations
from tests.fakes.silos import FakeSilos
from tests.fakes.stacks import FakeStacks
from tests.fakes.stacksets import FakeStackSets


class Recorder:
    """A listener that keeps what it heard."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def send(self, event: Event) -> None:
        self.events.append(event)


class FakeAws:
    """The organization of a lake whose named accounts are in their units, and nothing else.

    `writes` has every write in its order, tried or done; `clock` is what the engine takes for the time.
    """

    def __init__(self, lake: Lake) -> None:
        organization = lake.organization
        self.writes: list[str] = []
        self.organizations = FakeOrganizations(organization.master_account, self.writes)
        self.stacks = FakeStacks(self.writes)
        self.stack_sets = FakeStackSets(self.organizations, self.writes)
        self.buckets = {region: FakeBucket(region, self.writes, made=False) for region in organization.regions}
        self.home = self.buckets[organization.home_region]
        self.clock = datetime(2026, 1, 31, 12, tzinfo=UTC)
        self.silos: FakeSilos = FakeSilos()
        self.owner: dict[str, Any] = {"user": "ci", "host": "builder", "pid": 4711}
        self.living: dict[int, bool] = {}
        self.stacks.made = self._made
        for path in organization.units:
            self.organizations.add_unit(path)
        for silo in lake.silos.values():
            if isinstance(silo.account, str):
                self.organizations.add_account(silo.account, silo.organizational_unit, silo.name)

    @property
    def ports(self) -> Ports:
        return Ports(
            organizations=self.organizations,
            stacks=self.stacks,
            stack_sets=self.stack_sets,
            bucket=self.bucket,
            silos=self.silos,
            create_only=create_only,
            now=lambda: self.clock,
            monotonic=lambda: self.clock.timestamp(),
            sleep=lambda seconds: self.later(seconds=seconds),
            owner=lambda: dict(self.owner),
            alive=lambda holder: self.living.get(holder["pid"]) if "pid" in holder else None,
        )

    def bucket(self, region: str) -> Bucket:
        return self.buckets[region]

    def later(self, **delta: float) -> None:
        self.clock += timedelta(**delta)

    def end_state(self) -> dict[str, Any]:
        """All that lasts, without what may differ between two ways to the same end: versions and times."""
        found = self.stack_sets.set
        return {
            "units": sorted(self.organizations.units),
            "accounts": {one.name: self.organizations.path_of(one.id) for one in self.organizations.members.values()},
            "masters": {region: (one.template, one.parameters) for region, one in self.stacks.stacks.items()},
            "baseline": found and (found.template, found.targets, found.instances),
            "objects": {
                f"{region}/{key}": content
                for region, bucket in self.buckets.items()
                for key, content in bucket.objects().items()
                if not key.startswith(STATE)
            },
        }

    def _made(self, region: str) -> None:
        self.buckets[region].made = True
