"""Schema says shape, kinds say meaning: a field that only the schema knows would be ignored in silence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from controller.kinds import KINDS, Spec
from controller.kinds.consumer import Consumer
from controller.kinds.flow import Flow
from controller.kinds.organization import Organization, Wave
from controller.kinds.partner import Access, Partner
from controller.kinds.share import Share
from controller.kinds.silo import Layer, NewAccount, ObjectLock, Silo
from controller.load.files import ManifestFile, read_files
from controller.load.manifests import load
from controller.load.positions import TextPositions
from controller.load.schema import document, uri
from controller.model.manifest import Manifest
from controller.resolve.defaults import complete

ACME = Path(__file__).parents[2] / "lakes" / "acme"


@pytest.fixture(scope="module")
def acme() -> Mapping[tuple[str, str], Spec]:
    found: dict[tuple[str, str], Spec] = {}
    for manifest in load(read_files(ACME).found).manifests:
        data = complete(manifest.kind, manifest.data)
        filled = Manifest(manifest.path, manifest.kind, manifest.name, data, manifest.digest, manifest.positions)
        found[manifest.kind, manifest.name] = KINDS[manifest.kind](filled)
    return found


ARCHIVE = """\
apiVersion: lake/v1
kind: Silo
metadata: {name: archive}
spec:
  account: "200000000009"
  organizationalUnit: Lake/Silos
  region: eu-west-1
  owners: [archive@acme.example]
  storage: {processed: {expireAfterDays: 40, objectLock: {mode: compliance, days: 30}}}
"""  # what no silo of acme says


class Watched(dict[str, Any]):
    """A mapping that remembers which keys were asked for."""

    def __init__(self, data: Mapping[str, Any], seen: set[str], place: str) -> None:
        super().__init__({key: watched(value, seen, f"{place}.{key}") for key, value in data.items()})
        self._seen, self._place = seen, place

    def __getitem__(self, key: str) -> Any:
        self._seen.add(f"{self._place}.{key}")
        return super().__getitem__(key)

    def get(self, key: str, default: Any = None) -> Any:
        self._seen.add(f"{self._place}.{key}")
        return super().get(key, default)


def watched(value: Any, seen: set[str], place: str) -> Any:
    if isinstance(value, dict):
        return Watched(value, seen, place)
    return [watched(item, seen, f"{place}[]") for item in value] if isinstance(value, list) else value


def properties(schema: Mapping[str, Any], place: str) -> Iterator[str]:
    for name, about in schema.get("properties", {}).items():
        yield f"{place}.{name}"
        yield from properties(about, f"{place}.{name}")
        yield from properties(about.get("items", {}), f"{place}.{name}[]")


PASSED_ON_WHOLE = (  # mappings that a spec hands to the blueprint as they are
    *(f".spec.{name}." for name in ("queries", "dashboards", "webapp", "sftp", "warehouse")),
    ".spec.source.",
    ".spec.targets[].",
)


@pytest.mark.parametrize("kind", KINDS)
def test_every_field_of_the_schema_is_read(kind: str) -> None:
    seen: set[str] = set()
    for manifest in load((*read_files(ACME).found, ManifestFile("archive.yaml", ARCHIVE))).manifests:
        if manifest.kind == kind:
            data = watched(complete(kind, manifest.data), seen, "")
            KINDS[kind](Manifest("f", kind, manifest.name, data, "", TextPositions("f", "", 0)))
    for field in properties(document(uri(kind)), ""):
        if field in (".apiVersion", ".kind", ".metadata", ".metadata.name") or field.startswith(PASSED_ON_WHOLE):
            continue
        assert field in seen, f"{kind}{field} is in the schema, but nobody reads it"


def test_the_organization_is_read(acme: Mapping[tuple[str, str], Spec]) -> None:
    organization = acme["Organization", "acme"]
    assert isinstance(organization, Organization)
    assert organization.rollout.bake_seconds == 1
    assert organization.rollout.waves == (
        Wave("canary", {"wave": "canary"}, None),
        Wave("early", {}, 30),
        Wave("everyone", {}, None),
    )
    assert organization.units == ("Lake/Analytics", "Lake/Silos")
    assert organization.source.connection == ""
    assert organization.guards.max_silos_changed == 50


def test_a_silo_is_read(acme: Mapping[tuple[str, str], Spec]) -> None:
    sales, finance = acme["Silo", "sales"], acme["Silo", "finance"]
    assert isinstance(sales, Silo)
    assert isinstance(finance, Silo)
    assert sales.raw == Layer(90, 730, None)
    assert sales.dropzone == Layer(None, 14, None)
    assert sales.webapp == {
        "domain": "upload.sales.acme.example",
        "signIn": {"type": "cognito", "admins": ["lake-admin@sales.acme.example"]},
    }
    assert sales.sftp == {"endpoint": "public", "allowedCidrs": []}
    assert finance.raw.object_lock == ObjectLock("governance", 365)
    assert finance.webapp is None, "a component that is not enabled is not there"
    plant = acme["Silo", "manufacturing"]
    assert isinstance(plant, Silo)
    assert plant.account == NewAccount("acme-manufacturing", "aws+manufacturing@acme.example")
    assert plant.encryption == "s3"


def test_a_flow_is_read(acme: Mapping[tuple[str, str], Spec]) -> None:
    ledger, shipments = acme["Flow", "general-ledger"], acme["Flow", "shipments"]
    assert isinstance(ledger, Flow)
    assert isinstance(shipments, Flow)
    assert ledger.table == "general_ledger"
    assert ledger.contract.columns[0].source_name == "CompanyCode"
    assert "type" not in ledger.source
    assert ledger.targets[1].values == {"table": "finance.general_ledger"}
    assert shipments.contract.columns[4].allowed == ("created", "in_transit", "delivered", "lost")
    assert shipments.contract.columns[4].source_name == "status"
    assert shipments.source["format"] == {"type": "csv", "header": True, "delimiter": ";"}
    assert shipments.transform.script is None


def test_partners_shares_and_consumers_are_read(acme: Mapping[tuple[str, str], Spec]) -> None:
    freight, complaints = acme["Partner", "fastfreight"], acme["Share", "complaints-to-analytics"]
    assert isinstance(freight, Partner)
    assert isinstance(complaints, Share)
    assert freight.expires == date(2027, 6, 30)
    assert freight.access == (Access("logistics", "inbound/fastfreight", ("sftp", "web", "api"), ("upload", "list")),)
    assert freight.max_object_mib == 2048
    assert complaints.expires == date(2027, 12, 31)
    assert complaints.exclude_columns == ("text",)
    assert complaints.organizational_units == ()
    analytics = acme["Consumer", "group-analytics"]
    assert isinstance(analytics, Consumer)
    assert analytics.queries == {"engine": "athena", "scanLimitGiB": 200}
