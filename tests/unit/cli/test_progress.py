from __future__ import annotations

import io
import threading

import pytest

from controller.cli.progress import progress
from controller.engine.events import Event, StepDone, StepFailed, StepNotTried, StepProgressed, StepStarted
from controller.report.terminal import PLAIN, Terminal

EVENTS = (
    StepStarted("master/stack", "deploy"),
    StepProgressed("master/stack", "CREATE_IN_PROGRESS"),
    StepDone("master/stack", "deploy", 2.14),
    StepFailed("silo/sales/bundle", "AccessDenied\x1b[2J", 0.5),
    StepNotTried("silo/finance/bundle", "silo/sales/bundle"),
)


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


def told(stream: io.StringIO, terminal: Terminal, events: tuple[Event, ...] = EVENTS) -> str:
    with progress(stream, terminal) as listener:
        for event in events:
            listener.send(event)
    return stream.getvalue()


def test_elsewhere_than_on_a_terminal_each_event_is_a_line() -> None:
    assert told(io.StringIO(), PLAIN).splitlines() == [
        "  master/stack: deploy",
        "  master/stack: CREATE_IN_PROGRESS",
        "  master/stack: deploy done, 2.1 s",
        "  silo/sales/bundle: failed after 0.5 s: AccessDenied\\x1b[2J",
        "  silo/finance/bundle: not tried, it waits for silo/sales/bundle",
    ]


def test_on_a_terminal_what_ended_scrolls_by() -> None:
    text = told(Screen(), Terminal(color=True))
    assert "deploy done, 2.1 s" in text and "failed after 0.5 s" in text


@pytest.mark.parametrize("stream", [io.StringIO(), Screen()], ids=["lines", "live"])
def test_many_threads_may_tell_at_once(stream: io.StringIO) -> None:
    with progress(stream, PLAIN) as listener:
        threads = [
            threading.Thread(target=listener.send, args=(StepDone(f"silo/{number:02}/bundle", "publish", 0.1),))
            for number in range(20)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert all(f"silo/{number:02}/bundle: publish done" in stream.getvalue() for number in range(20))
