"""A table of a SQL database, landed as parquet: all of it, or with a bookmark what is above the last run's highest value.

Every value is landed as text: the flow's job casts it to the contract, and quarantines what does not fit. The user and
password are read by Glue itself from the secret that the connection names.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from awsglue.context import GlueContext
from awsglue.job import Job
from awsglue.utils import getResolvedOptions
from pyspark.context import SparkContext
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import StringType, StructField, StructType

ARGUMENTS = ["JOB_NAME", "bucket", "object", "columns", "connection", "engine", "table", "incremental"]
NONE = "none"  # the argument `incremental` of a flow that reads the whole table each time


def options(arguments: dict[str, str]) -> dict[str, Any]:
    """Glue developer guide, "JDBC connections" and "Tracking processed data using job bookmarks"."""
    found: dict[str, Any] = {
        "useConnectionProperties": "true",
        "connectionName": arguments["connection"],
        "dbtable": arguments["table"],
    }
    if arguments["incremental"] != NONE:
        found |= {"jobBookmarkKeys": [arguments["incremental"]], "jobBookmarkKeysSortOrder": "asc"}
    return found


def as_text(frame: DataFrame, columns: list[str]) -> DataFrame:
    """The contract's columns alone, under the source's names in the contract's spelling; what the table lacks is null.

    Databases differ in the case that they report names in.
    """
    have = {name.lower(): name for name in frame.columns}
    return frame.select(
        [
            (F.col(f"`{have[name.lower()]}`") if name.lower() in have else F.lit(None)).cast("string").alias(name)
            for name in columns
        ]
    )


def main() -> None:
    arguments = getResolvedOptions(sys.argv, ARGUMENTS)
    columns: list[str] = json.loads(arguments["columns"])
    glue = GlueContext(SparkContext.getOrCreate())
    glue.spark_session.conf.set("spark.sql.session.timeZone", "UTC")
    job = Job(glue)
    job.init(arguments["JOB_NAME"], arguments)
    came = glue.create_dynamic_frame.from_options(
        connection_type=arguments["engine"], connection_options=options(arguments), transformation_ctx="source"
    ).toDF()
    if not came.columns:  # nothing is new
        names = StructType([StructField(name, StringType()) for name in columns])
        came = glue.spark_session.createDataFrame([], names)
    # A run that is repeated after its bookmark moved brings less than before: what the first attempt landed stays.
    mode = "overwrite" if arguments["incremental"] == NONE else "append"
    as_text(came, columns).write.mode(mode).parquet(f"s3://{arguments['bucket']}/{arguments['object']}")
    job.commit()  # the bookmark moves only when all has landed


if __name__ == "__main__":
    main()
