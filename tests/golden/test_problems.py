"""The problems of a lake with one fault of each sort, as people and programs read them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest

from controller.engine.validate import examine
from controller.model.problem import Problem, Severity
from controller.model.source import Source
from controller.report.problems import closing, problems_json, problems_text
from controller.report.terminal import Terminal

LAKE = Path(__file__).parents[1] / "lakes" / "faulty"
Golden = Callable[[str, str], None]


@pytest.fixture
def problems(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Problem, ...]]:
    monkeypatch.chdir(LAKE.parent)
    blueprints = frozenset({"storage", "flows/http", "flows/dropzone"})
    yield examine(Path("faulty"), blueprints, date(2026, 11, 22)).problems


def test_problems_as_text(problems: tuple[Problem, ...], golden: Golden) -> None:
    golden("problems/problems.txt", problems_text(problems) + closing(problems) + "\n")


def test_problems_as_json(problems: tuple[Problem, ...], golden: Golden) -> None:
    golden("problems/problems.json", json.dumps(problems_json(problems), indent=2, ensure_ascii=False) + "\n")


def test_a_terminal_shows_severities_in_colour_and_no_codes_of_others() -> None:
    problem = Problem("unknown-field", "there is no field \x1b[2J here", Source("a\nb.yaml", 3, 7))
    assert problems_text([problem], Terminal(color=True)) == (
        "a\\nb.yaml:3:7: \x1b[31merror[unknown-field]\x1b[0m: there is no field \\x1b[2J here\n"
    )


@pytest.mark.parametrize(
    ("errors", "warnings", "line"),
    [
        (1, 0, "1 problem in 1 file"),
        (2, 0, "2 problems in 1 file"),
        (0, 1, "1 warning in 1 file"),
        (1, 2, "1 problem and 2 warnings in 1 file"),
    ],
)
def test_the_closing_line_counts(errors: int, warnings: int, line: str) -> None:
    found = [Problem("expired", "past", Source("a.yaml"))] * errors
    found += [Problem("expires-soon", "soon", Source("a.yaml"), severity=Severity.WARNING)] * warnings
    assert closing(found) == line
