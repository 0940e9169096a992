"""A resource that has a port: whose it is, and where."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    account: str
    region: str
    id: str
