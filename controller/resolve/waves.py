"""Who is in which wave: every silo and consumer in exactly one, and in the same one while the lake stays as it is."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping

from controller.kinds.organization import Wave
from controller.kinds.silo import Silo
from controller.resolve.lake import Lake


def waves_of(lake: Lake) -> tuple[tuple[str, ...], ...]:
    """The members of each of the Organization's waves, in the lake's order of them; some may have none.

    Consumers have no labels, and are of no share: they go with those that are left.
    """
    waves = lake.organization.rollout.waves
    left = dict(lake.silos)
    taken = [_taken(wave, left) for wave in waves]
    last = next((number for number, wave in enumerate(waves) if takes_the_rest(wave)), len(waves) - 1)
    consumers = [consumer.key for consumer in lake.consumers.values()]
    taken[last] = [*taken[last], *left, *consumers]
    place = {member: number for number, member in enumerate(lake.members)}
    return tuple(tuple(sorted(members, key=place.__getitem__)) for members in taken)


def takes_the_rest(wave: Wave) -> bool:
    return not wave.match_labels and wave.percent in (None, 100)


def _taken(wave: Wave, left: dict[str, Silo]) -> list[str]:
    """The wave's own among those that are left, which it takes out of them."""
    fitting = [name for name, silo in left.items() if wave.match_labels.items() <= silo.labels.items()]
    names = fitting if wave.percent is None else _share(fitting, wave.percent)
    for name in names:
        del left[name]
    return names


def _share(names: Iterable[str], percent: int) -> list[str]:
    """That many of them, rounded up: in the order of their names' digests, so that one more moves one other at most."""
    ordered = sorted(names, key=lambda name: hashlib.sha256(name.encode()).digest())
    return ordered[: -(-len(ordered) * percent // 100)]


def wave_of(lake: Lake) -> Mapping[str, int]:
    """The number of each member's wave, counted from 0."""
    return {member: number for number, members in enumerate(waves_of(lake)) for member in members}
