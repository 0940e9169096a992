"""Where the data files of the project are: beside the package in a checkout, inside it in an installed wheel."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal

PACKAGE = Path(__file__).resolve().parents[1]


@cache
def folder(name: Literal["schemas", "blueprints", "pipeline"]) -> Path:
    """The top-level folder `name`; a wheel carries a copy of it under `_data` (pyproject, force-include)."""
    installed = PACKAGE / "_data" / name
    return installed if installed.is_dir() else PACKAGE.parent / name


def blueprints() -> frozenset[str]:
    """Names of the blueprints that can be rendered, such as `storage` and `flows/http`: those that have a template."""
    top = folder("blueprints")
    return frozenset(template.parent.relative_to(top).as_posix() for template in top.rglob("template.yaml.j2"))
