"""How long to wait between two looks at an operation."""

from __future__ import annotations

from collections.abc import Iterator

FIRST, GROWS, LONGEST = 0.1, 1.6, 5.0  # seconds; CloudFormation's rates are not published, so long waits ask seldom


def pauses() -> Iterator[float]:
    """Short at first, for what is done at once, then longer and longer; never ends."""
    pause = FIRST
    while True:
        yield pause
        pause = min(pause * GROWS, LONGEST)
