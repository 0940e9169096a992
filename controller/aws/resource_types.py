"""What CloudFormation says of a resource type: the provider schemas that cfn-lint ships as data."""

from __future__ import annotations

import json
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

_REGION = "us-east-1"  # has every type; a type's create-only properties do not depend on the region


@lru_cache(maxsize=1)
def _schemas() -> tuple[Path, dict[str, str]]:
    """The folder of schemas and the file of each type, found without importing cfn-lint (0.6 s)."""
    found = find_spec("cfnlint")
    places = found.submodule_search_locations if found else None
    if not places:
        raise RuntimeError("cfn-lint is not installed")
    folder = Path(places[0]) / "data" / "schemas"
    return folder / "resources", json.loads((folder / "providers" / f"{_REGION}.json").read_text())


@lru_cache(maxsize=512)
def create_only(type: str) -> frozenset[str]:
    """Paths such as `/BucketName` whose change makes CloudFormation replace the resource; none for unknown types."""
    folder, files = _schemas()
    if type not in files:
        return frozenset()
    schema: dict[str, Any] = json.loads((folder / f"{files[type]}.json").read_text())
    return frozenset(path.removeprefix("/properties") for path in schema.get("createOnlyProperties", ()))
