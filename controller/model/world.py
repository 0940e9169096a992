"""What AWS was seen to have: the observed side of every comparison, in the words of this project."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Unit:
    """An organizational unit: `path` of names below the root, `id_path` of ids as `aws:PrincipalOrgPaths` has it."""

    path: str  # such as Lake/Silos; empty for the root
    id: str
    id_path: str  # o-…/r-…/ou-…/ with its trailing slash


@dataclass(frozen=True, slots=True)
class Tree:
    """The organization as far as it was read: the root and those units on the way to the paths that were asked for."""

    organization_id: str
    management_account: str
    root: Unit
    units: Mapping[str, Unit]  # by path; a path that was asked for and is not in it does not exist


@dataclass(frozen=True, slots=True)
class Account:
    id: str
    name: str
    email: str
    state: str  # ACTIVE | SUSPENDED | PENDING_CLOSURE | CLOSED | PENDING_ACTIVATION
    parent: str  # the id of its unit or root; empty where it was not read


@dataclass(frozen=True, slots=True)
class Resident:
    """An account and the unit that it is directly in."""

    account: Account
    unit: Unit


@dataclass(frozen=True, slots=True)
class Stack:
    status: str
    reason: str
    template: Mapping[str, Any]
    parameters: Mapping[str, str]
    outputs: Mapping[str, str]
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Instance:
    """The baseline's stack in one account and region; `status` is CURRENT, OUTDATED or INOPERABLE."""

    account: str
    region: str
    status: str
    detail: str  # PENDING | RUNNING | SUCCEEDED | FAILED | …
    reason: str
    unit: str = ""  # the id of the targeted unit that it came with

    @property
    def place(self) -> tuple[str, str]:
        return self.account, self.region


@dataclass(frozen=True, slots=True)
class StackSet:
    template: Mapping[str, Any]
    targets: Mapping[str, tuple[str, ...]]  # unit id -> regions that auto-deployment covers
    automatic: bool  # deploys by itself to accounts that enter a unit, and keeps the stacks of those that leave
    instances: Mapping[tuple[str, str], Instance]  # by account and region, of the regions that were asked for
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Stored:
    """An object of the code bucket; `content` is empty where only its head was read."""

    key: str
    etag: str
    version: str = ""
    content: bytes = b""
