from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.diff.change import Later
from controller.report.terminal import PLAIN, Terminal
from controller.report.value import SHOWN_MAX, count, difference, plain, shown

ASCII = Terminal(unicode=False)


@given(st.text())
def test_no_text_moves_the_cursor_or_turns_the_reading_direction(text: str) -> None:
    for safe in (plain(text, PLAIN), shown(text, PLAIN)):
        assert not any(ord(c) < 32 or 0x7F <= ord(c) < 0xA0 or c in "\u202e\u2066\u200f\u2028" for c in safe)
    assert plain(text, ASCII).isascii() and shown(text, ASCII).isascii()


def test_an_escape_sequence_is_shown_as_what_it_is() -> None:
    assert plain("red \x1b[31mtext\nnext", PLAIN) == "red \\x1b[31mtext next"
    assert shown("\x1b", PLAIN) == '"\\u001b"'


def test_strings_numbers_and_what_is_not_there_look_different() -> None:
    assert [shown(value, PLAIN) for value in ("1", 1, True, None, {"b": 1, "a": [2]})] == [
        '"1"',
        "1",
        "true",
        "(not set)",
        '{"a": [2], "b": 1}',
    ]
    assert difference(None, Later("account/x", "Id"), PLAIN) == "(not set) -> (known after apply)"


def test_long_values_are_cut_around_what_differs() -> None:
    before, after = "x" * 500 + "old" + "y" * 500, "x" * 500 + "new" + "y" * 500
    line = difference(before, after, PLAIN)
    assert "old" in line and "new" in line
    assert len(line) < 2 * SHOWN_MAX + 10


@pytest.mark.parametrize(
    ("number", "noun", "text"),
    [
        (1, "silos", "1 silo"),
        (4, "silos", "4 silos"),
        (1200, "policies", "1,200 policies"),
        (1, "policies", "1 policy"),
    ],
)
def test_nouns_agree_with_their_number(number: int, noun: str, text: str) -> None:
    assert count(number, noun) == text
