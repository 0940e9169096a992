"""What is particular to orders: corrections have a negative total and are left out; currencies are written alike."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as sql


def transform(records: DataFrame) -> DataFrame:
    """Take and return the contract's columns."""
    sales = records.filter(sql.col("total") >= 0)
    return sales.withColumn("currency", sql.upper(sql.trim(sql.col("currency"))))
