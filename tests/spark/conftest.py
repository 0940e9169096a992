"""Spark of Glue's own version on this machine, where `s3://<bucket>/` is a folder."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from types import ModuleType
from typing import Any

import boto3
import pytest
from moto import mock_aws
from pyspark.sql import SparkSession

from controller.engine.validate import load_lake
from controller.render.blueprint import Catalogue
from controller.resolve.lake import Lake
from tests.spark.flow_job import Buckets, FlowJob, load_script, told
from tests.spark.options import get_resolved_options

MANIFESTS = Path(__file__).parents[2] / "manifests"
BUCKETS = ("dropzone", "raw", "processed")
OVERLOAD = "org.apache.hadoop.fs.viewfs.ViewFileSystemOverloadScheme"  # a mount table under a scheme of one's choice
LOCAL = "org.apache.hadoop.fs.RawLocalFileSystem"  # without checksum files, which S3 has none of


@pytest.fixture(scope="session")
def storage(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("buckets")


@pytest.fixture(scope="session")
def spark(storage: Path) -> Iterator[SparkSession]:
    if shutil.which("java") is None:
        pytest.fail("Spark needs Java 17: install a JRE, such as Debian's default-jre-headless")
    builder = SparkSession.builder.master("local[1]").appName("flows")
    settings = {
        "spark.ui.enabled": "false",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.ui.showConsoleProgress": "false",
        # A handful of records: what pays off at a million, such as compiling each query, only costs here.
        "spark.sql.adaptive.enabled": "false",
        "spark.sql.codegen.factoryMode": "NO_CODEGEN",
        "spark.sql.codegen.wholeStage": "false",
        "spark.sql.shuffle.partitions": "1",
        "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
        "spark.sql.sources.partitionOverwriteMode": "dynamic",
        "spark.sql.warehouse.dir": str(storage / "warehouse"),
        "spark.hadoop.fs.s3.impl": OVERLOAD,
        "spark.hadoop.fs.viewfs.overload.scheme.target.s3.impl": LOCAL,
        **{f"spark.hadoop.fs.viewfs.mounttable.{name}.linkFallback": (storage / name).as_uri() for name in BUCKETS},
    }
    for name, value in settings.items():
        builder = builder.config(name, value)
    for name in BUCKETS:
        (storage / name).mkdir()
    session = builder.getOrCreate()
    yield session
    session.stop()


@pytest.fixture
def buckets(storage: Path) -> Buckets:
    """Empty ones."""
    for name in BUCKETS:
        for path in (storage / name).iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    return Buckets(storage)


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    return Catalogue.read()


@pytest.fixture(scope="session")
def lake(catalogue: Catalogue) -> Lake:
    found, _ = load_lake(MANIFESTS, catalogue.available, date(2026, 1, 1))
    return found


@pytest.fixture
def job(
    spark: SparkSession, buckets: Buckets, lake: Lake, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., FlowJob]]:
    """`job("orders", partition=None)`: the flow's job, with this field of the flow changed."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    script = _script(monkeypatch)

    def made(name: str, **fields: Any) -> FlowJob:
        changed = replace(lake, flows={**lake.flows, name: replace(lake.flows[name], **fields)})
        by_silo = {silo: tuple(changed.flows[one.name] for one in flows) for silo, flows in lake.flows_by_silo.items()}
        arguments = told(replace(changed, flows_by_silo=by_silo), catalogue, name)
        return FlowJob(spark, script, buckets, arguments, monkeypatch)

    with mock_aws():
        place = {"LocationConstraint": "eu-west-1"}
        boto3.client("s3").create_bucket(
            Bucket="processed", CreateBucketConfiguration=place
        )  # for what is told to the warehouse
        yield made


def _script(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    glue, options = ModuleType("awsglue"), ModuleType("awsglue.utils")
    options.getResolvedOptions = get_resolved_options  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "awsglue", glue)
    monkeypatch.setitem(sys.modules, "awsglue.utils", options)
    return load_script("flows/_processing/scripts/process.py")
