"""The jobs that read a database: what they land is text under the contract's names, whatever the source gave."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession

from tests.spark.flow_job import Buckets, load_script
from tests.spark.options import get_resolved_options

# PySpark leaves the socket of each collect() to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@dataclass
class Glue:
    """Glue's own library, of which there is none outside of Glue; `came` is what its connector would read."""

    spark: SparkSession
    came: DataFrame | None = None
    asked: dict[str, Any] = field(default_factory=dict)
    bookmarks: int = 0

    def modules(self) -> dict[str, ModuleType]:
        glue = self

        class Frame:
            def resolveChoice(self, choice: str) -> Frame:  # noqa: N802 - Glue's name
                assert choice == "cast:string"
                return self

            def toDF(self) -> DataFrame:  # noqa: N802 - Glue's name
                assert glue.came is not None
                return glue.came

        class Frames:
            def from_options(self, **asked: Any) -> Frame:
                glue.asked = asked
                return Frame()

        class GlueContext:
            create_dynamic_frame = Frames()

            def __init__(self, _: Any) -> None:
                self.spark_session = glue.spark

        class Job:
            def __init__(self, _: Any) -> None:
                pass

            def init(self, *_: Any) -> None:
                pass

            def commit(self) -> None:
                glue.bookmarks += 1

        made: dict[str, Any] = {
            "awsglue": {},
            "awsglue.context": {"GlueContext": GlueContext},
            "awsglue.job": {"Job": Job},
            "awsglue.utils": {"getResolvedOptions": get_resolved_options},
        }
        found = {name: ModuleType(name) for name in made}
        for name, members in made.items():
            vars(found[name]).update(members)
        return found


@pytest.fixture
def glue(spark: SparkSession, monkeypatch: pytest.MonkeyPatch) -> Iterator[Glue]:
    found = Glue(spark)
    for name, module in found.modules().items():
        monkeypatch.setitem(sys.modules, name, module)
    yield found


def start(script: str, monkeypatch: pytest.MonkeyPatch, **arguments: str) -> None:
    said = {"JOB_NAME": "job", "bucket": "dropzone", "object": ".landed/flow/run/", "connection": "c", **arguments}
    monkeypatch.setattr(
        sys, "argv", ["extract.py", *(word for name, value in said.items() for word in (f"--{name}", value))]
    )
    load_script(script).main()


def landed(spark: SparkSession) -> list[dict[str, Any]]:
    return sorted((row.asDict() for row in spark.read.parquet("s3://dropzone/.landed/flow/run/").collect()), key=str)


JDBC = "flows/jdbc/scripts/extract.py"
TABLE = {"columns": json.dumps(["id", "Amount", "gone"]), "engine": "oracle", "table": "S.T"}


def test_a_table_lands_as_text_whatever_case_its_names_have(
    glue: Glue, buckets: Buckets, monkeypatch: pytest.MonkeyPatch
) -> None:
    glue.came = glue.spark.createDataFrame([(1, 2.5, "x")], "ID int, AMOUNT double, MORE string")
    start(JDBC, monkeypatch, incremental="none", **TABLE)
    assert landed(glue.spark) == [{"id": "1", "Amount": "2.5", "gone": None}]
    assert "jobBookmarkKeys" not in glue.asked["connection_options"]


def test_a_repeated_run_adds_to_what_its_first_attempt_landed(
    glue: Glue, buckets: Buckets, monkeypatch: pytest.MonkeyPatch
) -> None:
    glue.came = glue.spark.createDataFrame([(1, 2.5)], "ID int, AMOUNT double")
    start(JDBC, monkeypatch, incremental="id", **TABLE)
    glue.came = glue.spark.createDataFrame([], "ID int")
    start(JDBC, monkeypatch, incremental="id", **TABLE)
    assert landed(glue.spark) == [{"id": "1", "Amount": "2.5", "gone": None}]
    assert glue.asked["connection_options"]["jobBookmarkKeys"] == ["id"]
    assert glue.bookmarks == 2


def test_documents_land_with_their_ids_as_text_and_what_is_nested_as_json(
    glue: Glue, buckets: Buckets, monkeypatch: pytest.MonkeyPatch
) -> None:
    columns = "_id struct<oid: string>, tags array<string>, at struct<lat: double>, n int"
    glue.came = glue.spark.createDataFrame([(("5f0a",), ["a", "b"], (1.5,), 3)], columns)
    told = {
        "columns": json.dumps(["_id", "tags", "at", "n", "gone"]),
        "product": "mongodb",
        "database": "d",
        "collection": "c",
    }
    start("flows/mongodb/scripts/extract.py", monkeypatch, **told)
    assert landed(glue.spark) == [{"_id": "5f0a", "tags": '["a","b"]', "at": '{"lat":1.5}', "n": "3", "gone": None}]


def test_a_row_lands_with_its_collections_as_json(glue: Glue) -> None:
    script = load_script("flows/cassandra/scripts/extract.py")
    frame = glue.spark.createDataFrame([(1, {"a": 1})], "id int, counts map<string, int>")
    (row,) = script.as_text(frame, ["id", "counts", "gone"]).collect()
    assert row.asDict() == {"id": "1", "counts": '{"a":1}', "gone": None}
