"""What the reader's terminal can show: colour, characters beyond ASCII, width."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TextIO

WIDTH = 80  # where nobody says: a log, a file, a page


class Color(StrEnum):
    """The value is the terminal's own code (ECMA-48, Select Graphic Rendition)."""

    RED = "31"
    GREEN = "32"
    YELLOW = "33"
    CYAN = "36"
    BOLD = "1"
    DIM = "2"


@dataclass(frozen=True, slots=True)
class Terminal:
    color: bool = False
    unicode: bool = True
    width: int = WIDTH

    @classmethod
    def of(cls, stream: TextIO, environ: Mapping[str, str] = os.environ) -> Terminal:
        """Colour only where a person looks on, and not where NO_COLOR is set (no-color.org)."""
        person = stream.isatty() and environ.get("TERM") != "dumb"
        return cls(
            color=person and not environ.get("NO_COLOR"),
            unicode="utf" in (getattr(stream, "encoding", None) or "").lower(),
            width=shutil.get_terminal_size((WIDTH, 24)).columns if person else WIDTH,
        )

    def paint(self, text: str, *colors: Color) -> str:
        return f"\x1b[{';'.join(colors)}m{text}\x1b[0m" if self.color and colors else text

    @property
    def ellipsis(self) -> str:
        return "…" if self.unicode else "..."


PLAIN = Terminal()
