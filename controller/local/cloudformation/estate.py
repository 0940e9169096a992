"""The stacks of one account and region, and the names that they export."""

from __future__ import annotations

import threading
from collections.abc import Iterator

from controller.local.cloudformation.errors import Refused
from controller.local.cloudformation.stack import Output, Stack

_lock = threading.Lock()
_estates: dict[tuple[str, str], Estate] = {}


class Estate:
    def __init__(self, account: str, region: str) -> None:
        self.account, self.region = account, region
        self.stacks: dict[str, Stack] = {}  # by id, the deleted ones too
        self.names: dict[str, Stack] = {}  # those that are there

    def add(self, stack: Stack) -> Stack:
        self.stacks[stack.id] = stack
        self.names[stack.name] = stack
        return stack

    def find(self, name_or_id: str) -> Stack | None:
        """By name what is there, by id also what was deleted."""
        return self.stacks.get(name_or_id) or self.names.get(name_or_id)

    def gone(self, stack: Stack) -> None:
        if self.names.get(stack.name) is stack:
            del self.names[stack.name]

    def exports(self) -> Iterator[tuple[str, Output, Stack]]:
        for stack in tuple(self.names.values()):
            for output in stack.outputs.values():
                if output.export is not None:
                    yield output.export, output, stack

    def exported(self, name: str) -> str:
        for export, output, _ in self.exports():
            if export == name:
                return output.value
        raise Refused(f"No export named {name} found.")

    def importers(self, name: str) -> list[Stack]:
        return [stack for stack in tuple(self.names.values()) if name in stack.imports]


def of(account: str, region: str) -> Estate:
    with _lock:
        return _estates.setdefault((account, region), Estate(account, region))


def forget() -> None:
    """Drop every stack and stop what runs on them."""
    with _lock:
        estates = tuple(_estates.values())
        _estates.clear()
    for estate in estates:
        for stack in tuple(estate.stacks.values()):
            stack.stop()
