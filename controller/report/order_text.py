"""The turns in which running silos get their change, as people read them."""

from __future__ import annotations

from collections.abc import Iterator

from controller.plan.plan import Order, Turn
from controller.report.terminal import Color, Terminal
from controller.report.value import plain

NAMED = 8  # of a turn, before the rest is only counted
ON_FAILURE = {"halt": "where one fails, those behind it are not begun", "rollback": "one that fails is rolled back"}


def order_lines(order: Order, terminal: Terminal, everything: bool = False) -> Iterator[str]:
    bake = f" for {_time(order.bake_seconds)}" if order.bake_seconds else ""
    yield terminal.paint(f"In waves, each healthy{bake} before the next; {ON_FAILURE[order.on_failure]}:", Color.BOLD)
    width = max(len(turn.wave) for turn in order.turns)
    for number, turn in enumerate(order.turns, 1):
        yield f"  {number}. {plain(turn.wave, terminal):{width}}  {_turn(turn, terminal, everything)}"


def _turn(turn: Turn, terminal: Terminal, everything: bool) -> str:
    before = f"waits for {_names(turn.awaits, terminal, everything)}, published before" if turn.awaits else ""
    return "; ".join(part for part in (_names(turn.publishes, terminal, everything), before) if part)


def _names(names: tuple[str, ...], terminal: Terminal, everything: bool) -> str:
    shown = names if everything else names[:NAMED]
    rest = f" and {len(names) - len(shown):,} more" if len(shown) < len(names) else ""
    return plain(", ".join(shown), terminal) + rest


def _time(seconds: int) -> str:
    for unit, length in (("h", 3600), ("m", 60)):
        if seconds % length == 0:
            return f"{seconds // length}{unit}"
    return f"{seconds}s"
