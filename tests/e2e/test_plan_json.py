"""Plans as programs read them, from the real command line: fit for the schema, with the right exit statuses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from controller.cli import run
from controller.cli.exit import Exit

pytestmark = pytest.mark.emulator

SCHEMA = json.loads((Path(__file__).parents[2] / "schemas" / "plan.schema.json").read_text())


def test_a_first_plan_fits_the_schema_and_changes_nothing(
    two_silos: str, embedded: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    def plan(exits: Exit, *arguments: str) -> dict[str, Any]:
        capsys.readouterr()
        assert run(["--manifests", two_silos, "plan", "--format", "json", *arguments]) == exits
        document: dict[str, Any] = json.loads(capsys.readouterr().out)
        jsonschema.Draft202012Validator(SCHEMA).validate(document)
        return document

    embedded.calls.clear()
    document = plan(Exit.CHANGES, "--detailed-exitcode")
    assert document["applyable"] and document["complete"] and not document["errored"]
    assert document["summary"]["add"] == len(document["changes"]) > 40
    assert {"account", "AWS::S3::Bucket"} & {change["type"] for change in document["changes"]}
    assert plan(Exit.OK)["fingerprints"] == document["fingerprints"]
    assert [str(call) for call in embedded.calls if call.write] == []


def test_an_apply_that_nobody_agreed_to_does_nothing(
    two_silos: str, embedded: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    embedded.calls.clear()
    assert run(["--manifests", two_silos, "apply"]) == Exit.MISUSE
    told = capsys.readouterr()
    assert ("--yes" in told.err, told.out) == (True, "")
    assert list(embedded.calls) == []


def test_an_apply_that_a_guard_stops_is_one_document_with_the_guard_and_does_nothing(
    two_silos: str, embedded: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    organization = Path(two_silos) / "organization.yaml"
    organization.write_text(organization.read_text().replace("maxSilosChanged: 50", "maxSilosChanged: 1"))
    embedded.calls.clear()
    assert run(["--manifests", two_silos, "apply", "--yes", "--format", "json"]) == Exit.BLOCKED
    told = capsys.readouterr()
    document = json.loads(told.out)
    jsonschema.Draft202012Validator(SCHEMA).validate(document["plan"])
    assert [guard["allow"] for guard in document["plan"]["guards"] if guard["blocks"]] == ["too-many-silos"]
    assert (document["done"], document["error"]["hint"]) == ([], "--allow too-many-silos")
    assert "error: 2 silos would change" in told.err
    assert not any(call.write for call in embedded.calls)


def test_credentials_of_another_account_are_refused(
    two_silos: str, embedded: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    organization = Path(two_silos) / "organization.yaml"
    organization.write_text(organization.read_text().replace('"100000000001"', '"100000000009"'))
    assert run(["--manifests", two_silos, "plan"]) == Exit.ERROR
    assert "the lake's master account is 100000000009" in capsys.readouterr().err
