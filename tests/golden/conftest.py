"""Golden files: what a person or a program reads. `--update-golden` writes them anew; their diff is read like code."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """`golden("plan_text/first.txt", text)` fails where the text is not that of the file."""

    def compare(name: str, text: str) -> None:
        path = FOLDER / name
        if request.config.getoption("--update-golden", default=False):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
        assert path.exists(), f"{path.relative_to(FOLDER)} is missing: run with --update-golden and read it"
        assert text == path.read_text(encoding="utf-8")

    return compare
