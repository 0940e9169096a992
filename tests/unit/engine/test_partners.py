"""Credentials of partners beside what git says: each state has its name, and an ended key is proved by reading it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from controller.engine.partners import held, judge, look, make_room, over, revoke
from controller.kinds.partner import Access, Partner
from controller.model.credential import Held, LiveKey, LiveUser, State
from controller.model.live import Place
from controller.report.partners import partners_json, partners_text
from controller.resolve.credentials import credential
from tests.conftest import manifest
from tests.fakes import lakes
from tests.fakes.users import FakeUsers
from tests.fakes.vendings import FakeVendings

TODAY, ISSUED = date(2026, 12, 10), date(2026, 11, 1)
NOW = datetime(2026, 12, 10, 12, tzinfo=UTC)
HOME = Place(lakes.SALES, "eu-west-1")
PULSE = Partner(
    manifest("Partner", "pulse"),
    name="pulse",
    contact="data@pulse.example",
    access=(Access("sales", "inbound/pulse", ("api",), ("upload",)),),
    expires=date(2027, 1, 31),
    rotate_every_days=30,
    issued=ISSUED,
    revoked=False,
    source_cidrs=(),
    max_object_mib=None,
)


def key(name: str, created: date, *, active: bool = True) -> LiveKey:
    return LiveKey(name, active, created, "")


def user(*keys: LiveKey, name: str = "pulse") -> LiveUser:
    return LiveUser(name, "/partners/sales/", {"lake:prefix": f"inbound/{name}"}, keys)


def seen(users: FakeUsers, partner: Partner = PULSE) -> tuple[Held, ...]:
    lake = lakes.lake(lakes.sales())
    lake = replace(lake, partners={partner.name: partner}, credentials={partner.name: credential(partner, TODAY)})
    places = {"sales": HOME}
    return held(lake, places, look(places, users, FakeVendings(), NOW))


FRESH = key("B", ISSUED + timedelta(30))
OLD = key("A", ISSUED)


@pytest.mark.parametrize(
    ("changed", "live", "state"),
    [
        ({}, user(FRESH), State.ACTIVE),
        ({}, None, State.MISSING),
        ({}, user(OLD), State.ROTATION_DUE),
        ({}, user(replace(FRESH, active=False)), State.DISABLED),
        ({"revoked": True}, user(FRESH), State.STILL_ACTIVE),
        ({"revoked": True}, user(replace(FRESH, active=False)), State.REVOKED),
        ({"expires": date(2026, 12, 9)}, user(FRESH), State.STILL_ACTIVE),
        ({"expires": date(2026, 12, 9)}, user(replace(FRESH, active=False)), State.EXPIRED),
    ],
)
def test_a_credential_is_judged_by_git_and_the_day(
    changed: dict[str, Any], live: LiveUser | None, state: State
) -> None:
    partner = replace(PULSE, **changed)
    assert judge(credential(partner, TODAY), partner, live)[0] is state


def test_a_user_that_no_manifest_declares_is_told_with_its_account() -> None:
    found = seen(FakeUsers({"pulse": user(FRESH), "sneaky": user(key("C", TODAY), name="sneaky")}))
    assert [(one.partner, one.state) for one in found] == [("pulse", State.ACTIVE), ("sneaky", State.FOREIGN)]
    assert '"in_git": false' in partners_json(found, {})
    assert "2 credentials, 1 to look at." in partners_text(found, TODAY)
    told = partners_text((), TODAY, unread={"sales": "AccessDenied"})
    assert "silo sales could not be read: AccessDenied\n0 credentials, not all could be read.\n" in told
    assert '"good": false' in partners_json((), {"sales": "AccessDenied"})


def test_an_account_that_answers_nothing_makes_its_credentials_unknown() -> None:
    (one,) = seen(FakeUsers(refuses="AccessDenied"))
    assert (one.state, one.why) == (State.UNKNOWN, "AccessDenied")


def test_a_revoked_partner_has_every_key_read_back_as_inactive() -> None:
    users = FakeUsers({"pulse": user(OLD, FRESH)})
    ended = revoke(seen(users)[0], users)
    assert [(end.key, end.inactive) for end in ended] == [("A", True), ("B", True)]


def test_a_key_that_stays_active_is_told() -> None:
    users = FakeUsers({"pulse": user(FRESH)}, sticks=True)
    assert [end.inactive for end in revoke(seen(users)[0], users)] == [False]


def test_two_keys_of_periods_that_are_over_make_room_for_a_due_one() -> None:
    stale = user(key("A", ISSUED - timedelta(60)), key("B", ISSUED - timedelta(30)))
    users = FakeUsers({"pulse": stale})
    gone = make_room(seen(users)[0], credential(PULSE, TODAY), users)
    assert gone is not None and gone.id == "A"
    assert [each.id for each in users.there["pulse"].keys] == ["B"]


@pytest.mark.parametrize("keys", [(OLD,), (FRESH,)])
def test_the_only_key_is_never_deleted(keys: tuple[LiveKey, ...]) -> None:
    assert over(credential(PULSE, TODAY), keys) is None


def test_a_key_in_its_overlap_is_not_over() -> None:
    today = ISSUED + timedelta(33)
    assert over(credential(PULSE, today), (OLD, FRESH)) is None
