"""The function that keeps the lake's statements in a catalog's policy, against a catalog that others write too."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

FOLDER = Path(__file__).parents[2] / "blueprints/sharing/functions/catalog_policy"
OURS = {"Sid": "LakeShare1", "Effect": "Allow"}
THEIRS = {"Sid": "Theirs", "Effect": "Deny"}
NAMELESS = {"Effect": "Allow"}


@pytest.fixture
def function(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The handler, imported as Lambda does: its folder is the path."""
    monkeypatch.syspath_prepend(str(FOLDER))
    yield importlib.import_module("handler")
    for name in ("handler", "core"):
        sys.modules.pop(name, None)


class Gone(ClientError):
    """There is no policy."""


class Catalog:
    """Glue as far as the function uses it; `meanwhile` is done once before a write, by somebody else."""

    exceptions = SimpleNamespace(EntityNotFoundException=Gone)

    def __init__(self, statements: list[dict[str, Any]] | None = None) -> None:
        self.statements = statements
        self.meanwhile: Callable[[], None] | None = None
        self.written: list[dict[str, Any]] = []

    @property
    def digest(self) -> str | None:
        return None if self.statements is None else str(hash(json.dumps(self.statements)))

    def get_resource_policy(self) -> dict[str, Any]:
        if self.statements is None:
            raise Gone({"Error": {"Code": "EntityNotFoundException"}}, "GetResourcePolicy")
        return {"PolicyInJson": json.dumps({"Version": "v", "Statement": self.statements}), "PolicyHash": self.digest}

    def put_resource_policy(self, **asked: Any) -> None:
        self._checked(asked)
        self.statements = json.loads(asked["PolicyInJson"])["Statement"]

    def delete_resource_policy(self, **asked: Any) -> None:
        self._checked(asked)
        self.statements = None

    def _checked(self, asked: dict[str, Any]) -> None:
        if self.meanwhile:
            did, self.meanwhile = self.meanwhile, None
            did()
        absent = asked.get("PolicyExistsCondition") == "NOT_EXIST"
        if asked.get("PolicyHashCondition", self.digest) != self.digest or (absent and self.statements is not None):
            raise ClientError({"Error": {"Code": "ConditionCheckFailureException"}}, "PutResourcePolicy")
        self.written.append(asked)


def test_other_peoples_statements_stay_and_ours_are_replaced(function: ModuleType) -> None:
    catalog = Catalog([THEIRS, {"Sid": "LakeOld"}, NAMELESS])
    function.settle(catalog, [OURS])
    assert catalog.statements == [THEIRS, NAMELESS, OURS]
    assert catalog.written[0]["EnableHybrid"] == "TRUE"


def test_a_catalog_without_a_policy_gets_one(function: ModuleType) -> None:
    catalog = Catalog()
    function.settle(catalog, [OURS])
    assert catalog.statements == [OURS]


def test_a_second_run_for_the_same_event_writes_nothing(function: ModuleType) -> None:
    catalog = Catalog([OURS])
    function.settle(catalog, [OURS])
    assert catalog.written == []


@pytest.mark.parametrize(("there", "left"), [([OURS], None), ([THEIRS, OURS], [THEIRS]), (None, None)])
def test_taking_ours_away_leaves_the_rest(
    function: ModuleType, there: list[dict[str, Any]] | None, left: list[dict[str, Any]] | None
) -> None:
    catalog = Catalog(there)
    function.settle(catalog, [])
    assert catalog.statements == left


@pytest.mark.parametrize("there", [None, [OURS]])
def test_what_somebody_writes_at_the_same_time_is_not_lost(
    function: ModuleType, there: list[dict[str, Any]] | None
) -> None:
    catalog = Catalog(there)

    def meanwhile() -> None:
        catalog.statements = [*(catalog.statements or []), THEIRS]

    catalog.meanwhile = meanwhile
    function.settle(catalog, [OURS, {"Sid": "LakeShare2"}])
    assert catalog.statements == [THEIRS, OURS, {"Sid": "LakeShare2"}]


def test_a_statement_that_could_not_be_found_again_is_refused(function: ModuleType) -> None:
    catalog = Catalog([THEIRS])
    with pytest.raises(Exception, match="must begin with Lake"):
        function.settle(catalog, [{"Sid": "Stray"}])
    assert catalog.statements == [THEIRS]


@pytest.mark.parametrize(("faulty", "status"), [(False, "SUCCESS"), (True, "FAILED")])
def test_cloudformation_hears_of_it_whatever_happens(
    function: ModuleType, monkeypatch: pytest.MonkeyPatch, faulty: bool, status: str
) -> None:
    said: list[dict[str, Any]] = []

    class Answered:
        def close(self) -> None: ...

    def urlopen(request: Any, timeout: float) -> Answered:
        said.append(json.loads(request.data))
        return Answered()

    monkeypatch.setattr(function.urllib.request, "urlopen", urlopen)
    monkeypatch.setattr(function.boto3, "client", lambda service: Catalog([THEIRS]))
    event = {
        "RequestType": "Create",
        "ResponseURL": "http://127.0.0.1/",
        "StackId": "s",
        "RequestId": "r",
        "LogicalResourceId": "CatalogPolicy",
        "ResourceProperties": {"PolicyDocument": {"Statement": [{"Sid": "Stray"} if faulty else OURS]}},
    }
    if faulty:
        with pytest.raises(Exception, match="Lake"):
            function.handle(event, None)
    else:
        function.handle(event, None)
    (answer,) = said
    assert (answer["Status"], answer["LogicalResourceId"], answer["RequestId"]) == (status, "CatalogPolicy", "r")
