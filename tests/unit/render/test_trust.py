"""Whom the roles of all templates trust, read from the blueprints' cases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from controller.load.places import folder

CASES = [
    pytest.param(case, id=f"{case.parts[-4]}-{case.parts[-2]}")
    for above in ("blueprints", "pipeline")
    for case in sorted(Path(str(folder(above))).glob("**/cases/*/template.yaml"))  # type: ignore[arg-type]
]

# Services whose guides name the key for the roles that they take ("cross-service confused deputy prevention").
SAY_THE_ACCOUNT = {
    "codebuild.amazonaws.com",
    "codepipeline.amazonaws.com",
    "datasync.amazonaws.com",
    "events.amazonaws.com",
    "glue.amazonaws.com",
    "scheduler.amazonaws.com",
    "states.amazonaws.com",
    "transfer.amazonaws.com",
}


def trusts(case: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, resource in yaml.safe_load(case.read_text(encoding="utf-8"))["Resources"].items():
        if resource["Type"] == "AWS::IAM::Role":
            for statement in resource["Properties"]["AssumeRolePolicyDocument"]["Statement"]:
                yield name, statement


@pytest.mark.parametrize("case", CASES)
def test_a_trust_asks_for_the_account_only_of_services_that_say_it(case: Path) -> None:
    for name, statement in trusts(case):
        if "aws:SourceAccount" in str(statement.get("Condition", {})):
            said = statement["Principal"].get("Service")
            assert set(said if isinstance(said, list) else [said]) <= SAY_THE_ACCOUNT, name
