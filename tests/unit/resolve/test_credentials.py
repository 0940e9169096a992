"""Keys of partners by the day: they rotate when they are due, overlap for a while, and never need a third key."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.kinds.partner import Partner
from controller.resolve.credentials import Credential, Key, credential, due, overlap
from tests.conftest import manifest

ISSUED = date(2026, 11, 1)
START = (ISSUED - date(2020, 1, 1)).days
PARTNER = Partner(
    manifest("Partner", "marketpulse"),
    name="marketpulse",
    contact="feeds@marketpulse.example",
    access=(),
    expires=date(2027, 1, 31),
    rotate_every_days=30,
    issued=ISSUED,
    revoked=False,
    source_cidrs=(),
    max_object_mib=None,
)


def on(days: int, **changed: object) -> Credential:
    return credential(replace(PARTNER, **changed), ISSUED + timedelta(days))


def test_the_first_period_has_one_key() -> None:
    assert on(0) == on(29) == Credential(Key("A", START), None, True)


def test_a_due_key_comes_into_the_free_place_beside_the_old_one() -> None:
    assert on(30) == Credential(Key("B", START + 30), Key("A", START), True)
    assert on(36).keys == (Key("A", START), Key("B", START + 30))


def test_the_old_key_ends_with_the_overlap() -> None:
    assert on(37).keys == (Key("B", START + 30),)


def test_a_later_day_of_issue_is_a_new_key_at_once() -> None:
    changed = on(40, issued=ISSUED + timedelta(40))
    assert changed.keys == (Key("A", START + 40),) and changed.current.serial > on(40).current.serial


def test_without_rotation_the_key_stays() -> None:
    assert on(0, rotate_every_days=None) == on(300, rotate_every_days=None, expires=date(2028, 1, 1))
    assert due(replace(PARTNER, rotate_every_days=None), ISSUED) is None


def test_the_next_key_is_due_on_the_first_day_of_the_next_period() -> None:
    assert due(PARTNER, ISSUED) == due(PARTNER, ISSUED + timedelta(29)) == ISSUED + timedelta(30)
    assert due(PARTNER, ISSUED + timedelta(30)) == ISSUED + timedelta(60)


@pytest.mark.parametrize(("today", "active"), [(date(2027, 1, 31), True), (date(2027, 2, 1), False)])
def test_keys_are_inactive_from_the_day_after_the_last(today: date, active: bool) -> None:
    assert credential(PARTNER, today).active is active


def test_a_revoked_partner_keeps_its_keys_but_none_is_active() -> None:
    assert on(31, revoked=True) == replace(on(31), active=False)


@given(st.integers(1, 365), st.integers(0, 4000), st.sampled_from([ISSUED, None]))
def test_daily_applies_never_need_a_third_key(period: int, day: int, issued: date | None) -> None:
    """CloudFormation makes what is new before it deletes what is gone, and a user has two keys at most."""
    before = on(day, rotate_every_days=period, issued=issued)
    after = on(day + 1, rotate_every_days=period, issued=issued)
    assert len({*before.keys, *after.keys}) <= 2
    assert after.current.serial >= before.current.serial
    assert len({key.place for key in after.keys}) == len(after.keys)


def test_a_daily_key_has_no_overlap() -> None:
    assert (overlap(1), overlap(2), overlap(30)) == (0, 1, 7)
    assert on(5, rotate_every_days=1).previous is None
