"""The lake's part of a catalog policy, told apart from other people's by how its statements are called."""

from __future__ import annotations

import json
from typing import Any

OURS = "Lake"  # how each Sid of ours begins


class NotOurs(Exception):
    """A statement that is to be written does not bear our mark, so that it could not be taken away again."""


def merged(there: str | None, wanted: list[dict[str, Any]]) -> str | None:
    """The document to write: what others put there, unchanged and first, then ours; None where nothing is left."""
    if stray := [statement.get("Sid", "") for statement in wanted if not _is_ours(statement)]:
        raise NotOurs(f"Sids must begin with {OURS}: {', '.join(stray)}")
    document = json.loads(there) if there else {"Version": "2012-10-17"}
    statements = [*foreign(document), *wanted]
    return json.dumps({**document, "Statement": statements}, separators=(",", ":")) if statements else None


def foreign(document: dict[str, Any]) -> list[dict[str, Any]]:
    """A policy of one statement may hold it without a list (IAM user guide, policy grammar)."""
    statements = document.get("Statement", [])
    return [one for one in (statements if isinstance(statements, list) else [statements]) if not _is_ours(one)]


def same(there: str | None, wanted: str | None) -> bool:
    if there is None or wanted is None:
        return there == wanted
    return bool(json.loads(there) == json.loads(wanted))


def _is_ours(statement: dict[str, Any]) -> bool:
    return str(statement.get("Sid", "")).startswith(OURS)
