"""Which guards hold: those of the manifests, but none weaker than the last apply left them.

What a change would lift for itself holds no longer only when that change was applied alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from controller.engine.draft import Draft
from controller.kinds.organization import Guards, Rollout, Wave
from controller.model.index import GuardsApplied, Index, WaveApplied
from controller.model.observed import Observed, Present
from controller.plan.step import RecordGuards
from controller.resolve.lake import Lake
from controller.resolve.waves import wave_of, waves_of


def asked(lake: Lake) -> GuardsApplied:
    """The guards that the manifests ask for, and the addresses that they give up to be destroyed."""
    guards, rollout = lake.organization.guards, lake.organization.rollout
    waves = tuple(WaveApplied(one.name, dict(one.match_labels), one.percent) for one in rollout.waves)
    given = (f"silo/{silo.name}/{address}" for silo in lake.silos.values() for address in silo.release.allow_destroy)
    addresses = tuple(sorted(given))
    return GuardsApplied(guards.max_silos_changed, guards.protect_data, addresses, waves, rollout.bake_seconds)


def in_force(lake: Lake, index: Index) -> tuple[Guards, frozenset[str]]:
    """Of each guard the stricter of the last applied and the asked for; addresses only where both give them up."""
    new = asked(lake)
    old = index.guards or new
    guards = Guards(min(old.max_silos_changed, new.max_silos_changed), old.protect_data or new.protect_data)
    return guards, frozenset(old.allow_destroy) & frozenset(new.allow_destroy)


def paced(lake: Lake, index: Index) -> Lake:
    """The lake with the waves and the bake that hold: those of the last apply, where the manifests' would be faster.

    Waves are faster where somebody need not wait any more for one that came before.
    """
    old, rollout = index.guards, lake.organization.rollout
    if old is None or not old.waves:
        return lake
    waves = tuple(Wave(one.name, one.match_labels, one.percent) for one in old.waves)
    before = _with(lake, replace(rollout, waves=waves, bake_seconds=max(old.bake_seconds, rollout.bake_seconds)))
    return before if _faster(lake, before) else _with(before, replace(before.organization.rollout, waves=rollout.waves))


def _with(lake: Lake, rollout: Rollout) -> Lake:
    return replace(lake, organization=replace(lake.organization, rollout=rollout))


def _faster(new: Lake, old: Lake) -> bool:
    number, latest = wave_of(new), -1  # the last of the new waves that somebody of an earlier old one is in
    for members in waves_of(old):
        numbers = [number[name] for name in members]
        if any(one <= latest for one in numbers):
            return True
        latest = max([latest, *numbers])
    return False


def plan_guards(draft: Draft, lake: Lake, index: Observed[Index]) -> None:
    """An apply leaves its guards in the index; where silos are published it does so anyway."""
    if not isinstance(index, Present) or index.value.guards == asked(lake):
        return
    draft.steps.append(RecordGuards("index/guards"))
    if index.value.guards is not None:
        draft.notes.extend(
            f"guards: {what} from the next apply on"
            for what in (*_weaker(index.value.guards, asked(lake)), *_hastier(index.value, lake))
        )


def _hastier(index: Index, lake: Lake) -> Iterator[str]:
    new, held = lake.organization.rollout, paced(lake, index).organization.rollout
    if held.waves != new.waves:
        yield f"the waves are {', '.join(one.name for one in held.waves)} and count as spec.rollout has them"
    if held.bake_seconds != new.bake_seconds:
        yield f"the bake is {held.bake_seconds} s and counts as {new.bake_seconds} s"


def _weaker(old: GuardsApplied, new: GuardsApplied) -> Iterator[str]:
    if new.max_silos_changed > old.max_silos_changed:
        yield f"maxSilosChanged is {old.max_silos_changed} and counts as {new.max_silos_changed}"
    if old.protect_data and not new.protect_data:
        yield "protectData is true and counts as false"
    for address in sorted({*new.allow_destroy} - {*old.allow_destroy}):
        yield f"{address} may be destroyed"
