"""Reading states again and again until nothing more comes by waiting."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from controller.model.health import Health, SiloStatus, Sync

SOON, SELDOM = 0.25, 10.0  # seconds between two looks: the first ones, the last ones
LATE = 5  # in between, a look comes when this part of the time so far has gone by: whoever waited 20 s hears within 4


def wait_for(
    read: Callable[[Sequence[str]], tuple[SiloStatus, ...]],
    names: Sequence[str],
    changed: Callable[[SiloStatus], None],
    timeout: float,
    monotonic: Callable[[], float],
    sleep: Callable[[float], None],
) -> tuple[SiloStatus, ...]:
    """Read again and again until each silo is good or failed for good, or the time is over.

    Only those that are not settled are read again. `changed` hears of each silo that is not good at the first look, and
    of each whose state is another than before.
    """
    begun = monotonic()
    end = begun + timeout
    latest: dict[str, SiloStatus] = {}
    waiting = list(names)
    while True:
        for status in read(waiting):
            before = latest.get(status.silo)
            latest[status.silo] = status
            if not status.good if before is None else _state(before) != _state(status):
                changed(status)
        waiting = [name for name in waiting if not latest[name].settled]
        if not waiting or monotonic() >= end:
            return tuple(latest[name] for name in names)
        now = monotonic()
        sleep(min(max(SOON, (now - begun) / LATE), SELDOM, max(0.0, end - now)))


def _state(status: SiloStatus) -> tuple[Sync, Health]:
    return status.sync, status.health
