"""One change of one thing, with its reason and its before and after."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from controller.model.source import Source


class Verb(StrEnum):
    """The value is the printed symbol."""

    CREATE = "+"
    UPDATE = "~"
    REPLACE = "-/+"
    DELETE = "-"
    BLOCKED = "!"


ACTIONS: dict[Verb, tuple[str, ...]] = {
    Verb.CREATE: ("create",),
    Verb.UPDATE: ("update",),
    Verb.REPLACE: ("delete", "create"),
    Verb.DELETE: ("delete",),
    Verb.BLOCKED: ("blocked",),
}


@dataclass(frozen=True, slots=True)
class Later:
    """A value that AWS gives out during the apply, such as the id of an account that is to be created."""

    address: str
    attribute: str

    def __str__(self) -> str:
        return "(known after apply)"


@dataclass(frozen=True, slots=True)
class Detail:
    """One property that differs: `path` such as `Columns[total].Type` (edits.py); None stands for not there."""

    path: str
    before: Any
    after: Any
    replaces: bool = False  # changing this property makes AWS replace the resource
    at: int | None = None  # where in its list a named item goes that is new, unless it is the end


@dataclass(frozen=True, slots=True)
class Change:
    """What is to happen to `address`; `reason` is for people and decides nothing."""

    address: str
    type: str  # a CloudFormation type, or account, unit, stack, stack-set, bundle, site
    verb: Verb
    reason: str
    details: tuple[Detail, ...] = ()
    source: Source | None = None
    destroys_data: bool = False  # the lake loses what it holds, be it that AWS keeps what was replaced
    retained: bool = False  # AWS keeps what is deleted or replaced, outside of the stack (Retain)
