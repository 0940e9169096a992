"""Which guards hold: those of the manifests, but none weaker than the last apply left them.

What a change would lift for itself holds no longer only when that change was applied alone.
"""

from __future__ import annotations

from collections.abc import Iterator

from controller.engine.draft import Draft
from controller.kinds.organization import Guards
from controller.model.index import GuardsApplied, Index
from controller.model.observed import Observed, Present
from controller.plan.step import RecordGuards
from controller.resolve.lake import Lake


def asked(lake: Lake) -> GuardsApplied:
    """The guards that the manifests ask for, and the addresses that they give up to be destroyed."""
    guards = lake.organization.guards
    given = (f"silo/{silo.name}/{address}" for silo in lake.silos.values() for address in silo.release.allow_destroy)
    return GuardsApplied(guards.max_silos_changed, guards.protect_data, tuple(sorted(given)))


def in_force(lake: Lake, index: Index) -> tuple[Guards, frozenset[str]]:
    """Of each guard the stricter of the last applied and the asked for; addresses only where both give them up."""
    new = asked(lake)
    old = index.guards or new
    guards = Guards(min(old.max_silos_changed, new.max_silos_changed), old.protect_data or new.protect_data)
    return guards, frozenset(old.allow_destroy) & frozenset(new.allow_destroy)


def plan_guards(draft: Draft, lake: Lake, index: Observed[Index]) -> None:
    """An apply leaves its guards in the index; where silos are published it does so anyway."""
    if not isinstance(index, Present) or index.value.guards == asked(lake):
        return
    draft.steps.append(RecordGuards("index/guards"))
    if index.value.guards is not None:
        draft.notes.extend(
            f"guards: {what} from the next apply on" for what in _weaker(index.value.guards, asked(lake))
        )


def _weaker(old: GuardsApplied, new: GuardsApplied) -> Iterator[str]:
    if new.max_silos_changed > old.max_silos_changed:
        yield f"maxSilosChanged is {old.max_silos_changed} and counts as {new.max_silos_changed}"
    if old.protect_data and not new.protect_data:
        yield "protectData is true and counts as false"
    for address in sorted({*new.allow_destroy} - {*old.allow_destroy}):
        yield f"{address} may be destroyed"
