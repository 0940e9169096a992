from __future__ import annotations

from typing import Any

from controller.load.schema import document, valid
from controller.resolve.defaults import complete


def manifest(kind: str, spec: dict[str, Any]) -> dict[str, Any]:
    return {"apiVersion": "lake/v1", "kind": kind, "metadata": {"name": "some"}, "spec": spec}


SILO = {
    "account": "200000000001",
    "organizationalUnit": "Lake/Silos",
    "region": "eu-west-1",
    "owners": ["a@acme.example"],
}
FLOW = {
    "silo": "sales",
    "source": {"type": "http"},
    "contract": {"columns": [{"name": "id", "type": "string", "required": True}], "key": ["id"]},
    "schedule": "rate(1 hour)",
}


def test_what_the_schema_supplies_is_there() -> None:
    filled = complete("Silo", manifest("Silo", SILO))
    assert filled["metadata"]["labels"] == {}
    assert filled["spec"]["encryption"] == {"type": "kms"}
    assert filled["spec"]["storage"] == {"dropzone": {}, "raw": {}, "processed": {}}
    assert filled["spec"]["lifecycle"] == "active"
    assert "webapp" not in filled["spec"]


def test_the_source_is_completed_by_its_own_blueprint() -> None:
    filled = complete("Flow", manifest("Flow", FLOW))["spec"]
    assert filled["source"] == {"type": "http", "auth": "iam", "buffer": {"seconds": 300, "mebibytes": 64}}
    assert filled["contract"]["columns"][0] == {"name": "id", "type": "string", "required": True, "sensitive": False}
    assert filled["targets"] == [{"type": "processed"}]
    dropzone = {"type": "dropzone", "prefix": "inbound", "format": {"type": "csv", "delimiter": "|"}}
    filled = complete("Flow", manifest("Flow", {**FLOW, "source": dropzone}))["spec"]
    assert filled["source"]["format"] == {"type": "csv", "header": True, "delimiter": "|"}
    json = {**dropzone, "format": {"type": "json"}}
    assert complete("Flow", manifest("Flow", {**FLOW, "source": json}))["spec"]["source"] == json


def test_what_was_given_stays_and_the_given_is_not_touched() -> None:
    given = manifest("Silo", {**SILO, "encryption": {"type": "s3"}})
    filled = complete("Silo", given)
    assert filled["spec"]["encryption"] == {"type": "s3"}
    assert "storage" not in given["spec"]
    assert complete("Silo", filled) == filled


def test_every_default_is_valid_by_its_own_schema() -> None:
    for kind, spec in (("Silo", SILO), ("Flow", FLOW)):
        assert valid(kind, complete(kind, manifest(kind, spec)))
    for kind in ("Organization", "Silo", "Consumer", "Partner", "Flow", "Share"):
        for example in document(f"file:///schemas/{kind.lower()}.schema.json")["examples"]:
            assert valid(kind, example), kind
            assert valid(kind, complete(kind, example)), kind
