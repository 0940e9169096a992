"""The code bucket: what is written only under a condition, and what a read tells."""

from __future__ import annotations

from threading import Barrier, Thread

import pytest

from controller.model.errors import AwsError
from controller.model.observed import Absent, Present
from controller.model.world import Stored
from tests.contract.conftest import Side

KEY = "releases/200000000001/bundle.zip"


def test_a_bucket_that_is_not_there_is_absent_for_reads(side: Side) -> None:
    bucket = side.ports.bucket("eu-west-1")
    assert bucket.get(KEY) == Absent()
    assert bucket.list("releases/") == Absent()


def test_a_bucket_that_is_not_there_takes_no_writes(side: Side) -> None:
    with pytest.raises(AwsError):
        side.ports.bucket("eu-west-1").put(KEY, b"one", None)


def test_an_object_is_read_as_it_was_written(side: Side) -> None:
    bucket = side.bucket()
    written = bucket.put(KEY, b"one", None)
    assert written is not None
    assert bucket.get(KEY) == Present(Stored(KEY, written.etag, written.version, b"one"))
    assert bucket.list("releases/") == Present({KEY: Stored(KEY, written.etag)})


def test_a_listing_has_only_what_begins_with_its_prefix(side: Side) -> None:
    bucket = side.bucket()
    bucket.put(KEY, b"one", None)
    bucket.put("state/index.json", b"{}", None)
    listed = bucket.list("state/")
    assert isinstance(listed, Present)
    assert list(listed.value) == ["state/index.json"]
    assert bucket.list("assets/") == Present({})


def test_what_is_there_is_not_made_again(side: Side) -> None:
    bucket = side.bucket()
    bucket.put(KEY, b"one", None)
    assert bucket.put(KEY, b"two", None) is None
    found = bucket.get(KEY)
    assert isinstance(found, Present)
    assert found.value.content == b"one"


def test_what_is_as_it_was_read_is_replaced_and_the_old_version_stays_readable(side: Side) -> None:
    bucket = side.bucket()
    first = bucket.put(KEY, b"one", None)
    assert first is not None
    second = bucket.put(KEY, b"two", first.etag)
    assert second is not None
    assert second.version != first.version
    old = bucket.get(KEY, first.version)
    assert isinstance(old, Present)
    assert old.value.content == b"one"


def test_a_version_that_is_not_kept_any_more_is_absent(side: Side) -> None:
    bucket = side.bucket()
    assert bucket.put(KEY, b"one", None) is not None
    assert bucket.get(KEY, "11111111-2222-3333-4444-555555555555") == Absent()


@pytest.mark.parametrize("present", [True, False])
def test_what_is_not_as_it_was_read_is_not_replaced(side: Side, present: bool) -> None:
    bucket = side.bucket()
    if present:
        bucket.put(KEY, b"one", None)
    assert bucket.put(KEY, b"two", "0123456789abcdef0123456789abcdef") is None


def test_a_deleted_object_is_absent_and_may_be_made_again(side: Side) -> None:
    bucket = side.bucket()
    first = bucket.put(KEY, b"one", None)
    assert first is not None
    assert bucket.delete(KEY, first.etag)
    assert bucket.get(KEY) == Absent()
    assert bucket.list("releases/") == Present({})
    assert bucket.put(KEY, b"two", None) is not None


def test_what_changed_since_it_was_read_is_not_deleted(side: Side) -> None:
    bucket = side.bucket()
    first = bucket.put(KEY, b"one", None)
    assert first is not None
    bucket.put(KEY, b"two", first.etag)
    assert not bucket.delete(KEY, first.etag)
    assert isinstance(bucket.get(KEY), Present)


def test_what_is_gone_is_not_deleted_again(side: Side) -> None:
    bucket = side.bucket()
    first = bucket.put(KEY, b"one", None)
    assert first is not None
    bucket.delete(KEY, first.etag)
    assert not bucket.delete(KEY, first.etag)


def test_of_many_that_make_one_object_at_once_one_does(side: Side) -> None:
    bucket = side.bucket()
    start, won = Barrier(4), []

    def make(number: int) -> None:
        start.wait()
        if bucket.put(KEY, str(number).encode(), None) is not None:
            won.append(number)

    threads = [Thread(target=make, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = bucket.get(KEY)
    assert isinstance(found, Present)
    assert [str(number).encode() for number in won] == [found.value.content]
