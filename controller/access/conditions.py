"""Condition operators (IAM user guide, "Condition operators" and "Set operators for multi-valued context keys")."""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from controller.access.pattern import Unresolved, equals, matches, matches_arn
from controller.access.policy import Condition, Statement
from controller.access.request import Request
from controller.access.truth import Truth, every, opposite, some

Compare = Callable[[str, str, Request | None], bool]  # the policy's value, the request's, where variables come from


def holds(statement: Statement, request: Request) -> Truth:
    """All conditions of a statement: each must hold; one that is not understood is unknown."""
    variables = request if statement.variables else None
    return every(_holds(condition, request, variables) for condition in statement.conditions)


@dataclass(frozen=True, slots=True)
class Operator:
    compare: Compare
    negated: bool = False


def _holds(condition: Condition, request: Request, variables: Request | None) -> Truth:
    prefix, _, name = condition.operator.rpartition(":")
    if_exists = name.endswith("IfExists")
    name = name.removesuffix("IfExists")
    found = request.values(condition.key)
    if found is None or prefix not in ("", "ForAnyValue", "ForAllValues"):
        return None
    if name == "Null":
        return _null(prefix, condition.values, found)
    operator = OPERATORS.get(name.lower())
    if operator is None:
        return None
    if not found:
        return _missing(prefix, if_exists, operator.negated)
    if not prefix and request.several(condition.key):
        # A plain operator on a key of several values: AWS's policy simulator matches none of them, its documents are
        # silent; what a negation would then be is anybody's guess.
        return None if operator.negated else False
    return _compared(prefix, operator, condition.values, found, variables)


def _missing(prefix: str, if_exists: bool, negated: bool) -> bool:
    """A key that the request does not have: ForAllValues then holds, and so does what is negated."""
    if if_exists or prefix == "ForAllValues":
        return True
    return negated and prefix != "ForAnyValue"


def _compared(
    prefix: str, operator: Operator, wanted: tuple[str, ...], found: tuple[str, ...], variables: Request | None
) -> Truth:
    results = [_matches(operator, wanted, value, variables) for value in found]
    return some(results) if prefix == "ForAnyValue" else every(results)


def _matches(operator: Operator, wanted: tuple[str, ...], value: str, variables: Request | None) -> Truth:
    """One value of the request against all of the policy's: one that equals is enough, or for a negation too many."""
    if operator.negated and operator.compare is _arn and not value.startswith("arn:"):
        return None  # what is no ARN is not unlike one
    matched: Truth = False
    for each in wanted:
        try:
            if operator.compare(each, value, variables):
                matched = True
        except Unresolved as unresolved:
            if not unresolved.known:
                matched = matched or None
            elif operator.negated:
                return False  # a variable without a value makes the statement not match
    return opposite(matched) if operator.negated else matched


def _null(prefix: str, wanted: tuple[str, ...], found: tuple[str, ...]) -> bool:
    """`true` asks that the key is missing; an empty value counts as none (IAM user guide, Null)."""
    missing = not any(found)
    if missing and prefix:
        return prefix == "ForAllValues"
    return any((each.lower() == "true") == missing for each in wanted)


def _number(test: Callable[[float, float], bool]) -> Compare:
    def compare(wanted: str, value: str, _: Request | None) -> bool:
        try:
            return test(float(value), float(wanted))
        except ValueError:
            return False

    return compare


def _date(test: Callable[[float, float], bool]) -> Compare:
    def compare(wanted: str, value: str, _: Request | None) -> bool:
        there, bound = _seconds(value), _seconds(wanted)
        return there is not None and bound is not None and test(there, bound)

    return compare


def _seconds(text: str) -> float | None:
    """Seconds since 1970 of an ISO 8601 time or date, or of a number that says so itself."""
    if re.fullmatch(r"\d+(\.\d+)?", text) and len(text.split(".")[0]) > 4:
        return float(text)
    try:
        time = datetime.fromisoformat(f"{text}-01-01" if re.fullmatch(r"\d{4}", text) else text)
    except ValueError:
        return None
    return (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()


def _address(wanted: str, value: str, _: Request | None) -> bool:
    try:
        return ipaddress.ip_address(value) in ipaddress.ip_network(wanted, strict=False)
    except ValueError:
        return False


def _arn(wanted: str, value: str, variables: Request | None) -> bool:
    return value.startswith("arn:") and matches_arn(wanted, value, variables)


def _bool(wanted: str, value: str, _: Request | None) -> bool:
    return wanted.lower() == value.lower()


def _binary(wanted: str, value: str, _: Request | None) -> bool:
    try:
        return base64.b64decode(wanted, validate=True) == base64.b64decode(value, validate=True)
    except binascii.Error:
        return False


def _folded(wanted: str, value: str, variables: Request | None) -> bool:
    return equals(wanted, value, variables, fold=True)


def _pairs(positive: str, negative: str, compare: Compare) -> dict[str, Operator]:
    return {positive.lower(): Operator(compare), negative.lower(): Operator(compare, negated=True)}


OPERATORS: dict[str, Operator] = {  # names have no case
    **_pairs("StringEquals", "StringNotEquals", equals),
    **_pairs("StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase", _folded),
    **_pairs("StringLike", "StringNotLike", matches),
    **_pairs("ArnEquals", "ArnNotEquals", _arn),
    **_pairs("ArnLike", "ArnNotLike", _arn),
    **_pairs("IpAddress", "NotIpAddress", _address),
    **_pairs("NumericEquals", "NumericNotEquals", _number(lambda value, bound: value == bound)),
    **_pairs("DateEquals", "DateNotEquals", _date(lambda value, bound: value == bound)),
    "numericlessthan": Operator(_number(lambda value, bound: value < bound)),
    "numericlessthanequals": Operator(_number(lambda value, bound: value <= bound)),
    "numericgreaterthan": Operator(_number(lambda value, bound: value > bound)),
    "numericgreaterthanequals": Operator(_number(lambda value, bound: value >= bound)),
    "datelessthan": Operator(_date(lambda value, bound: value < bound)),
    "datelessthanequals": Operator(_date(lambda value, bound: value <= bound)),
    "dategreaterthan": Operator(_date(lambda value, bound: value > bound)),
    "dategreaterthanequals": Operator(_date(lambda value, bound: value >= bound)),
    "bool": Operator(_bool),
    "binaryequals": Operator(_binary),
}
