"""A flow's Glue job: from what arrived to the processed table, by the contract.

What breaks the contract goes to the quarantine with the reason and is counted. Of the records of one key the latest
wins; without a key a file's records replace those of the same file. Running it twice on the same input gives the same
table: each record keeps when and in which file it arrived (columns that the tables do not show), and each partition is
built anew from what it had and what came.
"""

from __future__ import annotations

import csv
import importlib
import json
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import PurePosixPath
from typing import Any

import boto3
from awsglue.utils import getResolvedOptions
from pyspark.sql import Column, DataFrame, DataFrameReader, SparkSession, Window
from pyspark.sql import functions as F
from pyspark.sql.types import ArrayType, IntegerType, StringType, StructField, StructType

ARRIVED, FILE, REASON = "_arrived_at", "_source_file", "_reason"
MARK = "_COMPLETE"
ALL = "*"  # the argument `object` of a run that reads all
MISSED = "?"  # and of one that reads what runs for single files left, because they came in a burst
LATE = timedelta(days=1)  # how long after a record's arrival its file may still be written
PATTERNS = {"day": "yyyy-MM-dd", "month": "yyyy-MM", "year": "yyyy"}
ARGUMENTS = [
    "flow", "contract", "input_path", "input_format", "raw_path", "processed_path", "staging_path", "quarantine_path",
    "object", "run_id", "transform",
]  # fmt: skip
MANIFESTS = "manifests_path"  # told only to the job of a flow that loads the warehouse


@dataclass(frozen=True)
class Contract:
    columns: tuple[dict[str, Any], ...]
    key: tuple[str, ...]
    partition: dict[str, str] | None

    @classmethod
    def read(cls, text: str) -> Contract:
        said = json.loads(text)
        return cls(tuple(said["columns"]), tuple(said["key"]), said["partition"])

    @property
    def names(self) -> list[str]:
        return [column["name"] for column in self.columns]

    @property
    def partition_name(self) -> str | None:
        return f"{self.partition['column']}_{self.partition['granularity']}" if self.partition else None

    def stored(self, *more: str) -> str:
        """The columns of parquet as DDL. Said and not inferred: files of before a column was added read it as NULL."""
        return ", ".join([*(f"`{column['name']}` {column['type']}" for column in self.columns), *more])


def read_delivered(spark: SparkSession, path: str, contract: Contract, processed: DataFrame | None) -> DataFrame:
    """The raw bucket's parquet that is new since the newest processed record, with a day in hand."""
    frame = spark.read.schema(contract.stored("dt string")).parquet(path)
    newest = processed.agg(F.max(ARRIVED)).first()[0] if processed is not None else None
    if newest is None:
        return frame
    return frame.where(F.col("dt") >= F.lit((newest - LATE).strftime("%Y-%m-%d")))


def read_files(spark: SparkSession, path: str, form: dict[str, Any], contract: Contract, since: str | None) -> DataFrame:
    """Files of a drop zone, every column as text: casts decide later what breaks the contract."""
    text = StructType([StructField(column["from"], StringType()) for column in contract.columns])
    files = spark.read.option("recursiveFileLookup", True)  # folders below the prefix too, and none is a partition
    files = files.option("modifiedAfter", since).option("timeZone", "UTC") if since else files
    match form["type"]:
        case "csv":
            reader = files.option("sep", form["delimiter"]).option("mode", "PERMISSIVE")
            if form["header"]:
                return by_header(spark, reader, path, form["delimiter"], contract)
            return reader.schema(text).csv(path)
        case "json":
            return files.schema(text).json(path)
        case "parquet":
            return files.option("mergeSchema", True).parquet(path)
        case other:
            raise ValueError(f"no reader for {other}")


def by_header(spark: SparkSession, reader: DataFrameReader, path: str, delimiter: str, contract: Contract) -> DataFrame:
    """Each file by its own header, whatever its order; all of a record stays in `_cells`, for the quarantine."""
    headers = {file: next(csv.reader([line], delimiter=delimiter)) for file, line in first_lines(spark, path)}
    wanted = [column["from"] for column in contract.columns]
    places = [(file, [names.index(name) if name in names else None for name in wanted]) for file, names in headers.items()]
    width = max((len(names) for names in headers.values()), default=1)
    positions = StructType([StructField(f"_cell{index}", StringType()) for index in range(width)])
    cells = reader.option("header", True).option("enforceSchema", True).schema(positions).csv(path)
    cells = cells.select(F.array(*cells.columns).alias("_cells"), "_metadata", F.col("_metadata.file_path").alias("_path"))
    schema = StructType([StructField("_path", StringType()), StructField("_places", ArrayType(IntegerType()))])
    known = cells.join(F.broadcast(spark.createDataFrame(places, schema)), "_path", "left")
    values = [F.get("_cells", F.get("_places", F.lit(index))).alias(name) for index, name in enumerate(wanted)]
    return known.select(*values, "_cells", "_metadata")


def first_lines(spark: SparkSession, path: str) -> list[tuple[str, str]]:
    lines = spark.read.option("recursiveFileLookup", True).text(path).where(F.trim("value") != "")
    told = lines.select("value", F.col("_metadata.file_path").alias("file"), F.col("_metadata.file_block_start").alias("block"))
    numbered = told.withColumn("number", F.monotonically_increasing_id())
    first = numbered.groupBy("file").agg(F.min_by("value", F.struct("block", "number")).alias("line"))
    return [(row["file"], row["line"]) for row in first.collect()]


def day_before(processed: DataFrame | None) -> str | None:
    """A day before the newest processed record, as Spark's file sources want it."""
    moment = F.date_format(F.max(ARRIVED) - F.expr("INTERVAL 1 DAY"), "yyyy-MM-dd'T'HH:mm:ss")
    return processed.agg(moment).first()[0] if processed is not None else None


def any_file(spark: SparkSession, path: str, since: str | None) -> bool:
    files = spark.read.format("binaryFile").option("recursiveFileLookup", True)
    files = files.option("modifiedAfter", since).option("timeZone", "UTC") if since else files
    return exists(spark, path) and bool(files.load(path).select("path").take(1))


def place_of(key: str, path: str) -> str:
    """One object, or all of them; a name is the sender's choice, and Hadoop reads some characters as patterns."""
    bucket = PurePosixPath(path.removeprefix("s3://")).parts[0]
    return path if key in (ALL, MISSED) else f"s3://{bucket}/" + re.sub(r"([\\{}\[\]*?])", r"\\\1", key)


def with_origin(frame: DataFrame, whole: str | None) -> DataFrame:
    """When and in which file a record came. `whole` names a source that each run reads whole: it counts as one file."""
    file = F.col("_metadata.file_path") if whole is None else F.lit(whole)
    return frame.withColumn(ARRIVED, F.col("_metadata.file_modification_time")).withColumn(FILE, file)


def conform(frame: DataFrame, contract: Contract, delivered: bool) -> tuple[DataFrame, DataFrame]:
    """The records that keep the contract, typed; and those that break it, as they came, with the reason."""
    have = set(frame.columns)
    reasons, typed = [], []
    for column in contract.columns:
        source = column["name"] if delivered else column["from"]
        was = F.col(f"`{source}`") if source in have else F.lit(None).cast("string")
        now = was.cast(column["type"])
        typed.append(now.alias(column["name"]))
        reasons += _faults(column, was, now)
    judged = frame.withColumn(REASON, F.array_compact(F.array(*reasons)))
    bad = judged.where(F.size(REASON) > 0).withColumn(REASON, F.concat_ws("; ", REASON))
    good = judged.where(F.size(REASON) == 0).select(*typed, ARRIVED, FILE)
    return good, bad


def _faults(column: dict[str, Any], was: Column, now: Column) -> list[Column]:
    name = column["name"]
    found = [F.when(was.isNotNull() & now.isNull(), F.lit(f"{name}: not a {column['type']}"))]
    if column["required"]:
        found.append(F.when(was.isNull(), F.lit(f"{name}: missing")))
    if column["allowed"]:
        allowed = [F.lit(value).cast(column["type"]) for value in column["allowed"]]
        found.append(F.when(now.isNotNull() & ~now.isin(*allowed), F.lit(f"{name}: not an allowed value")))
    return found


def own_step(key: str) -> Callable[[DataFrame], DataFrame]:
    """The flow's own `transform`, which Glue put on the path under the name of its content's digest."""
    if key == "none":
        return lambda frame: frame
    step: Callable[[DataFrame], DataFrame] = importlib.import_module(PurePosixPath(key).stem).transform
    return step


def transformed(frame: DataFrame, contract: Contract, step: Callable[[DataFrame], DataFrame]) -> DataFrame:
    """An own step keeps all columns that it is given, those that say where a record came from too."""
    kept = step(frame.select(*contract.names, ARRIVED, FILE))
    missing = set(contract.names) - set(kept.columns)
    if missing or not {ARRIVED, FILE} <= set(kept.columns):
        raise ValueError(f"transform dropped columns: {', '.join(sorted(missing)) or 'where records came from'}")
    return kept.select(*contract.names, ARRIVED, FILE)


def partitioned(frame: DataFrame, contract: Contract) -> DataFrame:
    if contract.partition is None:
        return frame
    value = F.date_format(F.col(contract.partition["column"]), PATTERNS[contract.partition["granularity"]])
    return frame.withColumn(contract.partition_name, F.coalesce(value, F.lit("unknown")))


def latest(frame: DataFrame, contract: Contract) -> DataFrame:
    """One record a key; ties are broken by the file and then by content, never by the order of reading."""
    if not contract.key:
        return frame
    order = [F.col(ARRIVED).desc(), F.col(FILE).desc(), F.xxhash64(*contract.names).desc()]
    ranked = frame.withColumn("_rank", F.row_number().over(Window.partitionBy(*contract.key).orderBy(*order)))
    return ranked.where("_rank = 1").drop("_rank")


def merged(new: DataFrame, old: DataFrame | None, contract: Contract) -> tuple[DataFrame, list[str]]:
    """What the touched partitions hold afterwards, and which they are.

    A record whose date was corrected leaves its former partition, which so is touched too; as is each that has records
    of a file that came again.
    """
    name = contract.partition_name
    if old is None:
        return latest(new, contract), _values(new, name)
    touched = _values(new, name)
    if name:
        for same in [list(contract.key), [FILE]] if contract.key else [[FILE]]:
            touched += _values(old.join(new.select(*same).distinct(), same, "left_semi"), name)
        touched = sorted(set(touched))
        old = old.where(F.col(name).isin(touched))
    # A file that is read again replaces what it gave before.
    old = old.join(new.select(FILE).distinct(), FILE, "left_anti").select(*new.columns)
    return latest(old.unionByName(new), contract), touched


def _values(frame: DataFrame, name: str | None) -> list[str]:
    return sorted(row[0] for row in frame.select(name).distinct().collect()) if name else []


def write(spark: SparkSession, frame: DataFrame, arguments: dict[str, str], name: str | None, touched: list[str]) -> None:
    """By way of a staging place, since what is replaced is also what was read.

    The mark says that the staging place has all: from then on it, and not the table, is the truth until it is published.
    """
    staging = f"{arguments['staging_path']}{arguments['run_id']}/"
    writer = frame.write.mode("overwrite")
    (writer.partitionBy(name) if name else writer).parquet(f"{staging}data/")
    said = {"schema": frame.schema.jsonValue(), "partition": name, "touched": touched}
    put(spark, staging + MARK, json.dumps(said))
    publish(spark, staging, arguments["processed_path"])


def publish(spark: SparkSession, staging: str, processed: str) -> None:
    """Doing it again, after it died at any point, gives the same table."""
    said = json.loads(get(spark, staging + MARK))
    schema, name = StructType.fromJson(said["schema"]), said["partition"]
    staged = spark.read.option("basePath", f"{staging}data/").schema(schema).parquet(f"{staging}data/")
    final = staged.write.mode("overwrite")
    (final.partitionBy(name) if name else final).parquet(processed)
    for value in set(said["touched"]) - set(_values(staged, name)):  # all of its records moved elsewhere
        delete(spark, f"{processed}{name}={value}")
    delete(spark, staging + MARK)  # first: data without its mark is of no use to anybody
    delete(spark, staging)


def recover(spark: SparkSession, arguments: dict[str, str]) -> None:
    """Publish what a run had ready when it died, whichever it was: only one runs at a time."""
    if not exists(spark, arguments["staging_path"]):
        return
    place = _path(spark, arguments["staging_path"])
    for status in _files(spark, place).listStatus(place):
        staging = f"{arguments['staging_path']}{status.getPath().getName()}/"
        if exists(spark, staging + MARK):
            publish(spark, staging, arguments["processed_path"])
        else:
            delete(spark, staging)


def exists(spark: SparkSession, path: str) -> bool:
    target = _path(spark, path)
    return bool(_files(spark, target).exists(target))


def written(spark: SparkSession, path: str, name: str | None, touched: list[str]) -> list[tuple[str, int]]:
    """The files, with their sizes, of the partitions that this run built."""
    found = []
    for folder in [f"{path}{name}={value}/" for value in touched] if name else [path]:
        target = spark._jvm.org.apache.hadoop.fs.Path(folder)
        system = target.getFileSystem(spark._jsc.hadoopConfiguration())
        if system.exists(target):
            found += [(str(one.getPath()), one.getLen()) for one in system.listStatus(target)]
    return sorted((file, size) for file, size in found if file.endswith(".parquet"))


def manifest(files: list[tuple[str, int]]) -> str:
    """As COPY reads it; the size is required for parquet (Redshift database developer guide, "Using a manifest").

    A file may be gone when it is read: another run built its partition anew, and that run's manifest has all of it.
    """
    entries = [{"url": file, "mandatory": False, "meta": {"content_length": size}} for file, size in files]
    return json.dumps({"entries": entries})


def tell_warehouse(path: str, run_id: str, files: list[tuple[str, int]]) -> None:
    """What this run wrote; nothing where it wrote nothing."""
    bucket, _, prefix = path.removeprefix("s3://").partition("/")
    if files:
        boto3.client("s3").put_object(Bucket=bucket, Key=f"{prefix}{run_id}.manifest", Body=manifest(files).encode())


def delete(spark: SparkSession, path: str) -> None:
    target = _path(spark, path)
    _files(spark, target).delete(target, True)


def put(spark: SparkSession, path: str, text: str) -> None:
    target = _path(spark, path)
    stream = _files(spark, target).create(target, True)
    stream.write(bytearray(text, "utf-8"))
    stream.close()


def get(spark: SparkSession, path: str) -> str:
    target = _path(spark, path)
    stream = _files(spark, target).open(target)
    text = bytes(stream.readAllBytes()).decode()
    stream.close()
    return text


def _path(spark: SparkSession, path: str) -> Any:
    return spark._jvm.org.apache.hadoop.fs.Path(path)


def _files(spark: SparkSession, target: Any) -> Any:
    return target.getFileSystem(spark._jsc.hadoopConfiguration())


def existing(spark: SparkSession, path: str, contract: Contract) -> DataFrame | None:
    """None where nothing was processed yet; a table that cannot be read is no such case, and ends the run."""
    if not exists(spark, path):
        return None
    partition = [f"`{contract.partition_name}` string"] if contract.partition_name else []
    schema = contract.stored(f"{ARRIVED} timestamp", f"{FILE} string", *partition)
    return spark.read.schema(schema).parquet(path)


def keep_raw(good: DataFrame, path: str) -> None:
    """Files of a drop zone become raw parquet by day and file; a file that is read again replaces itself."""
    dated = good.withColumn("dt", F.date_format(ARRIVED, "yyyy-MM-dd")).withColumn("file", F.substring(F.sha2(FILE, 256), 1, 16))
    dated.write.mode("overwrite").partitionBy("dt", "file").parquet(path)


def count(flow: str, quarantined: int) -> None:
    data = [{"MetricName": "QuarantinedRecords", "Dimensions": [{"Name": "Flow", "Value": flow}], "Value": quarantined, "Unit": "Count"}]
    boto3.client("cloudwatch").put_metric_data(Namespace="Lake", MetricData=data)


def main() -> None:
    loads = f"--{MANIFESTS}" in sys.argv
    arguments = getResolvedOptions(sys.argv, [*ARGUMENTS, MANIFESTS] if loads else ARGUMENTS)
    contract = Contract.read(arguments["contract"])
    spark = SparkSession.builder.config("spark.sql.sources.partitionOverwriteMode", "dynamic").getOrCreate()
    spark.conf.set("spark.sql.session.timeZone", "UTC")
    recover(spark, arguments)
    old = existing(spark, arguments["processed_path"], contract)
    delivered = arguments["input_path"] == arguments["raw_path"]
    form = json.loads(arguments["input_format"])
    landed: list[str] = []
    if delivered:
        if not exists(spark, arguments["input_path"]):  # nothing was ever sent
            return count(arguments["flow"], 0)
        came = read_delivered(spark, arguments["input_path"], contract, old)
    else:
        one = ALL if form.get("landed") and not form["whole"] else arguments["object"]  # what a failed run left, too
        path = place_of(one, arguments["input_path"])
        since = day_before(old) if one == MISSED else None
        if path.endswith("/") and not any_file(spark, path, since):  # the source had nothing new
            return count(arguments["flow"], 0)
        came = read_files(spark, path, form, contract, since)
        landed = came.inputFiles() if form.get("landed") else []
    known = with_origin(came, arguments["input_path"] if form.get("whole") else None)
    if arguments["object"] == MISSED and old is not None:
        known = known.join(old.select(FILE).distinct(), FILE, "left_anti")
    good, bad = conform(known, contract, delivered)
    if not delivered:
        keep_raw(good, arguments["raw_path"])
    bad = bad.cache()
    if quarantined := bad.count():
        bad.write.mode("overwrite").json(f"{arguments['quarantine_path']}run={arguments['run_id']}/")
    new = partitioned(transformed(good, contract, own_step(arguments["transform"])), contract)
    result, touched = merged(new, old, contract)
    write(spark, result, arguments, contract.partition_name, touched)
    if loads:
        files = written(spark, arguments["processed_path"], contract.partition_name, touched)
        tell_warehouse(arguments[MANIFESTS], arguments["run_id"], files)
    for file in landed:  # raw has them now
        delete(spark, file)
    count(arguments["flow"], quarantined)


if __name__ == "__main__":
    main()
