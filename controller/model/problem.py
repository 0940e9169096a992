"""Faults in manifests and blueprints, as data. Each code is explained in `docs/problems.md`, made from `CODES`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from controller.model.manifest import Manifest
from controller.model.source import Source


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault: `code` is stable and in `CODES`, `field` such as `spec.source.partner`, `hint` names the fix."""

    code: str
    message: str
    at: Source
    subject: str = ""  # such as flow/shipments; empty where no manifest could be read
    field: str = ""
    hint: str = ""
    severity: Severity = Severity.ERROR

    @classmethod
    def of(
        cls,
        manifest: Manifest,
        code: str,
        field: str,
        message: str,
        hint: str = "",
        severity: Severity = Severity.ERROR,
    ) -> Problem:
        """A fault of one field of a manifest, at that field's place."""
        return cls(code, message, manifest.at(field), manifest.subject, field, hint, severity)

    @property
    def order(self) -> tuple[Source, str, str, str]:
        return (self.at, self.code, self.field, self.message)


def ordered(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Sort by place, without repeats: the same lake always lists the same problems in the same order."""
    return tuple(sorted(set(problems), key=lambda problem: problem.order))


CODES: dict[str, str] = {}
