"""A plan's publications in their order: those of running silos wave by wave, and what each wave waits for.

Who runs nothing yet is published at once: it waits for nobody, and nobody waits for it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from controller.diff.change import Change, Verb
from controller.engine.baking import named
from controller.engine.draft import Draft
from controller.engine.silo_plan import SiloPlan
from controller.model.index import Index
from controller.model.ownership import member_address
from controller.plan.plan import Order, Turn
from controller.plan.step import WAVE, AwaitWave, Publish, Record, Step
from controller.resolve.lake import Lake
from controller.resolve.waves import waves_of


def hold(
    made: Mapping[str, SiloPlan], lake: Lake, index: Index, allowed: Collection[str]
) -> Iterator[tuple[str, SiloPlan]]:
    """The members' plans, without what cannot begin: a wave before it has a release that was rolled back, or is
    blocked as a whole, so that nobody would prove the change. Nor begins again what went back with one that failed."""
    if not made:
        return
    holders = dict(_went_back(made, index))  # member -> the address that it waits for
    holder = ""
    for wave, members in zip(lake.organization.rollout.waves, waves_of(lake), strict=True):
        running = [name for name in members if name in made and _runs(made[name], name, index)]
        if holder and f"wave={wave.name}" not in allowed:
            holders |= {name: holder for name in running if made[name].publish}
        holder = holder or _holder({name: made[name] for name in running})
    for name, one in made.items():
        yield name, _held(name, one, holders[name]) if name in holders else one


def _went_back(made: Mapping[str, SiloPlan], index: Index) -> Iterator[tuple[str, str]]:
    for name, one in made.items():
        refused = index.silos[name].refused if name in index.silos else None
        same = one.publish is not None and refused is not None and one.publish.digest == refused.bundle
        if refused and same and refused.because in made and made[refused.because].refused:
            yield name, f"{member_address(refused.because)}/bundle"


def _runs(made: SiloPlan, name: str, index: Index) -> bool:
    return name in index.silos or (made.publish is not None and made.publish.replaces is not None)


def _holder(running: Mapping[str, SiloPlan]) -> str:
    """The address of what later waves cannot go without; empty where there is none."""
    for name, one in running.items():
        if one.refused:
            return f"{member_address(name)}/bundle"
    blocked = [change.address for one in running.values() for change in one.changes if change.verb is Verb.BLOCKED]
    return blocked[0] if blocked and not any(one.publish for one in running.values()) else ""


def _held(name: str, made: SiloPlan, holder: str) -> SiloPlan:
    those = "1 change waits" if len(made.changes) == 1 else f"{len(made.changes)} changes wait"
    reason = f"{those} for {holder}, which comes first and is blocked"
    return SiloPlan((Change(f"{member_address(name)}/bundle", "bundle", Verb.BLOCKED, reason),))


def in_waves(draft: Draft, lake: Lake, index: Index, allowed: Collection[str], to_the_end: bool) -> Order | None:
    """Give the draft's publications their waves, and put a wait before each that others come before.

    None where all are published at once. `--allow wave=<name>` lets a wave begin without those before it. With
    `to_the_end` the last wave is waited for too; as nobody comes after it, it does not bake.
    """
    rollout = lake.organization.rollout
    running = {step.silo for step in draft.steps if isinstance(step, Publish) and _over(step, index)}
    if len(rollout.waves) == 1 or not running:
        return None
    awaited = _awaited(draft, index) - running
    turns = [
        Turn(wave.name, _of(members, running), _of(members, awaited))
        for wave, members in zip(rollout.waves, waves_of(lake), strict=True)
    ]
    free = {turn.wave for turn in turns[1:] if turn.publishes and f"wave={turn.wave}" in allowed}
    draft.used |= {f"wave={name}" for name in free}
    waits = list(_waits(turns, free, rollout.bake_seconds))
    last = [_last(turns, waits, free)] if to_the_end else []
    others = tuple(step.address for step in draft.steps if not (isinstance(step, Publish) and step.silo in running))
    if rollout.on_failure == "rollback":
        draft.notes.extend(_staying(draft.steps, {name for wait in (*waits, *last) for name in wait.members}))
    draft.steps = [
        *_with_needs(draft.steps, turns, waits, free),
        *(replace(wait, after=(*others, *wait.after)) for wait in (*waits, *last)),  # for it may take hours
    ]
    shown = tuple(turn for turn in turns if turn.publishes or any(wait.wave == turn.wave for wait in waits))
    return Order(shown, rollout.bake_seconds, rollout.on_failure) if waits else None


def _staying(steps: Sequence[Step], waited_for: Collection[str]) -> Iterator[str]:
    names = [step.silo for step in steps if isinstance(step, Publish) and step.narrows and step.silo in waited_for]
    if names:
        yield f"not rolled back if it fails, for it takes access away: {named(names)}"


def _over(step: Publish, index: Index) -> bool:
    return step.replaces is not None or step.silo in index.silos


def _awaited(draft: Draft, index: Index) -> set[str]:
    """As the index says it once this apply has corrected it: a run may have died before it wrote what it published."""
    corrected = {step.silo: step.entry for step in draft.steps if isinstance(step, Record)}
    return {name for name, entry in {**index.silos, **corrected}.items() if entry is not None and entry.awaited}


def _of(members: Sequence[str], some: Collection[str]) -> tuple[str, ...]:
    return tuple(name for name in members if name in some)


def _waits(turns: Sequence[Turn], free: Collection[str], bake_seconds: int) -> Iterator[AwaitWave]:
    """One for each wave that somebody comes after."""
    earlier: tuple[str, ...] = ()
    for number, turn in enumerate(turns):
        members = (*turn.publishes, *turn.awaits)
        if members and any(later.publishes and later.wave not in free for later in turns[number + 1 :]):
            needs, after = ((), earlier) if turn.wave in free else (earlier, ())
            wait = AwaitWave(f"{WAVE}{turn.wave}", (*needs, *_own(turn)), turn.wave, members, bake_seconds, after=after)
            earlier = (*earlier, wait.address)
            yield wait


def _last(turns: Sequence[Turn], waits: Sequence[AwaitWave], free: Collection[str]) -> AwaitWave:
    """Of what this apply publishes there alone: nobody comes after it."""
    turn = [one for one in turns if one.publishes][-1]
    earlier = tuple(wait.address for wait in waits)
    needs, after = ((), earlier) if turn.wave in free else (earlier, ())
    return AwaitWave(f"{WAVE}{turn.wave}", (*needs, *_own(turn)), turn.wave, turn.publishes, 0, after=after)


def _own(turn: Turn) -> tuple[str, ...]:
    return tuple(f"{member_address(name)}/bundle" for name in turn.publishes)


def _with_needs(
    steps: Sequence[Step], turns: Sequence[Turn], waits: Sequence[AwaitWave], free: Collection[str]
) -> Iterator[Step]:
    place = {name: number for number, turn in enumerate(turns) for name in turn.publishes}
    number_of = {turn.wave: number for number, turn in enumerate(turns)}
    for step in steps:
        if not isinstance(step, Publish) or step.silo not in place:
            yield step
            continue
        number = place[step.silo]
        wave = turns[number].wave
        before = tuple(one.address for one in waits if number_of[one.wave] < number and wave not in free)
        yield replace(step, needs=(*step.needs, *before), wave=wave)
