"""A table of Cassandra or Amazon Keyspaces, landed whole as parquet, by the Spark Cassandra connector.

Every value is landed as text, collections as JSON: the flow's job casts it to the contract, and quarantines what does
not fit. The user and password are read from the secret when the job starts, and stand in no argument.
"""

from __future__ import annotations

import json
import sys

import boto3
from awsglue.utils import getResolvedOptions
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import ArrayType, DataType, MapType, StructType

ARGUMENTS = ["bucket", "object", "columns", "hosts", "port", "keyspace", "table", "secret"]
FORMAT = "org.apache.spark.sql.cassandra"


def session(arguments: dict[str, str]) -> SparkSession:
    """Spark with the connector's settings (Spark Cassandra connector, reference of its configuration parameters)."""
    secret = boto3.client("secretsmanager").get_secret_value(SecretId=arguments["secret"])["SecretString"]
    credentials = json.loads(secret)
    settings = {
        "spark.sql.session.timeZone": "UTC",
        "spark.cassandra.connection.host": arguments["hosts"],
        "spark.cassandra.connection.port": arguments["port"],
        "spark.cassandra.connection.ssl.enabled": "true",
        "spark.cassandra.auth.username": credentials["username"],
        "spark.cassandra.auth.password": credentials["password"],
        "spark.cassandra.input.consistency.level": "LOCAL_QUORUM",
    }
    spark = SparkSession.builder.getOrCreate()
    for name, value in settings.items():
        spark.conf.set(name, value)
    return spark


def as_text(frame: DataFrame, columns: list[str]) -> DataFrame:
    """The contract's columns alone; one that the table lacks is null."""
    types = {field.name: field.dataType for field in frame.schema.fields}
    return frame.select(
        [(_text(name, types[name]) if name in types else F.lit(None).cast("string")).alias(name) for name in columns]
    )


def _text(name: str, kind: DataType) -> Column:
    value = F.col(f"`{name}`")
    return F.to_json(value) if isinstance(kind, StructType | ArrayType | MapType) else value.cast("string")


def main() -> None:
    arguments = getResolvedOptions(sys.argv, ARGUMENTS)
    spark = session(arguments)
    frame = spark.read.format(FORMAT).options(keyspace=arguments["keyspace"], table=arguments["table"]).load()
    target = f"s3://{arguments['bucket']}/{arguments['object']}"
    as_text(frame, json.loads(arguments["columns"])).write.mode("overwrite").parquet(target)


if __name__ == "__main__":
    main()
