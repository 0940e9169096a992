from __future__ import annotations

import io

import pytest

from controller.report.terminal import Color, Terminal


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("stream", "environ", "color"),
    [
        (Screen(), {}, True),
        (Screen(), {"NO_COLOR": "1"}, False),
        (Screen(), {"TERM": "dumb"}, False),
        (io.StringIO(), {}, False),
    ],
)
def test_colour_is_for_a_terminal_that_did_not_refuse_it(
    stream: io.StringIO, environ: dict[str, str], color: bool
) -> None:
    assert ("\x1b" in Terminal.of(stream, environ).paint("x", Color.RED)) is color
