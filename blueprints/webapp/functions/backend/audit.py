"""What was done, by whom: the last events, kept in the stack's template beside what they made."""

from __future__ import annotations

from dataclasses import dataclass

KEPT = 60  # events; fewer where the template has no room
FEWEST = 10  # before a credential is refused for want of room
VENDED, EXTENDED, ROTATED, REVEALED, REVOKED, ENDED = "vended", "extended", "rotated", "revealed", "revoked", "ended"


@dataclass(frozen=True)
class Entry:
    at: str
    by: str
    did: str
    name: str
    detail: str = ""
    request: str = ""  # digest of the request's idempotency key; empty where nobody asked
    said: str = ""  # digest of all that the request said

    def told(self) -> dict[str, str]:
        return {"at": self.at, "by": self.by, "did": self.did, "name": self.name, "detail": self.detail}
