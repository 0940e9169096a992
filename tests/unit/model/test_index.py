"""The index: what is written is read again, and nothing is guessed."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from controller.model.index import FORMAT, Entry, GuardsApplied, Index, IndexUnknown, Refused, WaveApplied, parse

ENTRY = Entry("200000000001", "eu-west-1", "i", "b", "e", "v", "c0ffee", "2026-01-31T12:00:00+00:00", True)


def test_what_is_written_is_read_again() -> None:
    index = Index({"sales": ENTRY, "finance": ENTRY})
    assert parse(index.text(), "etag") == Index({"finance": ENTRY, "sales": ENTRY}, "etag")


def test_so_are_the_marks_of_a_rollout_which_others_are_spared() -> None:
    awaited = replace(ENTRY, bundle="c").over(ENTRY)
    back = replace(ENTRY, refused=Refused("i", "c", "2026-01-31T12:30:00+00:00", "it failed", "finance"))
    index = Index({"plant": ENTRY, "sales": awaited, "twin": back}, "etag")
    assert parse(index.text(), "etag") == index
    assert json.loads(index.text())["silos"]["plant"].keys().isdisjoint({"awaited", "former", "refused"})


def test_what_to_go_back_to_is_the_last_release_that_was_proved_of_the_same_place() -> None:
    second = replace(ENTRY, bundle="second").over(ENTRY)
    third = replace(ENTRY, bundle="third").over(second)
    assert (second.former, third.former) == (ENTRY, ENTRY)
    assert replace(ENTRY, account="200000000009").over(ENTRY).former is None
    assert ENTRY.over(None).awaited


def test_what_took_access_away_is_remembered_until_it_is_proved() -> None:
    second = replace(ENTRY, bundle="second").over(ENTRY, narrows=True)
    third = replace(ENTRY, bundle="third").over(second)
    assert (second.narrowed, third.narrowed, third.proved.narrowed) == (True, True, False)
    assert not replace(ENTRY, bundle="fourth").over(third.proved).narrowed
    assert parse(Index({"sales": third}, "etag").text(), "etag").silos["sales"] == third


def test_guards_are_read_as_they_were_left() -> None:
    waves = (WaveApplied("canary", {"wave": "canary"}, None), WaveApplied("some", {}, 20))
    index = Index({}, guards=GuardsApplied(50, True, ("silo/sales/storage/RawBucket",), waves, 600))
    assert parse(index.text(), "") == index


def test_the_same_index_is_the_same_text_whatever_the_order() -> None:
    assert Index({"a": ENTRY, "b": ENTRY}).text() == Index({"b": ENTRY, "a": ENTRY}, "other").text()


def test_a_newer_format_asks_for_a_newer_siloctl() -> None:
    with pytest.raises(IndexUnknown, match="use a newer siloctl"):
        parse(json.dumps({"format": FORMAT + 1, "silos": {}}).encode(), "")


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b'{"format": "1", "silos": {}}',
        b'{"format": 1, "silos": []}',
        b'{"format": 1, "silos": {"a": {"account": "1"}}}',
        b'{"format": 1, "silos": {"a": "x"}}',
        b'{"format": 1, "silos": {}, "guards": {"protect_data": false}}',
        b'{"format": 1, "silos": {}, "guards": null}',
        b"\xff",
    ],
)
def test_anything_else_is_no_index(text: bytes) -> None:
    with pytest.raises(IndexUnknown):
        parse(text, "")
