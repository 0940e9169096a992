"""A collection of MongoDB or DocumentDB, landed whole as parquet.

Every value is landed as text, nested documents as JSON: the flow's job casts it to the contract, and quarantines what
does not fit. The user and password are read by Glue itself from the secret that the connection names.
"""

from __future__ import annotations

import json
import sys

from awsglue.context import GlueContext
from awsglue.utils import getResolvedOptions
from pyspark.context import SparkContext
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import ArrayType, DataType, MapType, StructType

ARGUMENTS = ["bucket", "object", "columns", "connection", "product", "database", "collection"]
OBJECT_ID = "oid"  # how the connector shows an ObjectId: a document of this one field


def as_text(frame: DataFrame, columns: list[str]) -> DataFrame:
    """The contract's fields alone; one that no document has is null."""
    types = {field.name: field.dataType for field in frame.schema.fields}
    return frame.select(
        [(_text(name, types[name]) if name in types else F.lit(None).cast("string")).alias(name) for name in columns]
    )


def _text(name: str, kind: DataType) -> Column:
    value = F.col(f"`{name}`")
    if isinstance(kind, StructType) and kind.names == [OBJECT_ID]:
        return value[OBJECT_ID].cast("string")
    return F.to_json(value) if isinstance(kind, StructType | ArrayType | MapType) else value.cast("string")


def main() -> None:
    arguments = getResolvedOptions(sys.argv, ARGUMENTS)
    glue = GlueContext(SparkContext.getOrCreate())
    glue.spark_session.conf.set("spark.sql.session.timeZone", "UTC")
    came = glue.create_dynamic_frame.from_options(
        connection_type=arguments["product"],
        connection_options={
            "connectionName": arguments["connection"],
            "database": arguments["database"],
            "collection": arguments["collection"],
        },
    )
    # A field that has more than one type over the documents is a choice; as text it is one again.
    frame = came.resolveChoice(choice="cast:string").toDF()
    target = f"s3://{arguments['bucket']}/{arguments['object']}"
    as_text(frame, json.loads(arguments["columns"])).write.mode("overwrite").parquet(target)


if __name__ == "__main__":
    main()
