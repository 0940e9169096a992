"""What a read of AWS tells: there, not there, or not readable. The third is never taken for the second."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T", covariant=True)


@dataclass(frozen=True, slots=True)
class Present(Generic[T]):
    value: T


@dataclass(frozen=True, slots=True)
class Absent:
    """AWS said that it does not exist."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """AWS did not answer, or refused; this says nothing about the object. `why` is for people."""

    why: str


Observed = Present[T] | Absent | Unreadable
