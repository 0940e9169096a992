"""What a look into one silo, or into all, has come upon so far."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from controller.diff.drift import Finding
from controller.model.live import Place
from controller.model.ownership import member_address
from controller.model.source import Source
from controller.publish.origin import Origin
from controller.resolve.lake import Lake


@dataclass
class Found:
    findings: list[Finding] = field(default_factory=list)
    vended: list[Finding] = field(default_factory=list)
    unpublished: list[str] = field(default_factory=list)  # addresses of members
    unreadable: dict[str, str] = field(default_factory=dict)  # address -> why
    withheld: list[str] = field(default_factory=list)  # addresses of what tells a secret
    compared: Counter[str] = field(default_factory=Counter)  # noun in the plural -> how many

    def add(self, other: Found) -> None:
        self.findings += other.findings
        self.vended += other.vended
        self.unpublished += other.unpublished
        self.unreadable.update(other.unreadable)
        self.withheld += other.withheld
        self.compared.update(other.compared)


@dataclass(frozen=True, slots=True)
class Subject:
    """The silo or consumer that is looked into, and where what is found of it goes."""

    lake: Lake
    name: str
    place: Place
    origin: Origin
    found: Found = field(default_factory=Found)

    @property
    def address(self) -> str:
        return member_address(self.name)

    @property
    def source(self) -> Source:
        return self.lake.member(self.name).manifest.at()

    def unread(self, below: str, why: str) -> None:
        self.found.unreadable[f"{self.address}/{below}" if below else self.address] = why
