"""Which requests are decided, and how the answer reads."""

from __future__ import annotations

from typing import Any

from controller.local.authorization.refusal import Refusal
from controller.local.server.callers import Caller


def refusal(environ: dict[str, Any], service: str, operation: str, who: Caller) -> Refusal | None:
    """Why the call may not be made; None when it may."""
    return None
