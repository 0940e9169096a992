"""Schedules as EventBridge reads them (EventBridge Scheduler user guide, "Schedule types")."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from controller.model.problem import Problem
from controller.resolve.specs import Specs

_RATE = re.compile(r"rate\((\d{1,6}) (minute|hour|day)(s?)\)")
_CRON = re.compile(r"cron\((.*)\)")
_MONTH_NAMES = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_MONTHS = {month: number for number, month in enumerate(_MONTH_NAMES, 1)}
_DAYS = {day: number for number, day in enumerate(("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"), 1)}


@dataclass(frozen=True, slots=True)
class _Field:
    """One of cron's six; `marks` are what it may have besides numbers, lists, ranges, steps and *."""

    name: str
    low: int
    high: int
    words: dict[str, int]
    marks: str = ""


_FIELDS = (
    _Field("minutes", 0, 59, {}),
    _Field("hours", 0, 23, {}),
    _Field("day of month", 1, 31, {}, "?LW"),
    _Field("month", 1, 12, _MONTHS),
    _Field("day of week", 1, 7, _DAYS, "?L#"),
    _Field("year", 1970, 2199, {}),
)


def check(specs: Specs) -> Iterator[Problem]:
    for flow in specs.flows.values():
        found = wrong(flow.schedule)
        if flow.schedule == "on-arrival" and flow.source_type != "dropzone":
            found = (f"on-arrival is for drop-zone flows; this is {flow.source_type}", "such as rate(1 hour)")
        if found:
            yield Problem.of(flow.manifest, "bad-schedule", "spec.schedule", *found)


def wrong(schedule: str) -> tuple[str, str] | None:
    """What is wrong with a schedule, and what to write; None when it is right."""
    if schedule == "on-arrival":
        return None
    rate, cron = _RATE.fullmatch(schedule), _CRON.fullmatch(schedule)
    if rate:
        return _wrong_rate(int(rate[1]), rate[2], rate[3])
    if cron:
        return _wrong_cron(cron[1])
    return f'"{schedule[:60]}" is no schedule', "rate(1 hour), rate(5 minutes), cron(0 3 * * ? *) or on-arrival"


def _wrong_rate(count: int, unit: str, plural: str) -> tuple[str, str] | None:
    if count == 0:
        return "a rate of 0 never runs", f"such as rate(1 {unit})"
    if (count == 1) == bool(plural):
        right = f"rate({count} {unit}{'' if count == 1 else 's'})"
        return f"EventBridge refuses {unit}{plural} after {count}", f"write {right}"
    return None


def _wrong_cron(text: str) -> tuple[str, str] | None:
    words = text.split()
    example = "such as cron(0 3 * * ? *): minutes hours day-of-month month day-of-week year"
    if len(words) != len(_FIELDS):
        return f"cron has {len(_FIELDS)} fields, {len(words)} are given", example
    for field, word in zip(_FIELDS, words, strict=True):
        if not _fits(field, word):
            return f'"{word[:60]}" cannot be the {field.name} ({field.low} to {field.high})', example
    if (words[2] == "?") == (words[4] == "?"):
        return "exactly one of day of month and day of week must be ?", example
    return None


def _fits(field: _Field, word: str) -> bool:
    if word in ("*", "?"):
        return word == "*" or "?" in field.marks
    return all(_part(field, part) for part in word.split(","))


def _part(field: _Field, part: str) -> bool:
    base, slash, step = part.partition("/")
    if slash and not (step.isdecimal() and len(step) < 5 and int(step) > 0):
        return False
    if base == "*":
        return bool(slash)
    if _special(field, base):
        return not slash
    low, dash, high = base.partition("-")
    first, last = _number(field, low), _number(field, high) if dash else None
    return first is not None and (not dash or (last is not None and first <= last))


def _special(field: _Field, base: str) -> bool:
    """L, LW, 15W in days of the month; L, 5L, 3#2 in days of the week."""
    if "W" in field.marks:
        return base in ("L", "LW") or (base.endswith("W") and _number(field, base[:-1]) is not None)
    if "#" in field.marks:
        day, mark, nth = base.partition("#")
        if mark:
            return _number(field, day) is not None and nth in ("1", "2", "3", "4", "5")
        return base == "L" or (base.endswith("L") and _number(field, base[:-1]) is not None)
    return False


def _number(field: _Field, text: str) -> int | None:
    value = field.words.get(text.upper())
    if value is None and text.isdecimal() and text.isascii() and len(text) <= 4:
        value = int(text)
    return value if value is not None and field.low <= value <= field.high else None
