"""Operations run in threads of their own, so that calls return while the work goes on."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import wraps
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from controller.local.cloudformation.stack import Stack, Stopped

Given = ParamSpec("Given")
Answer = TypeVar("Answer")


class Turned(Protocol):
    @property
    def turn(self) -> AbstractContextManager[Any]: ...


Who = TypeVar("Who", bound=Turned)


def in_turn(method: Callable[Concatenate[Who, Given], Answer]) -> Callable[Concatenate[Who, Given], Answer]:
    """One call at a time on an object: what a call finds is still so when it starts its work."""

    @wraps(method)
    def alone(self: Who, /, *given: Given.args, **named: Given.kwargs) -> Answer:
        with self.turn:
            return method(self, *given, **named)

    return alone


def start(stack: Stack, work: Callable[[], None]) -> None:
    """Do the work; a reset ends it at its next event, and a fault of ours leaves the stack failed, not busy."""

    def run() -> None:
        try:
            work()
        except Stopped:
            return
        except Exception:
            if not stack.stopped:  # what a stopped operation meets on its way out says nothing about it
                raise
        finally:
            if stack.busy and not stack.stopped:
                stack.tell(_failed(stack.status), "Internal Failure")

    threading.Thread(target=run, name=f"cloudformation {stack.name}", daemon=True).start()


def _failed(status: str) -> str:
    for operation in ("UPDATE_ROLLBACK", "UPDATE", "CREATE", "DELETE", "IMPORT_ROLLBACK"):
        if status.startswith(operation):
            return f"{operation}_FAILED"
    return "ROLLBACK_FAILED"
