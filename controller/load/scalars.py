"""What a plain YAML scalar means, and which ones are refused because tools read them in different ways.

YAML 1.1 (PyYAML) and 1.2 (editors) differ on numbers such as `012`, `1_000`, `0x1F` and `12:30`. A manifest must mean
the same everywhere, so these need quotes. Dates stay text; `yes`, `no`, `on` and `off` are booleans as in 1.1, and the
schema then says so where text was meant.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import lru_cache

DIGITS_MAX = 18  # what fits a signed 64-bit integer everywhere

_WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **{form: True for word in ("true", "yes", "on") for form in (word, word.capitalize(), word.upper())},
    **{form: False for word in ("false", "no", "off") for form in (word, word.capitalize(), word.upper())},
}
_INTEGER = re.compile(r"-?(0|[1-9][0-9]*)")
_DECIMAL = re.compile(r"-?(0|[1-9][0-9]*)\.[0-9]+([eE][-+]?[0-9]+)?")
_ODD_NUMBER = re.compile(
    r"[-+]?(0[xX][0-9a-fA-F_]+|0[bB][01_]+|0[oO][0-7_]+"  # other bases
    r"|[0-9][0-9_]*(:[0-5]?[0-9])*(\.[0-9_]*)?([eE][-+]?[0-9]+)?"  # leading zeros, underscores, base 60, exponents
    r"|\.[0-9][0-9_]*([eE][-+]?[0-9]+)?|\.(inf|Inf|INF))|\.(nan|NaN|NAN)"
)

Plain = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """A number that two tools would read in two ways, or that JSON cannot hold."""

    text: str


@lru_cache(maxsize=4096)
def plain(text: str) -> Plain | Ambiguous:
    """The value of an unquoted scalar."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in "-+.0123456789":
        return text
    if _INTEGER.fullmatch(text):
        return int(text) if len(text) <= DIGITS_MAX else Ambiguous(text)
    if _DECIMAL.fullmatch(text):
        value = float(text)
        return value if math.isfinite(value) else Ambiguous(text)
    return Ambiguous(text) if _ODD_NUMBER.fullmatch(text) else text
