"""Which silo is in which wave."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from controller.kinds.organization import Rollout, Wave
from controller.kinds.silo import Silo
from controller.resolve.lake import Lake
from controller.resolve.waves import wave_of, waves_of
from tests.conftest import NOTHING
from tests.fakes.lakes import consumer, lake, sales

CANARY, REST = Wave("canary", {"wave": "canary"}, None), Wave("everyone", NOTHING, None)
NAMES = st.sets(st.from_regex(r"[a-z][a-z0-9]{1,8}", fullmatch=True), max_size=30)
SHARES = st.lists(st.integers(1, 100), max_size=3)


def of(names: set[str], *waves: Wave, canaries: frozenset[str] = frozenset(), consumers: int = 0) -> Lake:
    def one(name: str) -> Silo:
        return sales(name=name, labels={"wave": "canary"} if name in canaries else NOTHING)

    made = lake(*map(one, names), rollout=Rollout(waves, 0, "halt"))
    readers = {f"reader{number}": consumer(f"reader{number}") for number in range(consumers)}
    return replace(made, consumers=readers)


def test_labels_then_a_share_of_those_left_then_the_rest_with_the_consumers() -> None:
    names = {"a1", "a2", "a3", "a4", "a5"}
    canary, early, everyone = waves_of(
        of(names, CANARY, Wave("early", NOTHING, 30), REST, canaries=frozenset({"a3"}), consumers=1)
    )
    assert canary == ("a3",)
    assert len(early) == 2  # 30 % of the four that are left, rounded up
    assert set(everyone) == names - {"a3"} - set(early) | {"consumer/reader0"}


def test_a_share_of_silos_with_labels_leaves_the_others_alone() -> None:
    canaries = frozenset({"a1", "a2", "a3", "a4"})
    half, rest = waves_of(of({*canaries, "b1"}, Wave("half", {"wave": "canary"}, 50), REST, canaries=canaries))
    assert len(half) == 2
    assert set(half) < canaries
    assert "b1" in rest


def test_consumers_go_with_those_that_are_left_also_where_a_wave_stands_behind_these() -> None:
    assert waves_of(of({"a1"}, REST, Wave("late", NOTHING, None), consumers=1)) == (("a1", "consumer/reader0"), ())


@given(NAMES, SHARES, st.data())
def test_every_member_is_in_exactly_one_wave(names: set[str], shares: list[int], data: st.DataObject) -> None:
    canaries = frozenset(data.draw(st.sets(st.sampled_from(sorted(names))) if names else st.just(set())))
    waves = [CANARY, *(Wave(f"share{number}", NOTHING, share) for number, share in enumerate(shares)), REST]
    made = of(names, *waves, canaries=canaries, consumers=2)
    found = [member for members in waves_of(made) for member in members]
    assert sorted(found) == sorted(made.members)
    assert sorted(wave_of(made)) == sorted(made.members)


@given(NAMES, st.integers(1, 99), st.from_regex(r"[a-z][a-z0-9]{1,8}", fullmatch=True))
def test_a_silo_that_comes_moves_one_other_at_most(names: set[str], share: int, new: str) -> None:
    waves = (Wave("early", NOTHING, share), REST)
    before, after = wave_of(of(names - {new}, *waves)), wave_of(of(names | {new}, *waves))
    assert sum(before[name] != after[name] for name in before) <= 1


@given(NAMES.filter(bool), st.integers(1, 100))
def test_a_share_is_never_nobody(names: set[str], share: int) -> None:
    assert waves_of(of(names, Wave("early", NOTHING, share), REST))[0]
