"""What holds for any steps: needs come first, the order that they are given in says nothing, circles are refused."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.plan.step import Step, stages


@st.composite
def steps(draw: st.DrawFn) -> list[Step]:
    """Steps that need only earlier ones, and things that no step provides."""
    count = draw(st.integers(0, 8))
    made: list[Step] = []
    for number in range(count):
        earlier = [step.address for step in made]
        needs = draw(st.lists(st.sampled_from([*earlier, "elsewhere"]), max_size=3, unique=True))
        made.append(Step(f"step/{draw(st.integers(0, 99))}/{number}", tuple(needs)))
    return made


@given(steps())
def test_every_step_is_in_one_stage_after_all_that_it_needs(given_steps: list[Step]) -> None:
    order = [step.address for stage in stages(given_steps) for step in stage]
    assert sorted(order) == sorted(step.address for step in given_steps)
    place = {
        address: number for number, stage in enumerate(stages(given_steps)) for address in (s.address for s in stage)
    }
    for step in given_steps:
        assert all(place[need] < place[step.address] for need in step.needs if need in place)


@given(steps(), st.randoms(use_true_random=False))
def test_the_order_of_the_input_does_not_matter(given_steps: list[Step], chance: random.Random) -> None:
    mixed = list(given_steps)
    chance.shuffle(mixed)
    assert stages(mixed) == stages(given_steps)


@given(steps())
def test_waiting_orders_as_needing_does(given_steps: list[Step]) -> None:
    waiting = [Step(step.address, after=step.needs) for step in given_steps]
    assert [[step.address for step in stage] for stage in stages(waiting)] == [
        [step.address for step in stage] for stage in stages(given_steps)
    ]


@given(st.integers(1, 6))
def test_steps_in_a_circle_are_refused_by_name(length: int) -> None:
    circle = [Step(str(number), (str((number + 1) % length),)) for number in range(length)]
    with pytest.raises(ValueError, match="wait for each other: 0"):
        stages(circle)
