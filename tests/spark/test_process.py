"""A flow's job on Spark: records in; the processed table, the raw copy, the quarantine and the counts out."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import boto3
import pytest
from pyspark.sql import SparkSession

from controller.kinds.flow import Flow, Target
from controller.render.blueprint import Catalogue
from controller.resolve.lake import Lake
from tests.spark.flow_job import FlowJob

Jobs = Callable[..., FlowJob]
# PySpark leaves the socket of each collect() to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

HEADER = "shipment_id;order_id;shipped_on;weight_kg;status\n"
NOW = datetime.now(UTC).replace(microsecond=0)


def deliver(job: FlowJob, name: str, *lines: str, header: str = HEADER, at: datetime | None = None) -> str:
    """Put a file where the flow reads, and return its key as the event of its arrival names it."""
    bucket, _, prefix = job.arguments["--input_path"].removeprefix("s3://").partition("/")
    job.buckets.put(f"{bucket}/{prefix}{name}", header + "".join(f"{line}\n" for line in lines), at=at)
    return f"{prefix}{name}"


def by_id(job: FlowJob) -> dict[str, dict[str, Any]]:
    key = json.loads(job.arguments["--contract"])["key"][0]
    return {row[key]: row for row in job.table()}


def test_a_file_becomes_typed_records_by_partition(job: Jobs) -> None:
    shipments = job("shipments")
    deliver(shipments, "one.csv", "s-1;o-1;2026-10-01;19.37;delivered", "s-2;;2026-09-30;;")
    shipments.run("1")
    first, second = shipments.table()
    assert first["shipped_on"] == date(2026, 10, 1)
    assert first["weight_kg"] == 19.37
    assert second["order_id"] is second["weight_kg"] is second["status"] is None
    assert shipments.partitions() == ["shipped_on_month=2026-09", "shipped_on_month=2026-10"]
    assert {key.split("/")[2] for key in shipments.buckets.keys("raw/shipments")} == {f"dt={NOW:%Y-%m-%d}"}
    assert shipments.counted() == 0


def test_what_breaks_the_contract_is_kept_apart_with_the_reason_and_counted(job: Jobs) -> None:
    shipments = job("shipments")
    lines = (
        "s-1;o-1;2026-10-01;19.37;delivered",
        ";o-2;2026-10-01;1;lost",
        "s-3;o-3;yesterday;1;lost",
        "s-4;o-4;2026-10-01;heavy;lost",
        "s-5;o-5;2026-10-01;1;eaten",
        "s-6;o-6;never;heavy;lost",
    )
    deliver(shipments, "one.csv", *lines)
    shipments.run("1")
    assert [row["shipment_id"] for row in shipments.table()] == ["s-1"]
    reasons = {row["order_id"]: row["_reason"] for row in shipments.quarantined("1")}
    assert reasons == {
        "o-2": "shipment_id: missing",
        "o-3": "shipped_on: not a date",
        "o-4": "weight_kg: not a double",
        "o-5": "status: not an allowed value",
        "o-6": "shipped_on: not a date; weight_kg: not a double",
    }
    assert shipments.counted() == 5


def test_of_one_key_the_record_that_arrived_last_wins(job: Jobs) -> None:
    shipments = job("shipments")
    deliver(shipments, "b.csv", "s-1;o-1;2026-10-01;1;created", at=NOW - timedelta(hours=2))
    deliver(shipments, "a.csv", "s-1;o-1;2026-10-01;1;delivered", at=NOW - timedelta(hours=1))
    shipments.run("1")
    assert by_id(shipments)["s-1"]["status"] == "delivered"
    deliver(shipments, "late.csv", "s-1;o-1;2026-10-01;1;in_transit", at=NOW - timedelta(hours=3))
    shipments.run("2")
    assert by_id(shipments)["s-1"]["status"] == "delivered", "an older file that is read later does not win"


def test_the_same_input_again_gives_the_same_table(job: Jobs) -> None:
    shipments = job("shipments")
    key = deliver(
        shipments, "one.csv", "s-1;o-1;2026-10-01;1;created", "s-2;o-2;2026-11-01;2;lost", "s-1;o-9;2026-10-02;1;lost"
    )
    shipments.run("1")
    before = shipments.table()
    shipments.run("2")
    assert shipments.table() == before
    shipments.run("3", object=key)
    assert shipments.table() == before
    assert len(before) == 2


def test_a_record_whose_date_was_corrected_leaves_its_former_partition(job: Jobs) -> None:
    shipments = job("shipments")
    deliver(shipments, "one.csv", "s-1;o-1;2026-10-01;1;created", at=NOW - timedelta(hours=2))
    shipments.run("1")
    key = deliver(shipments, "two.csv", "s-1;o-1;2026-11-02;1;created", at=NOW)
    shipments.run("2", object=key)
    assert [row["shipped_on"] for row in shipments.table()] == [date(2026, 11, 2)]
    assert shipments.partitions() == ["shipped_on_month=2026-11"]


def test_each_file_is_read_by_its_own_header(job: Jobs) -> None:
    shipments = job("shipments")
    deliver(shipments, "old.csv", "2026-10-01;s-1", header="shipped_on;shipment_id\n")
    deliver(shipments, "new.csv", "x;s-2;o-2;2026-10-01;2;lost", header="note;" + HEADER)
    shipments.run("1")
    rows = by_id(shipments)
    assert rows["s-1"]["status"] is None
    assert rows["s-2"] | {"shipped_on_month": "2026-10"} == {
        "shipment_id": "s-2",
        "order_id": "o-2",
        "shipped_on": date(2026, 10, 1),
        "weight_kg": 2.0,
        "status": "lost",
        "shipped_on_month": "2026-10",
    }


def test_a_name_that_hadoop_reads_as_a_pattern_is_one_object(job: Jobs) -> None:
    shipments = job("shipments")
    key = deliver(shipments, "week{1,2}[a]*.csv", "s-1;o-1;2026-10-01;1;created")
    deliver(shipments, "week1a.csv", "s-2;o-2;2026-10-01;1;created")
    shipments.run("1", object=key)
    assert list(by_id(shipments)) == ["s-1"]


def test_what_runs_for_single_files_left_is_read_by_the_sweep(job: Jobs) -> None:
    shipments = job("shipments")
    first = deliver(shipments, "one.csv", "s-1;o-1;2026-10-01;1;created")
    deliver(shipments, "two.csv", "s-2;o-2;2026-10-01;1;created")
    shipments.run("1", object=first)
    assert list(by_id(shipments)) == ["s-1"]
    shipments.run("2", object="?")
    assert sorted(by_id(shipments)) == ["s-1", "s-2"]


def test_without_a_key_a_file_replaces_what_it_gave_before(job: Jobs, lake: Lake) -> None:
    contract = replace(lake.flows["shipments"].contract, key=(), partition_by=None)
    shipments = job("shipments", contract=contract)
    deliver(shipments, "one.csv", "s-1;o-1;2026-10-01;1;created", "s-1;o-1;2026-10-01;1;created")
    deliver(shipments, "two.csv", "s-1;o-1;2026-10-01;1;created")
    shipments.run("1")
    assert len(shipments.table()) == 3
    deliver(shipments, "one.csv", "s-7;o-1;2026-10-01;1;created")
    shipments.run("2")
    assert sorted(row["shipment_id"] for row in shipments.table()) == ["s-1", "s-7"]


def test_a_run_that_died_while_publishing_is_finished_by_the_next(job: Jobs, monkeypatch: pytest.MonkeyPatch) -> None:
    shipments = job("shipments")
    deliver(shipments, "one.csv", "s-1;o-1;2026-10-01;1;created")
    publish = shipments.script.publish

    class Killed(Exception):
        pass

    def died(*_: Any) -> None:
        raise Killed

    monkeypatch.setattr(shipments.script, "publish", died)
    with pytest.raises(Killed):
        shipments.run("1")
    assert shipments.buckets.keys("processed/shipments") == []
    monkeypatch.setattr(shipments.script, "publish", publish)
    for key in shipments.buckets.keys("dropzone"):
        (
            shipments.buckets.root / key
        ).unlink()  # the next run finds nothing new, and publishes what was ready all the same
    shipments.run("2")
    assert list(by_id(shipments)) == ["s-1"]
    assert shipments.buckets.keys("processed/.staging/shipments") == []


def test_the_flows_own_step_runs_and_may_not_drop_columns(
    job: Jobs, lake: Lake, catalogue: Catalogue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    orders = job("orders")
    own = Path(__file__).parents[2] / "manifests" / str(lake.flows["orders"].transform.script)
    digest = Path(orders.arguments["--transform"])
    (tmp_path / digest.name).write_bytes(own.read_bytes())
    (tmp_path / "dropping.py").write_text("def transform(frame):\n    return frame.drop('total')\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    records(orders, ("o-1", "12.50", "eur"), ("o-2", "-1.00", "eur"))
    orders.run("1")
    assert {name: (row["total"], row["currency"]) for name, row in by_id(orders).items()} == {
        "o-1": (Decimal("12.50"), "EUR")
    }
    dropping = replace(orders, arguments={**orders.arguments, "--transform": "assets/dropping.py"})
    with pytest.raises(ValueError, match="dropped columns: total"):
        dropping.run("2")


def records(orders: FlowJob, *rows: tuple[str, str, str], day: datetime = NOW) -> None:
    """What the delivery stream writes: parquet in the contract's types, by day."""
    made = [
        (name, "c-1", NOW.replace(tzinfo=None), "DE", currency, Decimal(total), 1) for name, total, currency in rows
    ]
    columns = "order_id string, customer_id string, placed_at timestamp, country string, currency string"
    frame = orders.spark.createDataFrame(made, f"{columns}, total decimal(12,2), items int")
    frame.write.mode("append").parquet(f"{orders.arguments['--raw_path']}dt={day:%Y-%m-%d}")


def test_records_that_were_sent_are_read_once_they_are_new(job: Jobs) -> None:
    orders = replace(found := job("orders"), arguments={**found.arguments, "--transform": "none"})
    orders.run("0")
    assert orders.counted() == 0, "nothing was ever sent"
    records(orders, ("o-1", "1.00", "EUR"), day=NOW - timedelta(days=30))
    records(orders, ("o-2", "2.00", "EUR"))
    orders.run("1")
    assert sorted(by_id(orders)) == ["o-1", "o-2"]
    records(orders, ("o-3", "3.00", "EUR"))
    orders.run("2")
    assert sorted(by_id(orders)) == ["o-1", "o-2", "o-3"]


def test_the_warehouse_is_told_the_files_of_the_run(job: Jobs, lake: Lake) -> None:
    target = Target("redshift", {"table": "sales.orders"})
    found = job("orders", targets=(Target("processed", {}), target))
    orders = replace(found, arguments={**found.arguments, "--transform": "none"})
    records(orders, ("o-1", "1.00", "EUR"))
    orders.run("7")
    place = orders.arguments["--manifests_path"].removeprefix("s3://processed/")
    said = json.loads(boto3.client("s3").get_object(Bucket="processed", Key=f"{place}7.manifest")["Body"].read())
    sizes = {key: (orders.buckets.root / key).stat().st_size for key in orders.buckets.keys("processed/orders")}
    listed = {one["url"].removeprefix("s3://"): one["meta"]["content_length"] for one in said["entries"]}
    assert listed == {key: size for key, size in sizes.items() if key.endswith(".parquet")}


def landed(job: FlowJob, flow: Flow, run: str, *rows: tuple[str | None, ...]) -> None:
    """What an extraction job lands: parquet, all of it text, under the names of the source."""
    columns = ", ".join(f"`{column.source_name}` string" for column in flow.contract.columns)
    job.spark.createDataFrame(list(rows), columns).write.parquet(f"{job.arguments['--input_path']}{run}")


def test_a_landing_is_renamed_cast_and_emptied(job: Jobs, lake: Lake) -> None:
    complaints, flow = job("complaints"), lake.flows["complaints"]
    landed(complaints, flow, "run-1", ("a1", "c-1", "2026-10-01T10:00:00Z", "broken"), ("a2", "c-2", "soon", "late"))
    complaints.run("1")
    table = complaints.spark.read.parquet(complaints.arguments["--processed_path"])
    assert table.selectExpr("complaint_id", "string(opened_at)").collect() == [("a1", "2026-10-01 10:00:00")]
    assert [one["_reason"] for one in complaints.quarantined("1")] == ["opened_at: not a timestamp"]
    assert [key for key in complaints.buckets.keys("dropzone") if key.endswith(".parquet")] == []
    assert any(key.endswith(".parquet") for key in complaints.buckets.keys("raw/complaints"))


def test_spark_is_of_the_version_that_glue_runs(spark: SparkSession) -> None:
    """Glue 5.0 runs Spark 3.5.4 (Glue user guide, "AWS Glue versions")."""
    assert spark.version == "3.5.4"
