"""What the engine tells while it works: frozen events to a listener. Text and JSON views render them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Event:
    """`address` is what it speaks of."""

    address: str

    @classmethod
    def name(cls) -> str:
        """`StepStarted` is called `step_started` wherever machines read it."""
        return "".join("_" + c.lower() if c.isupper() else c for c in cls.__name__).lstrip("_")


@dataclass(frozen=True, slots=True)
class StepStarted(Event):
    what: str  # such as "create", "update", "publish"


@dataclass(frozen=True, slots=True)
class StepProgressed(Event):
    message: str  # a change of state, such as a stack's status


@dataclass(frozen=True, slots=True)
class StepDone(Event):
    what: str
    seconds: float


@dataclass(frozen=True, slots=True)
class StepFailed(Event):
    why: str
    seconds: float


@dataclass(frozen=True, slots=True)
class StepNotTried(Event):
    because: str  # the address of the step that failed before


class Listener(Protocol):
    def send(self, event: Event) -> None: ...
