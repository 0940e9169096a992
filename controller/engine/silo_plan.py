"""What a plan has for one silo or consumer: its changes, and the step that publishes it or corrects the index."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from controller.diff.change import Change, Verb
from controller.engine.baseline import UNITS
from controller.engine.draft import Draft
from controller.model.ownership import bundle_key, site_key
from controller.model.world import Stored
from controller.plan.plan import Guard
from controller.plan.step import Publish, Record


@dataclass(frozen=True, slots=True)
class Lying:
    """The heads of what the bucket's listing has for an account, None where it has none."""

    bundle: Stored | None = None
    site: Stored | None = None

    @classmethod
    def of(cls, listing: Mapping[str, Stored], account: str) -> Lying:
        return cls(listing.get(bundle_key(account)), listing.get(site_key(account))) if account else cls()


@dataclass(frozen=True, slots=True)
class SiloPlan:
    changes: tuple[Change, ...] = ()
    notes: tuple[str, ...] = ()
    publish: Publish | None = None
    record: Record | None = None
    guards: tuple[Guard, ...] = ()
    refused: bool = False  # it was published, and rolled back

    def after(self, needs: tuple[str, ...]) -> SiloPlan:
        """A bundle waits for the baseline, but not for its success: where one account fails, all others go on.

        The index says of an account only after its move that it is where the manifest wants it.
        """
        publish = self.publish and replace(self.publish, needs=needs, after=(UNITS,))
        return replace(self, publish=publish, record=self.record and replace(self.record, needs=needs))

    def join(self, draft: Draft) -> None:
        draft.changes.extend(self.changes)
        draft.notes.extend(self.notes)
        draft.guards.extend(self.guards)
        draft.steps.extend(step for step in (self.publish, self.record) if step is not None)


def blocked(address: str, reason: str) -> SiloPlan:
    return SiloPlan((Change(address, "bundle", Verb.BLOCKED, reason),))
