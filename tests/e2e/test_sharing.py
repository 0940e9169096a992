"""A share from the manifest to the reader: who may read, who may not, and what is left when it goes."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from controller.cli import run
from controller.cli.exit import Exit
from controller.engine.validate import load_lake
from controller.load.places import blueprints
from controller.local import clients
from controller.local.resources import store
from tests.e2e.readers import reader, refused

pytestmark = pytest.mark.emulator

MANIFESTS = Path(__file__).parents[1] / "lakes" / "plain"
SALES, FINANCE, ANALYTICS = "200000000001", "200000000003", "300000000001"
REGION, BUCKET = "eu-west-1", f"acme-sales-processed-{SALES}"
WAIT = ("--wait", "--timeout", "120s")
SHARE = """\
apiVersion: lake/v1
kind: Share
metadata: {name: sales-to-analytics}
spec:
  from: {silo: sales, tables: [orders]}
  to: {organizationalUnits: [Lake/Analytics]}
"""
CONSUMER = """\
apiVersion: lake/v1
kind: Consumer
metadata: {name: group-analytics}
spec:
  account: "300000000001"
  organizationalUnit: Lake/Analytics
  region: eu-west-1
  owners: [bi@acme.example]
  queries: {engine: athena, scanLimitGiB: 200}
"""
FOREIGN = {
    "Sid": "TheirOwn",
    "Effect": "Allow",
    "Principal": {"AWS": f"arn:aws:iam::{FINANCE}:root"},
    "Action": "glue:GetDatabase",
    "Resource": f"arn:aws:glue:{REGION}:{SALES}:catalog",
}


@pytest.fixture
def folder(embedded: Any, tmp_path: Path) -> Path:
    """The silos sales and finance, a flow of sales, a consumer, and a share with it; nothing is applied yet."""
    for name in ("organization.yaml", "silos/sales.yaml", "silos/finance.yaml", "flows/orders.yaml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(MANIFESTS / name, tmp_path / name)
    shutil.copytree(MANIFESTS / "transforms", tmp_path / "transforms")
    (tmp_path / "shares.yaml").write_text(SHARE)
    (tmp_path / "consumer.yaml").write_text(CONSUMER)
    lake, _ = load_lake(tmp_path, blueprints(), datetime.now(UTC).date())
    embedded.reset(lake)
    return tmp_path


def siloctl(folder: Path, *words: str) -> int:
    return run(["--manifests", str(folder), *words])


def table(account: str) -> Callable[[], Any]:
    glue = reader(account, "glue")
    return lambda: glue.get_table(CatalogId=SALES, DatabaseName="sales", Name="orders")


def file(account: str, key: str = "orders/part.parquet") -> Callable[[], Any]:
    s3 = reader(account, "s3")
    return lambda: s3.get_object(Bucket=BUCKET, Key=key)


def catalog_policy() -> list[dict[str, Any]]:
    found = clients.client("glue", SALES, REGION).get_resource_policy()
    statements: list[dict[str, Any]] = json.loads(found["PolicyInJson"])["Statement"]
    return statements


def test_who_is_given_a_table_reads_it_until_the_share_goes(embedded: Any, folder: Path) -> None:
    """One story, since each deployment takes seconds."""
    assert siloctl(folder, "apply", "--yes", *WAIT) == Exit.OK
    stored = clients.client("s3", SALES, REGION)
    for key in ("orders/part.parquet", "payroll/part.parquet"):
        stored.put_object(Bucket=BUCKET, Key=key, Body=b"PAR1")

    assert table(ANALYTICS)()["Table"]["Name"] == "orders"
    assert file(ANALYTICS)()["Body"].read() == b"PAR1"
    assert reader(ANALYTICS, "s3").list_objects_v2(Bucket=BUCKET, Prefix="orders/")["KeyCount"] == 1
    assert refused(lambda: reader(ANALYTICS, "s3").list_objects_v2(Bucket=BUCKET))
    assert refused(file(ANALYTICS, "payroll/part.parquet"))
    assert refused(table(FINANCE)) and refused(file(FINANCE))  # another unit

    own = clients.client("glue", ANALYTICS, REGION)
    assert own.get_table(DatabaseName="sales", Name="orders")["Table"]["TargetTable"]["CatalogId"] == SALES
    assert siloctl(folder, "plan", "--detailed-exitcode") == Exit.OK
    assert siloctl(folder, "drift", "--detailed-exitcode") == Exit.OK

    ours = catalog_policy()
    glue = clients.client("glue", SALES, REGION)
    glue.put_resource_policy(PolicyInJson=json.dumps({"Version": "2012-10-17", "Statement": [*ours, FOREIGN]}))
    (folder / "shares.yaml").write_text(SHARE.replace("Lake/Analytics", "Lake/Silos/Finance"))
    assert siloctl(folder, "apply", "--yes", *WAIT) == Exit.OK
    assert FOREIGN in catalog_policy() and len(catalog_policy()) == len(ours) + 1
    assert refused(table(ANALYTICS)) and refused(file(ANALYTICS))
    assert table(FINANCE)()["Table"]["Name"] == "orders"
    with pytest.raises(own.exceptions.EntityNotFoundException):  # the link goes with the share
        own.get_table(DatabaseName="sales", Name="orders")

    (folder / "shares.yaml").unlink()
    assert siloctl(folder, "apply", "--yes", *WAIT) == Exit.OK
    assert catalog_policy() == [FOREIGN]
    assert refused(table(FINANCE)) and refused(file(FINANCE))
    assert stored.get_object(Bucket=BUCKET, Key="orders/part.parquet")["Body"].read() == b"PAR1"


def test_lake_formation_gives_a_table_without_its_sensitive_columns(embedded: Any, folder: Path) -> None:
    orders = folder / "flows/orders.yaml"
    orders.write_text(
        orders.read_text().replace("{name: country, type: string", "{name: country, sensitive: true, type: string")
    )
    assert siloctl(folder, "validate") == Exit.ERROR  # a policy cannot leave out a column

    granted = SHARE.replace("organizationalUnits: [Lake/Analytics]", f'accounts: ["{ANALYTICS}"]')
    (folder / "shares.yaml").write_text(granted + "  via: lakeformation\n")
    assert siloctl(folder, "apply", "--yes", *WAIT) == Exit.OK

    (grant,) = store.listed(SALES, REGION, "AWS::LakeFormation::PrincipalPermissions").values()
    assert grant.properties["Resource"]["TableWithColumns"]["ColumnWildcard"] == {"ExcludedColumnNames": ["country"]}
    assert table(ANALYTICS)()["Table"]["Name"] == "orders"
    assert refused(table(FINANCE))
    assert [one["Sid"] for one in catalog_policy()] == ["LakeResourceShares"]
    stored = clients.client("s3", SALES, REGION)
    stored.put_object(Bucket=BUCKET, Key="orders/part.parquet", Body=b"PAR1")
    assert refused(file(ANALYTICS))  # its files come by way of Lake Formation alone
    assert siloctl(folder, "drift", "--detailed-exitcode") == Exit.OK


def test_a_share_that_somebody_cut_off_is_degraded_and_says_so(
    embedded: Any, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert siloctl(folder, "apply", "--yes", *WAIT) == Exit.OK
    assert siloctl(folder, "status") == Exit.OK
    glue = clients.client("glue", SALES, REGION)
    wider = [{**one, "Condition": {}} for one in catalog_policy()]
    glue.put_resource_policy(PolicyInJson=json.dumps({"Version": "2012-10-17", "Statement": [*wider, FOREIGN]}))
    clients.client("s3", SALES, REGION).delete_bucket_policy(Bucket=BUCKET)
    assert siloctl(folder, "drift", "--detailed-exitcode") == Exit.CHANGES
    said = capsys.readouterr().out
    assert "silo/sales/sharing/CatalogPolicy" in said and "silo/sales/storage/ProcessedPolicy" in said
    compared = [line for line in said.splitlines() if "put back" not in line]
    assert not any("TheirOwn" in line for line in compared)  # it is theirs, and stays when ours is put back
    capsys.readouterr()
    assert siloctl(folder, "status") == Exit.ERROR
    said = capsys.readouterr().out
    assert "share/sales-to-analytics is Degraded: orders cannot be read from account 300000000001" in said
    assert "shares.yaml:" in said
