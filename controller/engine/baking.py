"""Wait until silos run what was published for them, then see that they stay healthy for the bake."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from controller.engine.ports import Ports
from controller.engine.waiting import wait_for
from controller.model.health import SiloStatus

LOOK = 60.0  # seconds between two looks during a bake
NAMED = 3  # of those that are waited for: a log needs no more

Read = Callable[[Sequence[str]], tuple[SiloStatus, ...]]
Tell = Callable[[str], None]


def watch(
    read: Read, names: Sequence[str], bake: timedelta, patience: float, ports: Ports, tell: Tell
) -> tuple[SiloStatus, ...]:
    """Those that failed or are late; none where all run it well, and did so for the whole bake.

    One that is deployed to anew during the bake, or cannot be read, is waited for again.
    """
    teller = _Teller(read, len(names), tell)
    while True:
        found = wait_for(teller.read, names, lambda _: None, patience, ports.monotonic, ports.sleep)
        if bad := _not_good(found):
            return bad
        bad = _not_good(_bake(read, names, _end(found, bake, ports.now()), ports, tell))
        if over := tuple(status for status in bad if status.settled):
            return over
        if not bad:
            return ()


def _not_good(found: Sequence[SiloStatus]) -> tuple[SiloStatus, ...]:
    return tuple(status for status in found if not status.good)


def _end(found: Sequence[SiloStatus], bake: timedelta, now: datetime) -> datetime:
    """Counted from when the last of them was done, as AWS tells: a run that begins again bakes no longer than one."""
    since = [datetime.fromisoformat(status.since) for status in found if status.since]
    return min(max(since, default=now), now) + bake


def _bake(read: Read, names: Sequence[str], end: datetime, ports: Ports, tell: Tell) -> tuple[SiloStatus, ...]:
    """The last look at the silos, which is at the end of the bake if all was well until then."""
    if ports.now() < end:
        tell(f"all run it; bakes until {end.astimezone(UTC):%H:%M:%S} UTC")
    found: tuple[SiloStatus, ...] = ()
    while (left := (end - ports.now()).total_seconds()) > 0:
        ports.sleep(min(left, LOOK))
        found = read(names)
        if _not_good(found):
            break
    return found


class _Teller:
    """Reads, and tells how many there are that run it when that is another number than before."""

    def __init__(self, read: Read, number: int, tell: Tell) -> None:
        self._read = read
        self._number = number
        self._tell = tell
        self._waiting: tuple[str, ...] | None = None

    def read(self, names: Sequence[str]) -> tuple[SiloStatus, ...]:
        found = self._read(names)
        waiting = tuple(status.silo for status in found if not status.good)
        if waiting and waiting != self._waiting:
            self._tell(f"{self._number - len(waiting)} of {self._number} run it; waits for {named(waiting)}")
        self._waiting = waiting
        return found


def named(names: Sequence[str]) -> str:
    """`sales, finance, plant and 12 more`."""
    more = len(names) - NAMED
    return ", ".join(names) if more <= 0 else f"{', '.join(names[:NAMED])} and {more} more"
