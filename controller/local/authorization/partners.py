"""Users of partners: whatever they ask for is decided, of every service, since their keys are in others' hands."""

from __future__ import annotations

from controller.local.authorization.asked import Asked
from controller.local.server.callers import Caller
from controller.model.ownership import PARTNER_PATH

# What any key may call unless a policy denies it (STS API reference, GetCallerIdentity); GetCallerIdentity even then.
FREE = frozenset({("sts", "GetCallerIdentity"), ("sts", "GetSessionToken")})


def partner(who: Caller) -> bool:
    return who.kind == "user" and f":user{PARTNER_PATH}" in who.arn


def anything(service: str, operation: str, who: Caller) -> list[Asked]:
    """A call that no other rule here knows, as an action upon anything: no policy of a partner allows one."""
    if (service, operation) in FREE:
        return []
    return [Asked(f"{service}:{operation}", "*", who.account, None)]
