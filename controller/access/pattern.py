"""Text with wildcards and policy variables, as policies write it (IAM user guide, "Variables and tags")."""

from __future__ import annotations

import re
from functools import lru_cache

from controller.access.request import Request

_VARIABLE = re.compile(r"\$\{\s*([^}]*?)\s*\}")
_DEFAULTED = re.compile(r"([^,]+?)\s*,\s*'(.*)'")
_LITERALS = {"*", "?", "$"}  # ${*} is a star that is no wildcard
ARN_PARTS = 6


class Unresolved(Exception):
    """A policy variable has no single value in this request; `known` is False where nobody knows whether it has."""

    def __init__(self, known: bool) -> None:
        super().__init__()
        self.known = known


def matches(pattern: str, text: str, request: Request | None = None, fold: bool = False) -> bool:
    """Whether the whole text fits; `request` fills in variables, None takes `${` as it stands."""
    return _compiled(_expression(pattern, request, wild=True), fold).fullmatch(text) is not None


def equals(pattern: str, text: str, request: Request | None, fold: bool = False) -> bool:
    """The same without wildcards."""
    return _compiled(_expression(pattern, request, wild=False), fold).fullmatch(text) is not None


def matches_arn(pattern: str, arn: str, request: Request | None = None) -> bool:
    """Part by part: a wildcard never crosses one of the five colons that separate an ARN's parts (IAM user guide)."""
    if pattern == "*":
        return True
    wanted, parts = _arn_parts(pattern), arn.split(":", ARN_PARTS - 1)
    if len(wanted) != ARN_PARTS or len(parts) != ARN_PARTS:
        return matches(pattern, arn, request) if len(parts) != ARN_PARTS else False
    return all(matches(want, part, request) for want, part in zip(wanted, parts, strict=True))


def _arn_parts(pattern: str) -> list[str]:
    """The parts of an ARN, where a variable's own colon separates nothing."""
    parts: list[str] = []
    start = 0
    for colon in re.finditer(r"\$\{[^}]*\}|:", pattern):
        if colon[0] == ":" and len(parts) < ARN_PARTS - 1:
            parts.append(pattern[start : colon.start()])
            start = colon.end()
    return [*parts, pattern[start:]]


def _expression(pattern: str, request: Request | None, wild: bool) -> str:
    if request is None or "${" not in pattern:
        return _translated(pattern, wild)
    built, last = [], 0
    for found in _VARIABLE.finditer(pattern):
        built += [_translated(pattern[last : found.start()], wild), re.escape(_value(found[1], request))]
        last = found.end()
    return "".join([*built, _translated(pattern[last:], wild)])


@lru_cache(maxsize=8192)
def _translated(pattern: str, wild: bool) -> str:
    if not wild:
        return re.escape(pattern)
    return "".join({"*": ".*", "?": "."}.get(letter, re.escape(letter)) for letter in re.sub(r"\*+", "*", pattern))


@lru_cache(maxsize=8192)
def _compiled(expression: str, fold: bool) -> re.Pattern[str]:
    return re.compile(expression, re.DOTALL | (re.IGNORECASE if fold else 0))


def _value(name: str, request: Request) -> str:
    if name in _LITERALS:
        return name
    defaulted = _DEFAULTED.fullmatch(name)
    values = request.values(defaulted[1] if defaulted else name)
    if values is None:
        raise Unresolved(known=False)
    if len(values) == 1 and not request.several(defaulted[1] if defaulted else name):
        return values[0]
    if defaulted and not values:
        return defaulted[2]
    raise Unresolved(known=True)
