"""A logical home: whatever path a client names, the key is below the prefix."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.local.sftp.home import Home, NoHome

HOME = Home("drop", "inbound/fastfreight")


@pytest.mark.parametrize(
    ("asked", "key"),
    [
        (b".", "inbound/fastfreight"),
        (b"/", "inbound/fastfreight"),
        (b"", "inbound/fastfreight"),
        (b"a.csv", "inbound/fastfreight/a.csv"),
        (b"/2026/a.csv", "inbound/fastfreight/2026/a.csv"),
        (b"2026//./a.csv/", "inbound/fastfreight/2026/a.csv"),
        (b"../other/a.csv", "inbound/fastfreight/other/a.csv"),
        (b"/../../../etc/passwd", "inbound/fastfreight/etc/passwd"),
        (b"//etc/passwd", "inbound/fastfreight/etc/passwd"),
        (b"a/../../..", "inbound/fastfreight"),
        ("ä.csv".encode(), "inbound/fastfreight/ä.csv"),
        (b"..\\..\\a", "inbound/fastfreight/..\\..\\a"),
    ],
)
def test_a_path_is_a_key_below_the_prefix(asked: bytes, key: str) -> None:
    assert HOME.key(asked) == key


@given(st.binary(max_size=60) | st.text("./a\\", max_size=30).map(str.encode))
def test_no_path_is_a_key_elsewhere(asked: bytes) -> None:
    try:
        key = HOME.key(asked)
    except ValueError:
        return
    assert key == HOME.prefix or key.startswith(f"{HOME.prefix}/")
    assert not {".", "..", ""} & set(key.split("/"))


@pytest.mark.parametrize("asked", [b"a\0b", b"a\nb", b"\x7f", b"\xff\xfe"])
def test_names_that_no_object_should_have_are_refused(asked: bytes) -> None:
    with pytest.raises(ValueError, match=r"control characters|codec can't decode"):
        HOME.key(asked)


def answer(details: str, kind: str = "LOGICAL") -> dict[str, str]:
    return {"HomeDirectoryType": kind, "HomeDirectoryDetails": details}


def test_an_answer_names_the_home() -> None:
    assert Home.of(answer('[{"Entry":"/","Target":"/drop/inbound/fastfreight"}]')) == HOME


@pytest.mark.parametrize(
    "given_answer",
    [
        answer('[{"Entry":"/","Target":"/drop/a"}]', "PATH"),
        answer('[{"Entry":"/","Target":"/drop/a/"}]'),
        answer('[{"Entry":"/","Target":"drop/a"}]'),
        answer('[{"Entry":"/a","Target":"/drop/a"}]'),
        answer("[]"),
        answer("nonsense"),
        {},
    ],
)
def test_an_answer_that_transfer_would_refuse_is_refused(given_answer: dict[str, str]) -> None:
    with pytest.raises(NoHome):
        Home.of(given_answer)
