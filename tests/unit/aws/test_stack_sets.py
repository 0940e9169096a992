"""What the StackSet's operations ask of AWS beyond what an embedded one would mind."""

from __future__ import annotations

from typing import Any, cast

import pytest

from controller.aws.client import Clients
from controller.aws.stacksets import AwsStackSets


class Asked:
    """CloudFormation that does at once what it is asked, and keeps how."""

    def __init__(self) -> None:
        self.preferences: dict[str, Any] = {}

    def of(self, service: str, region: str) -> Asked:
        return self

    def describe_stack_set_operation(self, **_: Any) -> dict[str, Any]:
        return {"StackSetOperation": {"Status": "SUCCEEDED"}}

    def __getattr__(self, name: str) -> Any:
        def call(**arguments: Any) -> dict[str, Any]:
            self.preferences[name] = arguments["OperationPreferences"]
            return {"OperationId": "o-1"}

        return call


@pytest.fixture
def asked() -> Asked:
    return Asked()


def test_every_operation_keeps_its_pace_though_some_accounts_fail(asked: Asked) -> None:
    sets = AwsStackSets(cast(Clients, asked), "eu-west-1")
    sets.update("lake-baseline", b"{}", {}, lambda _: None)
    sets.deploy("lake-baseline", ["ou-1"], ["eu-west-1"], lambda _: None)
    sets.release("lake-baseline", ["ou-1"], ["eu-west-1"], lambda _: None)
    sets.retry("lake-baseline", ["200000000001"], ["ou-1"], ["eu-west-1"], lambda _: None)
    assert len(asked.preferences) == 4
    assert {one["ConcurrencyMode"] for one in asked.preferences.values()} == {"SOFT_FAILURE_TOLERANCE"}
