"""A flow's job as its template tells Glue to run it, and what it leaves behind."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import boto3
import pytest
from pyspark.sql import SparkSession

from controller.load.places import folder
from controller.render.blueprint import Catalogue
from controller.render.silo import render_silo
from controller.resolve.lake import Lake

OWN = ("_arrived_at", "_source_file")  # columns that the tables do not show


@dataclass(frozen=True)
class Buckets:
    """Folders that Spark sees as `s3://dropzone/`, `s3://raw/` and `s3://processed/`."""

    root: Path

    def put(self, key: str, text: str, *, at: datetime | None = None) -> None:
        """`at` is when the object arrived; S3 calls it last modified."""
        path = self.root / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        self.touch(key, at or datetime.now(UTC))

    def touch(self, key: str, at: datetime) -> None:
        os.utime(self.root / key, (at.timestamp(), at.timestamp()))

    def keys(self, below: str) -> list[str]:
        place = self.root / below
        return sorted(one.relative_to(self.root).as_posix() for one in place.rglob("*") if one.is_file())


def told(lake: Lake, catalogue: Catalogue, flow: str) -> dict[str, str]:
    """The arguments of the flow's job in its rendered template; buckets under the names of their layers."""
    bundle = render_silo(lake, lake.flows[flow].silo, catalogue)
    template = next(one for one in bundle.nested if one.address == f"flow/{flow}")
    arguments = template.body["Resources"]["Job"]["Properties"]["DefaultArguments"]
    return {name: _said(value) for name, value in arguments.items()}


def _said(value: Any) -> str:
    text = value["Fn::Sub"] if isinstance(value, dict) else value
    return re.sub(r"\$\{(\w+)Bucket\}", lambda found: found[1].lower(), text).replace("${!", "${")


def load_script(path: str) -> ModuleType:
    """A script of the blueprints, as a module; what it imports of Glue has to be in place."""
    file = folder("blueprints") / path
    found = importlib.util.spec_from_file_location(f"{Path(path).parts[1]}_{Path(path).stem}", str(file))
    assert found is not None and found.loader is not None
    module = importlib.util.module_from_spec(found)
    sys.modules[found.name] = module  # dataclasses look their own module up
    found.loader.exec_module(module)
    return module


@dataclass(frozen=True)
class FlowJob:
    spark: SparkSession
    script: ModuleType
    buckets: Buckets
    arguments: dict[str, str]
    patch: pytest.MonkeyPatch

    @property
    def flow(self) -> str:
        return self.arguments["--flow"]

    def run(self, run_id: str, *, object: str = "*") -> None:
        said = {**self.arguments, "--run_id": run_id, "--object": object}
        self.patch.setattr(sys, "argv", ["process.py", *(word for pair in said.items() for word in pair)])
        self.script.main()

    def table(self) -> list[dict[str, Any]]:
        """The processed records, sorted, as an analyst sees them."""
        frame = self.spark.read.parquet(self.arguments["--processed_path"]).drop(*OWN)
        return sorted((row.asDict() for row in frame.collect()), key=lambda row: json.dumps(row, default=str))

    def partitions(self) -> list[str]:
        return sorted({key.split("/")[2] for key in self.buckets.keys(f"processed/{self.flow}") if "=" in key})

    def quarantined(self, run_id: str) -> list[dict[str, Any]]:
        place = f"raw/.quarantine/{self.flow}/run={run_id}"
        texts = [(self.buckets.root / key).read_text() for key in self.buckets.keys(place) if key.endswith(".json")]
        return [json.loads(line) for text in texts for line in text.splitlines()]

    def counted(self) -> float:
        """The sum of the metric that raises the alarm."""
        now = datetime.now(UTC)
        found = boto3.client("cloudwatch").get_metric_statistics(
            Namespace="Lake",
            MetricName="QuarantinedRecords",
            Dimensions=[{"Name": "Flow", "Value": self.flow}],
            StartTime=now - timedelta(hours=1),
            EndTime=now + timedelta(hours=1),
            Period=86400,
            Statistics=["Sum"],
        )
        return float(sum(one["Sum"] for one in found["Datapoints"]))
