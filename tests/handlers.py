"""What CloudFormation's handlers ask for, by the schemas of resource types, and the templates that have such types."""

from __future__ import annotations

import json
from collections.abc import Iterable
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import cfnlint
import yaml

from controller.load.places import folder

DATA = Path(cfnlint.__file__).parent / "data"
PROVIDERS = json.loads((DATA / "schemas" / "providers" / "us-east-1.json").read_text(encoding="utf-8"))
BLUEPRINTS, PIPELINE = (Path(str(folder(above))) for above in ("blueprints", "pipeline"))  # type: ignore[arg-type]
SILO = sorted(BLUEPRINTS.glob("**/cases/*/template.yaml"))
BASELINE = PIPELINE / "silo-baseline" / "cases" / "acme" / "template.yaml"


def resources(case: Path) -> dict[str, Any]:
    return dict(yaml.safe_load(case.read_text(encoding="utf-8"))["Resources"])


def kinds(cases: Iterable[Path]) -> set[str]:
    """Without functions of ours, which no handler stands for."""
    made = {one["Type"] for case in cases for one in resources(case).values()}
    return {kind for kind in made if not kind.startswith("Custom::")}


def asked(kind: str, *handlers: str) -> set[str]:
    """CodeBuild's schema alone names no handlers."""
    path = (DATA / "schemas" / "resources" / PROVIDERS[kind]).with_suffix(".json")
    found = json.loads(path.read_text(encoding="utf-8")).get("handlers", {})
    return {action for name in handlers for action in found.get(name, {}).get("permissions", ())}


def matches(action: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(action.lower(), pattern.lower()) for pattern in patterns)
