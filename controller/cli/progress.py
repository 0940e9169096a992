"""What the engine tells while it works, as it is shown: a live display on a terminal, plain lines elsewhere.

Waiting is honest: a line at the start of a step, one for each change of state, one at the end with the time it took.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TextIO

from controller.engine.events import (
    Event,
    Listener,
    StepDone,
    StepFailed,
    StepNotTried,
    StepProgressed,
    StepStarted,
)
from controller.report.terminal import Color, Terminal
from controller.report.value import plain


def line_of(event: Event, terminal: Terminal) -> str:
    address = plain(event.address, terminal)
    match event:
        case StepStarted(what=what):
            return f"  {address}: {plain(what, terminal)}"
        case StepProgressed(message=message):
            return f"  {address}: {plain(message, terminal)}"
        case StepDone(what=what, seconds=seconds):
            return terminal.paint(f"  {address}: {plain(what, terminal)} done, {seconds:.1f} s", Color.GREEN)
        case StepFailed(why=why, seconds=seconds):
            return terminal.paint(f"  {address}: failed after {seconds:.1f} s: {plain(why, terminal)}", Color.RED)
        case StepNotTried(because=because):
            return terminal.paint(f"  {address}: not tried, it waits for {plain(because, terminal)}", Color.YELLOW)
        case _:
            raise TypeError(f"no line for the event {event.name()}")


class PlainProgress:
    """A line an event; safe to use from many threads."""

    def __init__(self, stream: TextIO, terminal: Terminal) -> None:
        self._stream = stream
        self._terminal = terminal
        self._lock = threading.Lock()

    def send(self, event: Event) -> None:
        line = line_of(event, self._terminal)
        with self._lock:
            self._stream.write(line + "\n")
            self._stream.flush()


class LiveProgress:
    """What is done scrolls by; what is under way stays at the bottom with its newest state. Safe to share too."""

    def __init__(self, live: Any, terminal: Terminal) -> None:
        self._live = live
        self._terminal = terminal
        self._running: dict[str, str] = {}
        self._lock = threading.Lock()

    def send(self, event: Event) -> None:
        from rich.text import Text

        line = line_of(event, self._terminal)
        under_way = isinstance(event, StepStarted | StepProgressed)
        with self._lock:
            if under_way:
                self._running[event.address] = line
            else:
                self._running.pop(event.address, None)
            self._live.update(Text.from_ansi("\n".join(self._running.values()), style="dim"))
            if not under_way:
                self._live.console.print(Text.from_ansi(line))


@contextmanager
def progress(stream: TextIO, terminal: Terminal) -> Iterator[Listener]:
    """The listener that fits `stream`."""
    if not stream.isatty():
        yield PlainProgress(stream, terminal)
        return
    from rich.console import Console
    from rich.live import Live

    console = Console(file=stream, no_color=not terminal.color, highlight=False)
    with Live(console=console, refresh_per_second=8, transient=True) as live:
        yield LiveProgress(live, terminal)
