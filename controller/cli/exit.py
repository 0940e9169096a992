"""Exit codes: what a CI job may rely on. Never a count. What each means stands here and nowhere else.

docs/cli.md and the README have their tables from here.
"""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    meaning: str

    def __new__(cls, value: int, meaning: str) -> Exit:
        made = int.__new__(cls, value)
        made._value_ = value
        made.meaning = meaning
        return made

    OK = 0, "done, or nothing to do"
    ERROR = 1, "an error, told on stderr; for `status` and `apply --wait`: not all is Synced and Healthy"
    CHANGES = 2, "there are changes or there is drift; only with `--detailed-exitcode`"
    BLOCKED = 3, "blocked: a guard stops it, or something could not be read or needs a hand first"
    STALE = 4, "what was planned no longer fits what is there: run it again"
    LOCKED = 5, "somebody else is applying: wait, then run it again"
    PARTLY = 6, "applied in part, or a wave failed: mend what is told, then run it again; what is done stays done"
    MISUSE = 64, "an unknown command or option, or a wrong value; not 2, so that it never looks like drift"
