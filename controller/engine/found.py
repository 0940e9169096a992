"""What a look into one silo, or into all, has come upon so far."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from controller.diff.drift import Finding


@dataclass
class Found:
    findings: list[Finding] = field(default_factory=list)
    vended: list[Finding] = field(default_factory=list)
    unpublished: list[str] = field(default_factory=list)  # addresses of members
    unreadable: dict[str, str] = field(default_factory=dict)  # address -> why
    compared: Counter[str] = field(default_factory=Counter)  # noun in the plural -> how many
