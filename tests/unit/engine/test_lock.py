"""One lease for the lake: who gets it, who does not, and what they are told."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import timedelta

import pytest

from controller.engine.lock import LEASE, clear, held
from controller.model.errors import AwsError, ControllerError, LockHeld
from controller.model.ownership import LOCK_KEY
from tests.fakes.aws import FakeAws
from tests.fakes.lakes import small


@pytest.fixture
def aws() -> FakeAws:
    made = FakeAws(small())
    made.home.made = True
    return made


def left_by_a_killed_run(aws: FakeAws) -> None:
    with held(aws.home, aws.ports, "apply"):
        content = aws.home.objects()[LOCK_KEY]
    aws.home.write(LOCK_KEY, content)


def test_a_lock_says_who_holds_it_since_when_and_until_when(aws: FakeAws) -> None:
    with held(aws.home, aws.ports, "apply"):
        record = json.loads(aws.home.objects()[LOCK_KEY])
    assert record.pop("id")
    assert record == {
        "operation": "apply",
        "owner": {"user": "ci", "host": "builder", "pid": 4711},
        "taken": "2026-01-31T12:00:00+00:00",
        "expires": "2026-01-31T12:30:00+00:00",
    }


def test_a_lock_is_gone_when_its_work_is_done(aws: FakeAws) -> None:
    with held(aws.home, aws.ports, "apply"):
        pass
    assert LOCK_KEY not in aws.home.objects()


def test_a_lock_is_gone_when_its_work_failed(aws: FakeAws) -> None:
    with pytest.raises(ZeroDivisionError), held(aws.home, aws.ports, "apply"):
        raise ZeroDivisionError
    assert LOCK_KEY not in aws.home.objects()


def test_a_second_holder_is_told_who_has_it_and_until_when(aws: FakeAws) -> None:
    with held(aws.home, aws.ports, "apply"), pytest.raises(LockHeld) as refused, held(aws.home, aws.ports, "apply"):
        raise AssertionError("two have it")
    assert "ci@builder holds the lock: apply since 2026-01-31T12:00:00" in str(refused.value)


def test_an_expired_lock_is_taken_over(aws: FakeAws) -> None:
    with held(aws.home, aws.ports, "apply"):
        aws.later(seconds=LEASE.total_seconds() + 1)
        with held(aws.home, aws.ports, "apply") as mine:
            assert json.loads(aws.home.objects()[LOCK_KEY])["id"] == mine.record["id"]


def test_a_renewed_lock_does_not_expire(aws: FakeAws) -> None:
    with held(aws.home, aws.ports, "apply") as lease:
        aws.later(minutes=20)
        lease.renew()
        aws.later(minutes=20)
        with pytest.raises(LockHeld), held(aws.home, aws.ports, "apply"):
            raise AssertionError("two have it")


def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 5
    while not holds():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.001)


def test_a_lock_is_renewed_by_itself_while_one_step_takes_its_time(aws: FakeAws) -> None:
    with held(aws.home, aws.ports, "apply", beat=timedelta(milliseconds=1)):
        aws.later(hours=3)
        until(lambda: json.loads(aws.home.objects()[LOCK_KEY])["expires"] == "2026-01-31T15:30:00+00:00")
        with pytest.raises(LockHeld), held(aws.home, aws.ports, "apply"):
            raise AssertionError("two have it")
    assert LOCK_KEY not in aws.home.objects()


def test_a_renewal_that_aws_did_not_answer_is_tried_again(aws: FakeAws) -> None:
    failed: list[str] = []

    def no_answer() -> None:
        failed.append("once")
        raise AwsError("no answer")

    with held(aws.home, aws.ports, "apply", beat=timedelta(milliseconds=1)):
        aws.home.races[LOCK_KEY] = no_answer
        until(lambda: bool(failed))
        aws.later(hours=3)
        until(lambda: json.loads(aws.home.objects()[LOCK_KEY])["expires"] == "2026-01-31T15:30:00+00:00")


def test_the_expired_lock_of_a_process_that_lives_is_held(aws: FakeAws) -> None:
    left_by_a_killed_run(aws)
    aws.living[4711] = True
    aws.later(hours=3)
    with pytest.raises(LockHeld), held(aws.home, aws.ports, "apply"):
        raise AssertionError("two have it")


def test_the_lock_of_a_dead_process_of_this_machine_is_taken_over(aws: FakeAws) -> None:
    left_by_a_killed_run(aws)
    aws.living[4711] = False
    with held(aws.home, aws.ports, "apply"):
        assert LOCK_KEY in aws.home.objects()


def test_the_lock_of_a_process_that_may_be_alive_is_not(aws: FakeAws) -> None:
    left_by_a_killed_run(aws)
    with pytest.raises(LockHeld), held(aws.home, aws.ports, "apply"):
        raise AssertionError("two have it")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b'{"expires": "soon", "owner": {}}',
        b'{"expires": "2020-01-01T00:00:00", "owner": {}}',
        b'{"expires": 12, "owner": {}}',
        b'{"expires": "2020-01-01T00:00:00+00:00", "owner": "me"}',
        b"\xff\xfe",
    ],
)
def test_what_is_no_lock_counts_as_held_and_stays(aws: FakeAws, content: bytes) -> None:
    aws.home.write(LOCK_KEY, content)
    with pytest.raises(LockHeld, match="not a lock of ours") as refused, held(aws.home, aws.ports, "apply"):
        raise AssertionError("it was taken")
    assert "delete it" in refused.value.hint
    assert aws.home.objects()[LOCK_KEY] == content


def test_a_lock_that_cannot_be_read_counts_as_held(aws: FakeAws) -> None:
    aws.home.write(LOCK_KEY, b"x")
    aws.home.unreadable[LOCK_KEY] = "AccessDenied"
    with pytest.raises(LockHeld, match="could not be read: AccessDenied"), held(aws.home, aws.ports, "apply"):
        raise AssertionError("it was taken")


def test_of_two_that_take_over_at_once_one_gets_it(aws: FakeAws) -> None:
    with held(aws.home, aws.ports, "apply"):
        aws.later(hours=2)
        other = held(aws.home, aws.ports, "apply")

        def between() -> None:  # our first put loses; just before the one that takes over, another does
            aws.home.races[LOCK_KEY] = other.__enter__

        aws.home.races[LOCK_KEY] = between
        with pytest.raises(LockHeld, match="same moment"), held(aws.home, aws.ports, "apply"):
            raise AssertionError("two have it")
        other.__exit__(None, None, None)


def test_a_lock_released_between_two_looks_is_taken(aws: FakeAws) -> None:
    first = held(aws.home, aws.ports, "apply")
    lease = first.__enter__()
    reads = aws.home.get

    def released(key: str, version: str = "") -> object:
        aws.home.delete(LOCK_KEY, lease.etag)
        return reads(key, version)

    aws.home.get = released  # type: ignore[method-assign, assignment]
    with held(aws.home, aws.ports, "apply"):
        assert LOCK_KEY in aws.home.objects()


def test_a_holder_whose_lock_was_taken_over_hears_it_and_leaves_the_new_one_alone(aws: FakeAws) -> None:
    with held(aws.home, aws.ports, "apply") as lease:
        other = aws.home.write(LOCK_KEY, b"somebody else's")
        with pytest.raises(LockHeld, match="was taken by somebody else"):
            lease.renew()
    assert aws.home.objects()[LOCK_KEY] == other.content


def test_a_bucket_that_refuses_is_an_error_of_its_own(aws: FakeAws) -> None:
    aws.home.made = False
    with pytest.raises(ControllerError, match="NoSuchBucket"), held(aws.home, aws.ports, "apply"):
        raise AssertionError("it was taken")


class TestClearing:
    """What a run does that has nothing else to do."""

    def test_the_lock_of_a_dead_run_goes(self, aws: FakeAws) -> None:
        left_by_a_killed_run(aws)
        aws.living[4711] = False
        clear(aws.home, aws.ports)
        assert LOCK_KEY not in aws.home.objects()

    def test_the_lock_of_a_run_that_may_live_stays(self, aws: FakeAws) -> None:
        left_by_a_killed_run(aws)
        clear(aws.home, aws.ports)
        assert LOCK_KEY in aws.home.objects()

    @pytest.mark.parametrize("content", [b"", b"{}"])
    def test_what_is_no_lock_stays(self, aws: FakeAws, content: bytes) -> None:
        aws.home.write(LOCK_KEY, content)
        clear(aws.home, aws.ports)
        assert aws.home.objects()[LOCK_KEY] == content

    def test_where_there_is_none_nothing_is_written(self, aws: FakeAws) -> None:
        clear(aws.home, aws.ports)
        assert aws.writes == []
