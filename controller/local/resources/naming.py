"""Names that CloudFormation gives where a template gives none: `<stack>-<logical id>-<12 characters>`."""

from __future__ import annotations

import secrets
import string
from collections.abc import Mapping
from typing import Any

from controller.local.resources.handler import Scope

SUFFIX = 12
ALPHABET = string.ascii_uppercase + string.digits


def name_of(scope: Scope, properties: Mapping[str, Any], field: str, limit: int = 255, *, lower: bool = False) -> str:
    """The name that the template sets in `field`, else a new one of at most `limit` characters."""
    return str(properties.get(field) or generated(scope, limit, lower=lower))


def generated(scope: Scope, limit: int = 255, *, lower: bool = False) -> str:
    suffix = "".join(secrets.choice(ALPHABET) for _ in range(SUFFIX))
    room = limit - SUFFIX - 2
    logical = scope.logical_id[: room // 2]
    name = f"{scope.stack_name[: room - len(logical)]}-{logical}-{suffix}"
    return name.lower() if lower else name
