"""Silos' accounts in memory: what is not put in is absent, and an account that is cut off answers nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from controller.model.live import (
    FailedResource,
    LiveDrift,
    LivePipeline,
    LiveResource,
    LiveStack,
    LiveTable,
    Place,
    SharedTable,
)
from controller.model.observed import Absent, Observed, Present, Unreadable

T = TypeVar("T")


@dataclass
class FakeSilos:
    """Keys are (account, name of the pipeline, stack or bucket)."""

    pipelines: dict[tuple[str, str], LivePipeline] = field(default_factory=dict)
    stacks: dict[tuple[str, str], LiveStack] = field(default_factory=dict)
    failures: dict[tuple[str, str], FailedResource] = field(default_factory=dict)
    listed: dict[tuple[str, str], Sequence[LiveResource]] = field(default_factory=dict)
    templates: dict[tuple[str, str], Mapping[str, Any]] = field(default_factory=dict)
    drifts: dict[tuple[str, str], Sequence[LiveDrift]] = field(default_factory=dict)
    policies: dict[tuple[str, str], Mapping[str, Any]] = field(default_factory=dict)
    catalogs: dict[tuple[str, str], Mapping[str, LiveTable]] = field(default_factory=dict)  # by database
    crawling: set[tuple[str, str]] = field(default_factory=set)
    unshared: dict[str, str] = field(default_factory=dict)  # table -> why nobody can read it
    refused: dict[str, str] = field(default_factory=dict)  # stack -> why its drift cannot be detected
    cut_off: set[str] = field(default_factory=set)

    def _answer(self, held: Mapping[tuple[str, str], T], place: Place, name: str) -> Observed[T]:
        if place.account in self.cut_off:
            return Unreadable("AccessDenied (sts:AssumeRole)")
        key = (place.account, name)
        return Present(held[key]) if key in held else Absent()

    def pipeline(self, place: Place, name: str) -> Observed[LivePipeline]:
        return self._answer(self.pipelines, place, name)

    def stack(self, place: Place, name: str) -> Observed[LiveStack]:
        return self._answer(self.stacks, place, name)

    def failure(self, place: Place, stack: str) -> Observed[FailedResource]:
        return self._answer(self.failures, place, stack)

    def resources(self, place: Place, stack: str) -> Observed[Sequence[LiveResource]]:
        return self._answer(self.listed, place, stack)

    def survivors(self, place: Place, prefix: str) -> Observed[Sequence[str]]:
        return Present(
            tuple(name for account, name in self.stacks if account == place.account and name.startswith(prefix))
        )

    def template(self, place: Place, stack: str) -> Observed[Mapping[str, Any]]:
        return self._answer(self.templates, place, stack)

    def drift(self, place: Place, stack: str) -> Observed[Sequence[LiveDrift]]:
        if stack in self.refused:
            return Unreadable(self.refused[stack])
        found = self._answer(self.drifts, place, stack)
        return Present(()) if isinstance(found, Absent) else found

    def catalog_policy(self, place: Place) -> Observed[Mapping[str, Any]]:
        return self._answer(self.policies, place, "catalog")

    def tables(self, place: Place, database: str) -> Observed[Mapping[str, LiveTable]]:
        return self._answer(self.catalogs, place, database)

    def crawlers(self, place: Place) -> Observed[frozenset[str]]:
        return Present(frozenset(name for account, name in self.crawling if account == place.account))

    def read_shared(self, place: Place, table: SharedTable) -> Observed[None]:
        return Unreadable(self.unshared[table.name]) if table.name in self.unshared else Present(None)

    def bucket_policy(self, place: Place, bucket: str) -> Observed[Mapping[str, Any]]:
        return self._answer(self.policies, place, bucket)
