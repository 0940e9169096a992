from __future__ import annotations

import pytest

from controller.load.scalars import Ambiguous, plain


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("sales", "sales"),
        ("12", 12),
        ("0", 0),
        ("-7", -7),
        ("1.50", 1.5),
        ("-1.5e3", -1500.0),
        ("true", True),
        ("Off", False),
        ("no", False),
        ("~", None),
        ("", None),
        ("2027-06-30", "2027-06-30"),
        ("2027-06-30T12:00:00Z", "2027-06-30T12:00:00Z"),
        ("203.0.113.0/24", "203.0.113.0/24"),
        ("1.2.3", "1.2.3"),
        ("-", "-"),
        ("+", "+"),
        (".", "."),
        ("1a", "1a"),
        ("0.0.0.0/0", "0.0.0.0/0"),
        ("12,5", "12,5"),
        ("2001:db8::/32", "2001:db8::/32"),
    ],
)
def test_a_plain_scalar_is_what_both_versions_of_yaml_say(text: str, value: object) -> None:
    found = plain(text)
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    "text",
    [
        "012",
        "012345678901",
        "1_000",
        "0x1F",
        "0b11",
        "0o17",
        "+5",
        "12:30",
        "1:30:00",
        ".5",
        "1.",
        "1e3",
        ".inf",
        "-.INF",
        ".nan",
        "1.5e999",
        "9" * 19,
        "9" * 5000,
    ],
)
def test_a_number_that_tools_read_differently_is_refused(text: str) -> None:
    assert isinstance(plain(text), Ambiguous)
