"""Whom and what a share reaches. Light to import: rendering needs it, and no schema."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase

from controller.kinds.flow import Flow
from controller.kinds.share import Share


def within(unit: str, units: Sequence[str]) -> bool:
    """Whether a unit is one of `units` or below one."""
    return any(unit == top or unit.startswith(top + "/") for top in units)


def matched(share: Share, flows: Sequence[Flow]) -> tuple[Flow, ...]:
    """The flows of the share's silo whose tables it shares."""
    return tuple(flow for flow in flows if any(fnmatchcase(flow.name, pattern) for pattern in share.tables))
