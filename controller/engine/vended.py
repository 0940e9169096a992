"""What the silos' web apps vended by hand: read from the one stack that keeps it, beside the users in the account."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from controller.model.credential import LiveUser
from controller.model.health import Health, Part
from controller.model.live import Place
from controller.model.observed import Observed
from controller.model.ownership import VENDED_STACK, member_address
from controller.model.vended import Handed, Vended, VendedStack, VendedState

SWEPT = timedelta(hours=2)  # by then the web app's hourly sweep has ended a key that is over
FRESH = timedelta(minutes=10)  # so old a change set is nobody's any more


class VendedReader(Protocol):
    def vended(self, place: Place, silo: str) -> Observed[VendedStack]:
        """The stack of vended credentials; absent where nothing was ever vended."""


def handed(stack: VendedStack, users: Mapping[str, LiveUser], now: datetime) -> tuple[Handed, ...]:
    """In the order of their names."""
    return tuple(
        Handed(one, _state(one, users.get(one.user), stack.status, now), one.name not in stack.unseen)
        for one in stack.credentials
    )


def _state(one: Vended, user: LiveUser | None, status: str, now: datetime) -> VendedState:
    if user is None:
        return VendedState.MAKING if status.endswith("_IN_PROGRESS") else VendedState.MISSING
    over = now - datetime.fromisoformat(one.expires)
    if any(key.active for key in user.keys):
        if over > SWEPT:
            return VendedState.STILL_ACTIVE
        return VendedState.EXPIRED if over > timedelta(0) else VendedState.ACTIVE
    return VendedState.EXPIRED if over > timedelta(0) or not one.active else VendedState.DISABLED


def troubles(silo: str, stack: VendedStack, given: Sequence[Handed]) -> Iterator[Part]:
    """What somebody has to look after, each with what to do."""
    address = f"{member_address(silo)}/vended"
    failed = stack.status.endswith("_FAILED") or "ROLLBACK" in stack.status
    if failed and stack.status != "UPDATE_ROLLBACK_COMPLETE":
        reason = f"{stack.status}: {stack.reason}" if stack.reason else stack.status
        advice = f"in the silo's account, look at the events of stack {VENDED_STACK}"
        yield Part(address, Health.DEGRADED, reason, advice)
    for one in given:
        place = f"{address}/{one.vended.name}"
        match one.state:
            case VendedState.STILL_ACTIVE:
                reason = f"over since {one.vended.expires}, and its key is active"
                advice = "revoke it in the web app, and see why the sweep of lake-webapp-backend did not end it"
                yield Part(place, Health.DEGRADED, reason, advice)
            case VendedState.DISABLED:
                yield Part(place, Health.DEGRADED, "its key was made inactive by hand", "revoke it in the web app")
            case VendedState.MISSING:
                yield Part(place, Health.MISSING, "it is promised, and has no user", "revoke it in the web app")
            case _:
                pass


def remarks(place: Place, stack: VendedStack, now: datetime) -> Iterator[str]:
    """What is good to know and harms nobody: change sets that were made and never carried out."""
    for one in stack.change_sets:
        if now - datetime.fromisoformat(one.created) > FRESH:
            command = f"aws cloudformation delete-change-set --stack-name {VENDED_STACK} --change-set-name {one.name}"
            yield (
                f"change set {one.name} of {one.created} was never carried out: what it asked for was not vended. "
                f"To take it away: {command} --region {place.region}  # in account {place.account}"
            )
