"""Problems as text, in the form that editors and CI jump by, and as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from controller.model.problem import Problem, Severity
from controller.report.terminal import PLAIN, Color, Terminal

FORMAT_VERSION = "1.0"  # minor: something was added; major: something means something else


def problems_text(problems: Iterable[Problem], terminal: Terminal = PLAIN) -> str:
    """`path:line:column: severity[code]: message`, then the field and the hint, indented; lines end with a break."""
    return "".join(f"{line}\n" for problem in problems for line in _lines(problem, terminal))


def closing(problems: Sequence[Problem]) -> str:
    """Such as `3 problems in 2 files` or `1 problem and 2 warnings in 1 file`."""
    errors = sum(problem.severity is Severity.ERROR for problem in problems)
    warnings = len(problems) - errors
    files = len({problem.at.path for problem in problems})
    counts = [_count(errors, "problem")] if errors or not warnings else []
    counts += [_count(warnings, "warning")] if warnings else []
    return f"{' and '.join(counts)} in {_count(files, 'file')}"


def problems_json(problems: Iterable[Problem]) -> list[dict[str, Any]]:
    return [
        {
            "code": problem.code,
            "severity": problem.severity.value,
            "path": problem.at.path,
            "line": problem.at.line,
            "column": problem.at.column,
            "subject": problem.subject,
            "field": problem.field,
            "message": problem.message,
            "hint": problem.hint,
        }
        for problem in problems
    ]


def _lines(problem: Problem, terminal: Terminal) -> Iterator[str]:
    color = Color.RED if problem.severity is Severity.ERROR else Color.YELLOW
    severity = terminal.paint(f"{problem.severity}[{problem.code}]", color)
    yield f"{_inert(str(problem.at))}: {severity}: {_inert(problem.message)}"
    where = " of ".join(part for part in (problem.field, problem.subject) if part)
    if where:
        yield _inert(f"  in {where}")
    if problem.hint:
        yield _inert(f"  hint: {problem.hint}")


def _inert(line: str) -> str:
    """Names come from other people's files: no escape sequence or hidden character reaches the terminal."""
    if line.isprintable():
        return line
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in line)


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
