"""The state of the silos as programs read it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from controller import __version__
from controller.model.health import Part, SiloStatus
from controller.model.vended import Handed

FORMAT_VERSION = "1.0"  # major.minor: readers must tolerate fields that a newer minor adds


def status_json(statuses: Sequence[SiloStatus]) -> str:
    """One JSON document with a line end."""
    document = {
        "format_version": FORMAT_VERSION,
        "tool_version": __version__,
        "good": all(status.good for status in statuses),
        "silos": [_silo(status) for status in statuses],
    }
    return json.dumps(document, indent=2) + "\n"


def _silo(status: SiloStatus) -> dict[str, Any]:
    return {
        "silo": status.silo,
        "account": status.account or None,
        "region": status.region,
        "sync": status.sync.value,
        "sync_reason": status.sync_reason,
        "health": status.health.value,
        "delivery": {key: value or None for key, value in asdict(status.delivery).items()},
        "parts": [_part(part) for part in status.parts],
        "vended": [_vended(one) for one in status.vended],
        "remarks": list(status.remarks),
    }


def _vended(one: Handed) -> dict[str, Any]:
    vended = one.vended
    return {
        "name": vended.name,
        "state": one.state.value,
        "prefix": vended.prefix,
        "expires": vended.expires,
        "by": vended.by,
        "at": vended.at,
        "note": vended.note,
        "shown": one.shown,
    }


def _part(part: Part) -> dict[str, Any]:
    return {
        "address": part.address,
        "health": part.health.value,
        "reason": part.reason,
        "advice": part.advice or None,
        "source": {"file": part.source.path, "line": part.source.line} if part.source else None,
    }
