"""Whatever is to be published, awaited or allowed: no step waits for itself, and no wave overtakes another."""

from __future__ import annotations

from dataclasses import dataclass, replace

from hypothesis import given
from hypothesis import strategies as st

from controller.engine.draft import Draft
from controller.engine.waves import in_waves
from controller.kinds.organization import Rollout, Wave
from controller.model.index import Entry, Index
from controller.plan.step import AwaitWave, Publish, stages
from controller.resolve.lake import Lake
from tests.conftest import NOTHING
from tests.fakes.lakes import lake, sales

NAMES = tuple(f"silo{number}" for number in range(8))
WAVES = ("one", "two", "three", "four")


@dataclass(frozen=True)
class Situation:
    wave: dict[str, str]
    runs: set[str]
    awaited: set[str]
    changed: set[str]
    free: set[str]
    to_the_end: bool

    @property
    def lake(self) -> Lake:
        silos = [sales(name=name, labels={"in": self.wave[name]}) for name in NAMES]
        waves = (*(Wave(name, {"in": name}, None) for name in WAVES), Wave("rest", NOTHING, None))
        return lake(*silos, rollout=Rollout(waves, 60, "halt"))

    @property
    def index(self) -> Index:
        entry = Entry("1", "eu-west-1", "i", "b", "e", "v", "c", "")
        return Index({name: replace(entry, awaited=name in self.awaited) for name in sorted(self.runs)})

    @property
    def draft(self) -> Draft:
        steps = [Publish(f"silo/{name}/bundle", silo=name) for name in sorted(self.changed)]
        return Draft(steps=[*steps])


some = st.sets(st.sampled_from(NAMES))
situations = st.builds(
    Situation,
    st.fixed_dictionaries({name: st.sampled_from(WAVES) for name in NAMES}),
    some,
    some,
    some,
    st.sets(st.sampled_from(WAVES)),
    st.booleans(),
)


@given(situations)
def test_a_wave_begins_after_the_wait_for_each_before_it_that_has_something_to_prove(made: Situation) -> None:
    draft = made.draft
    in_waves(draft, made.lake, made.index, {f"wave={name}" for name in made.free}, made.to_the_end)
    place = {step.address: number for number, stage in enumerate(stages(draft.steps)) for step in stage}
    needs = {step.address: step.needs for step in draft.steps}
    waits = {step.wave for step in draft.steps if isinstance(step, AwaitWave)}
    for name in made.changed:
        address = f"silo/{name}/bundle"
        if name not in made.runs:
            assert needs[address] == ()
            continue
        earlier = WAVES[: WAVES.index(made.wave[name])]
        unproved = {made.wave[one] for one in made.runs & (made.changed | made.awaited)} & set(earlier)
        if made.wave[name] in made.free and earlier:
            assert needs[address] == ()
        else:
            assert needs[address] == tuple(f"wave/{wave}" for wave in earlier if wave in unproved)
            assert all(place[wait] < place[address] for wait in needs[address])
    if not made.to_the_end:
        last = [wave for wave in WAVES if any(made.wave[name] == wave for name in made.changed & made.runs)][-1:]
        assert not waits & set(last)


@given(situations)
def test_a_wait_comes_after_all_that_it_waits_for_and_after_who_waits_for_nobody(made: Situation) -> None:
    draft = made.draft
    in_waves(draft, made.lake, made.index, {f"wave={name}" for name in made.free}, made.to_the_end)
    place = {step.address: number for number, stage in enumerate(stages(draft.steps)) for step in stage}
    for step in draft.steps:
        if isinstance(step, AwaitWave):
            before = {*step.members, *(made.changed - made.runs)} & made.changed
            assert all(place[f"silo/{name}/bundle"] < place[step.address] for name in before)
