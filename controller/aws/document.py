"""Templates as AWS gives them back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from controller.model.errors import AwsError


def document(body: str | Mapping[str, Any], of: str) -> Mapping[str, Any]:
    """The template as plain values; all of ours are JSON, so that anything else is somebody's own.

    botocore parses JSON into ordered mappings by itself, and leaves YAML as text.
    """
    try:
        found = json.loads(body if isinstance(body, str) else json.dumps(body))
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise AwsError(f"the template of {of} is not one of ours: it is not JSON", service="cloudformation")
    return found
