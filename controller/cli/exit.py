"""Exit codes: what a CI job may rely on. Never a count."""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    OK = 0  # done, or nothing to do
    ERROR = 1
    CHANGES = 2  # only with --detailed-exitcode
    BLOCKED = 3  # a guard stopped it
    STALE = 4  # the saved plan no longer fits
    LOCKED = 5  # somebody else holds the lock
    PARTLY = 6  # applied in part; run it again
    MISUSE = 64  # not click's 2, so that a mistyped flag never looks like drift
