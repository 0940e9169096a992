"""Flows of every type in one silo on the embedded AWS: deployed, changed in place, and one removed again."""

from __future__ import annotations

import io
import json
import shutil
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from controller.cli import run
from controller.cli.exit import Exit
from controller.engine.validate import load_lake
from controller.load.places import blueprints
from controller.local.clients import client
from controller.local.resources import store

pytestmark = pytest.mark.emulator

MANIFESTS = Path(__file__).parents[1] / "lakes" / "plain"
SALES, MASTER, REGION = "200000000001", "100000000001", "eu-west-1"
WAIT = ("--wait", "--timeout", "120s")

# Flow -> what is edited, and the resources that the plan says change in place.
EDITS = {
    "complaints": ("collection: complaints", "collection: praise", {"Extraction"}),
    "general-ledger": ("entity: A_Journal", "entity: B_Journal", {"Pull"}),
    "machine-readings": ("table: public.readings", "table: public.measured", {"Extraction"}),
    "orders": ("seconds: 300", "seconds: 120", {"DeliveryStream"}),
    "plant-reports": ("share: /reports", "share: /daily", {"Origin"}),
    "shipments": ('delimiter: ";"', 'delimiter: "|"', {"Job"}),
    "supplier-prices": ("prefix: prices/", "prefix: tariffs/", {"Origin", "OriginRole"}),
    "web-sessions": ("keyspace: web", "keyspace: shop", {"Extraction"}),
}


@pytest.fixture
def folder(embedded: Any, tmp_path: Path) -> Path:
    """The project's own flows, one of each type, all in the silo sales."""
    for name in ("flows", "transforms"):
        shutil.copytree(MANIFESTS / name, tmp_path / name)
    (tmp_path / "silos").mkdir()
    for name in ("organization.yaml", "silos/sales.yaml"):
        shutil.copy(MANIFESTS / name, tmp_path / name)
    for path in (tmp_path / "flows").iterdir():
        lines = [
            "  silo: sales" if line.startswith("  silo: ") else line.replace("eu-central-1", REGION)
            for line in path.read_text().splitlines()
        ]
        path.write_text("\n".join(lines) + "\n")
    lake, _ = load_lake(tmp_path, blueprints(), datetime.now(UTC).date())
    assert {flow.source_type for flow in lake.flows.values()} == {
        name.removeprefix("flows/") for name in blueprints() if name.startswith("flows/")
    }
    embedded.reset(lake)
    return tmp_path


def changes(folder: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, list[str]]:
    """What the plan would do, by address."""
    capsys.readouterr()
    assert run(["--manifests", str(folder), "plan", "--format", "json"]) == Exit.OK
    return {one["address"]: one["actions"] for one in json.loads(capsys.readouterr().out)["changes"]}


def bundle() -> str:
    """The text of all that is published for sales, nested templates too."""
    s3 = client("s3", MASTER, REGION)
    bucket = f"acme-datalake-code-{REGION}"
    packed = s3.get_object(Bucket=bucket, Key=f"releases/{SALES}/bundle.zip")["Body"].read()
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        texts = [archive.read(name).decode() for name in archive.namelist()]
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix="assets/"):
        keys = [one["Key"] for one in page["Contents"]]
        texts += [s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode() for key in keys]
    return "\n".join(texts)


def kept(kind: str) -> list[dict[str, Any]]:
    return [one.properties for one in store.listed(SALES, REGION, kind).values()]


def test_flows_of_every_type_deploy_change_in_place_and_go(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    manifests = ["--manifests", str(folder)]
    assert run([*manifests, "apply", "--yes", *WAIT]) == Exit.OK
    assert changes(folder, capsys) == {}
    glue = client("glue", SALES, REGION)
    assert {one["Name"] for one in glue.get_connections()["ConnectionList"]} == {
        "lake-complaints",
        "lake-machine-readings",
        "lake-web-sessions",
    }
    (profile,) = kept("AWS::AppFlow::ConnectorProfile")
    login = profile["ConnectorProfileConfig"]["ConnectorProfileCredentials"]["SAPOData"]["BasicAuthCredentials"]
    assert login == {"Username": "embedded", "Password": "embedded"}, "the secret of the account"
    published = bundle()
    assert "{{resolve:secretsmanager:lake/sap:SecretString:password}}" in published
    assert '"embedded"' not in published

    for name, (before, after, _) in EDITS.items():
        path = folder / "flows" / f"{name}.yaml"
        text = path.read_text()
        assert text.count(before) == 1, name
        path.write_text(text.replace(before, after))
    expected = {f"silo/sales/flow/{name}/{one}": ["update"] for name, (*_, ids) in EDITS.items() for one in ids}
    assert changes(folder, capsys) == expected
    before_update = {kind: set(store.listed(SALES, REGION, kind)) for kind in store.TYPES}
    assert run([*manifests, "apply", "--yes", *WAIT]) == Exit.OK
    assert changes(folder, capsys) == {}
    assert {kind: set(store.listed(SALES, REGION, kind)) for kind in store.TYPES} == before_update
    (pull,) = kept("AWS::AppFlow::Flow")
    assert pull["SourceFlowConfig"]["SourceConnectorProperties"]["SAPOData"]["ObjectPath"].endswith(
        "/B_JournalEntryItemBasic"
    )
    assert (pull["FlowStatus"], pull["TriggerConfig"]["TriggerProperties"]["DataPullMode"]) == ("Active", "Incremental")
    (share,) = kept("AWS::DataSync::LocationSMB")
    assert (share["Subdirectory"], share["Password"]) == ("/daily", "embedded")
    capsys.readouterr()
    assert run([*manifests, "drift", "--format", "json", "--detailed-exitcode"]) == Exit.OK, capsys.readouterr().out

    tables = {one["Name"] for one in glue.get_tables(DatabaseName="sales")["TableList"]}
    gone = ("general-ledger", "machine-readings", "supplier-prices")
    data = client("s3", SALES, REGION)
    for name in gone:
        data.put_object(Bucket=f"acme-sales-raw-{SALES}", Key=f"{name}/x.parquet", Body=b"x")
        (folder / "flows" / f"{name}.yaml").unlink()
    assert run([*manifests, "apply", "--yes", *WAIT]) == Exit.BLOCKED, "SAP's position would be lost"
    allowed = ["--allow", "destroy=silo/sales/flow/general-ledger/Pull"]
    assert run([*manifests, "apply", "--yes", *allowed, *WAIT]) == Exit.OK
    assert changes(folder, capsys) == {}
    assert kept("AWS::AppFlow::Flow") == []
    assert len(kept("AWS::AppFlow::ConnectorProfile")) == 1, "its credentials stay"
    assert len(kept("AWS::DataSync::Task")) == 1
    with_them = {f"{name.replace('-', '_')}{layer}" for name in gone for layer in ("", "__raw")}
    assert {one["Name"] for one in glue.get_tables(DatabaseName="sales")["TableList"]} == tables - with_them
    listed = data.list_objects_v2(Bucket=f"acme-sales-raw-{SALES}")["Contents"]
    assert {f"{name}/x.parquet" for name in gone} <= {one["Key"] for one in listed}, "data stays"
    jobs = " ".join(glue.list_jobs()["JobNames"])
    assert "Complaints" in jobs
    assert "MachineReadings" not in jobs
