"""Stacks of things that live in memory: each test says what the things refuse."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from controller.local.cloudformation import catalog, stacks
from controller.local.cloudformation.stacks import StackBackend
from tests.fakes.things import ACCOUNT, REGION, SCHEMA, THING, Things


@pytest.fixture
def things(monkeypatch: pytest.MonkeyPatch) -> Iterator[Things]:
    made = Things()
    monkeypatch.setitem(catalog._added, THING, (made, SCHEMA))
    yield made
    made.gate.set()
    stacks.forget()


@pytest.fixture
def backend(things: Things) -> StackBackend:
    return stacks.backend(ACCOUNT, REGION)
