from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace
from typing import Any

import pytest

from controller.local.resources.handler import ResourceFailed, Scope
from controller.local.resources.registry import handler_for

TAGS = [{"Key": "lake:flow", "Value": "orders"}]
MORE = [{"Key": "lake:flow", "Value": "orders"}, {"Key": "owner", "Value": "sales"}]
CRAWLER_ROLE = "arn:aws:iam::200000000001:role/lake/crawler"
KEY = "arn:aws:kms:eu-west-1:200000000001:key/a"
S3_PATH = "s3://acme-sales-raw/orders/"

CRAWLER = {
    "Name": "orders",
    "Role": CRAWLER_ROLE,
    "DatabaseName": "raw",
    "Targets": {"S3Targets": [{"Path": S3_PATH, "Exclusions": ["_quarantine/**"]}]},
    "Schedule": {"ScheduleExpression": "cron(0 1 * * ? *)"},
    "SchemaChangePolicy": {"UpdateBehavior": "LOG", "DeleteBehavior": "LOG"},
    "RecrawlPolicy": {"RecrawlBehavior": "CRAWL_NEW_FOLDERS_ONLY"},
    "Configuration": '{"Version": 1.0}',
    "CrawlerSecurityConfiguration": "lake",
    "LakeFormationConfiguration": {"UseLakeFormationCredentials": True},
    "Tags": {"lake:flow": "orders"},
}
JOB = {
    "Name": "orders",
    "Role": CRAWLER_ROLE,
    "Command": {"Name": "glueetl", "PythonVersion": "3", "ScriptLocation": "s3://code/assets/sha256/a.py"},
    "DefaultArguments": {"--job-bookmark-option": "job-bookmark-enable", "--contract": '{"columns": []}'},
    "GlueVersion": "5.0",
    "WorkerType": "G.1X",
    "NumberOfWorkers": 2,
    "Timeout": 60,
    "MaxRetries": 1,
    "ExecutionProperty": {"MaxConcurrentRuns": 1},
    "SecurityConfiguration": "lake",
    "JobRunQueuingEnabled": True,
    "Tags": {"lake:flow": "orders"},
}
STREAM = {
    "DeliveryStreamName": "orders",
    "DeliveryStreamType": "DirectPut",
    "DeliveryStreamEncryptionConfigurationInput": {"KeyType": "CUSTOMER_MANAGED_CMK", "KeyARN": KEY},
    "ExtendedS3DestinationConfiguration": {
        "BucketARN": "arn:aws:s3:::acme-sales-raw",
        "RoleARN": CRAWLER_ROLE,
        "Prefix": "orders/dt=!{timestamp:yyyy-MM-dd}/",
        "ErrorOutputPrefix": "_quarantine/orders/!{firehose:error-output-type}/",
        "BufferingHints": {"IntervalInSeconds": 60, "SizeInMBs": 64},
        "CompressionFormat": "UNCOMPRESSED",
        "EncryptionConfiguration": {"KMSEncryptionConfig": {"AWSKMSKeyARN": KEY}},
        "CloudWatchLoggingOptions": {"Enabled": True, "LogGroupName": "/lake/orders", "LogStreamName": "s3"},
        "DataFormatConversionConfiguration": {
            "Enabled": True,
            "InputFormatConfiguration": {"Deserializer": {"OpenXJsonSerDe": {}}},
            "OutputFormatConfiguration": {"Serializer": {"ParquetSerDe": {"Compression": "SNAPPY"}}},
            "SchemaConfiguration": {"DatabaseName": "raw", "TableName": "orders", "RoleARN": CRAWLER_ROLE},
        },
    },
    "Tags": TAGS,
}
WORKGROUP = {
    "Name": "lake",
    "Description": "queries",
    "WorkGroupConfiguration": {
        "EnforceWorkGroupConfiguration": True,
        "BytesScannedCutoffPerQuery": 1000000000,
        "ResultConfiguration": {
            "OutputLocation": "s3://acme-sales-processed/_athena/",
            "EncryptionConfiguration": {"EncryptionOption": "SSE_KMS", "KmsKey": KEY},
        },
    },
    "Tags": TAGS,
}
TABLE = {
    "DatabaseName": "raw",
    "CatalogId": "200000000001",
    "TableInput": {
        "Name": "orders",
        "TableType": "EXTERNAL_TABLE",
        "Parameters": {"classification": "parquet"},
        "PartitionKeys": [{"Name": "dt", "Type": "string"}],
        "StorageDescriptor": {
            "Columns": [{"Name": "id", "Type": "bigint"}, {"Name": "at", "Type": "timestamp"}],
            "Location": S3_PATH,
            "SerdeInfo": {"SerializationLibrary": "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"},
        },
    },
}
RULE = {
    "Name": "orders-arrived",
    "EventPattern": {"source": ["aws.s3"], "detail": {"bucket": {"name": ["acme-sales-dropzone"]}}},
    "State": "ENABLED",
    "Targets": [{"Id": "start", "Arn": "arn:aws:states:eu-west-1:1:stateMachine:orders", "RoleArn": CRAWLER_ROLE}],
    "Tags": TAGS,
}
SCHEDULE = {
    "Name": "orders",
    "FlexibleTimeWindow": {"Mode": "OFF"},
    "ScheduleExpression": "rate(1 hour)",
    "ScheduleExpressionTimezone": "Europe/Dublin",
    "State": "ENABLED",
    "Target": {
        "Arn": "arn:aws:states:eu-west-1:1:stateMachine:orders",
        "RoleArn": CRAWLER_ROLE,
        "Input": '{"flow": "orders"}',
        "RetryPolicy": {"MaximumRetryAttempts": 3, "MaximumEventAgeInSeconds": 3600},
    },
}
ALARM = {
    "AlarmName": "orders-failed",
    "Namespace": "AWS/States",
    "MetricName": "ExecutionsFailed",
    "Dimensions": [{"Name": "StateMachineArn", "Value": "arn:aws:states:eu-west-1:1:stateMachine:orders"}],
    "Statistic": "Sum",
    "Period": 300,
    "EvaluationPeriods": 1,
    "Threshold": 1,
    "ComparisonOperator": "GreaterThanOrEqualToThreshold",
    "TreatMissingData": "notBreaching",
    "AlarmActions": ["arn:aws:sns:eu-west-1:1:lake-alerts"],
    "Tags": TAGS,
}
LAMBDA = {
    "FunctionName": "authorizer",
    "Runtime": "python3.12",
    "Handler": "index.handler",
    "Code": {"ZipFile": "def handler(event, context):\n    return event\n"},
    "Timeout": 10,
    "MemorySize": 256,
    "Environment": {"Variables": {"SILO": "sales"}},
    "KmsKeyArn": KEY,
    "TracingConfig": {"Mode": "Active"},
    "ReservedConcurrentExecutions": 5,
    "Tags": TAGS,
}
DEFINITION = json.dumps({"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}})
LONGER = json.dumps({"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 1, "End": True}}})
DATABASE = {"CatalogId": "200000000001", "DatabaseInput": {"Name": "raw", "CreateTableDefaultPermissions": []}}


CONNECTION: dict[str, Any] = {
    "CatalogId": "200000000001",
    "ConnectionInput": {
        "Name": "erp",
        "ConnectionType": "JDBC",
        "ConnectionProperties": {"JDBC_CONNECTION_URL": "jdbc:mysql://erp.acme.example:3306/erp", "SECRET_ID": "erp"},
        "PhysicalConnectionRequirements": {"SubnetId": "subnet-1", "SecurityGroupIdList": ["sg-1"]},
    },
}


def destination(**other: Any) -> dict[str, Any]:
    return {**STREAM, "ExtendedS3DestinationConfiguration": {**STREAM["ExtendedS3DestinationConfiguration"], **other}}


NOTHING: frozenset[str] = frozenset()
CASES: dict[str, tuple[dict[str, Any], dict[str, Any], frozenset[str]]] = {
    "AWS::Glue::Database": (
        DATABASE,
        {**DATABASE, "DatabaseInput": {"Name": "raw", "Description": "as it came"}},
        NOTHING,
    ),
    "AWS::Glue::Connection": (
        CONNECTION,
        {**CONNECTION, "ConnectionInput": {**CONNECTION["ConnectionInput"], "Description": "their ERP"}},
        NOTHING,
    ),
    "AWS::Glue::Crawler": (
        CRAWLER,
        {
            **CRAWLER,
            "Schedule": {"ScheduleExpression": "cron(0 2 * * ? *)"},
            "LakeFormationConfiguration": {"UseLakeFormationCredentials": False},
            "Tags": {"lake:flow": "orders", "owner": "sales"},
        },
        NOTHING,
    ),
    "AWS::Glue::Job": (
        JOB,
        {**{k: v for k, v in JOB.items() if k != "JobRunQueuingEnabled"}, "NumberOfWorkers": 5, "Tags": {"a": "b"}},
        NOTHING,
    ),
    "AWS::KinesisFirehose::DeliveryStream": (
        STREAM,
        {**destination(BufferingHints={"IntervalInSeconds": 300, "SizeInMBs": 128}), "Tags": MORE},
        NOTHING,
    ),
    "AWS::Athena::WorkGroup": (
        WORKGROUP,
        {
            "Name": "lake",
            "Description": "all queries",
            "State": "DISABLED",
            "WorkGroupConfiguration": {
                "EnforceWorkGroupConfiguration": True,
                "ResultConfiguration": {"OutputLocation": "s3://acme-sales-processed/_results/"},
            },
            "Tags": MORE,
        },
        NOTHING,
    ),
    "AWS::Events::Rule": (
        RULE,
        {**RULE, "State": "DISABLED", "Targets": [{"Id": "other", "Arn": "arn:aws:sns:eu-west-1:1:lake-alerts"}]},
        NOTHING,
    ),
    "AWS::Scheduler::Schedule": (SCHEDULE, {**SCHEDULE, "ScheduleExpression": "rate(15 minutes)"}, NOTHING),
    "AWS::Scheduler::ScheduleGroup": ({"Name": "lake", "Tags": TAGS}, {"Name": "lake", "Tags": MORE}, NOTHING),
    "AWS::CloudWatch::Alarm": (ALARM, {**ALARM, "Threshold": 2, "Tags": MORE}, NOTHING),
}


@pytest.mark.parametrize("type_name", CASES)
def test_a_resource_is_made_read_changed_and_deleted(round_trip: Any, type_name: str) -> None:
    round_trip(type_name, *CASES[type_name])


def test_a_table_makes_a_round_trip(scope: Scope, round_trip: Any) -> None:
    handler_for("AWS::Glue::Database").create(scope, DATABASE)
    columns = [*TABLE["TableInput"]["StorageDescriptor"]["Columns"], {"Name": "total", "Type": "decimal(10,2)"}]
    wider = {**TABLE["TableInput"]["StorageDescriptor"], "Columns": columns}
    after = {**TABLE, "TableInput": {**TABLE["TableInput"], "StorageDescriptor": wider}}
    round_trip("AWS::Glue::Table", TABLE, after)


def test_a_column_added_by_hand_shows(scope: Scope) -> None:
    handler_for("AWS::Glue::Database").create(scope, DATABASE)
    handler_for("AWS::Glue::Table").create(scope, TABLE)
    columns = [*TABLE["TableInput"]["StorageDescriptor"]["Columns"], {"Name": "extra", "Type": "string"}]
    by_hand = {**TABLE["TableInput"], "StorageDescriptor": {"Columns": columns, "Location": S3_PATH}}
    scope.client("glue").update_table(DatabaseName="raw", TableInput=by_hand)
    live = handler_for("AWS::Glue::Table").read(scope, "orders", TABLE)
    assert live is not None
    assert live["TableInput"]["StorageDescriptor"]["Columns"] == columns


def test_a_function_makes_a_round_trip(round_trip: Any, role: str) -> None:
    before = {**LAMBDA, "Role": role}
    after = {
        **before,
        "Code": {"ZipFile": "def handler(event, context):\n    return None\n"},
        "Timeout": 20,
        "Environment": {"Variables": {"SILO": "finance"}},
        "ReservedConcurrentExecutions": 6,
        "Tags": MORE,
    }
    round_trip("AWS::Lambda::Function", before, after, frozenset({"Code"}))


def test_a_function_takes_its_code_from_the_bucket_of_another_account(scope: Scope, role: str) -> None:
    master = replace(scope, account="199999999999")
    bucket = handler_for("AWS::S3::Bucket").create(master, {"BucketName": f"code-{scope.account}"}).physical_id
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("index.py", "def handler(event, context):\n    return event\n")
    master.client("s3").put_object(Bucket=bucket, Key="assets/sha256/a.zip", Body=packed.getvalue())
    code = {"S3Bucket": bucket, "S3Key": "assets/sha256/a.zip"}
    handler_for("AWS::Lambda::Function").create(scope, {**LAMBDA, "Role": role, "Code": code})
    live = scope.client("lambda").get_function(FunctionName="authorizer")["Configuration"]
    assert live["CodeSize"] == len(packed.getvalue())


def test_a_permission_lets_a_service_call_a_function(scope: Scope, round_trip: Any, role: str) -> None:
    handler_for("AWS::Lambda::Function").create(scope, {**LAMBDA, "Role": role})
    permission = {
        "FunctionName": "authorizer",
        "Action": "lambda:InvokeFunction",
        "Principal": "transfer.amazonaws.com",
        "SourceAccount": scope.account,
    }
    round_trip("AWS::Lambda::Permission", permission, permission)


def test_a_state_machine_makes_a_round_trip(round_trip: Any, role: str) -> None:
    before = {"StateMachineName": "orders", "RoleArn": role, "DefinitionString": DEFINITION, "Tags": TAGS}
    made = round_trip("AWS::StepFunctions::StateMachine", before, {**before, "DefinitionString": LONGER, "Tags": MORE})
    assert made.attributes["Name"] == "orders"


def test_substitutions_reach_the_definition_of_a_state_machine(scope: Scope, role: str) -> None:
    wanted = {
        "RoleArn": role,
        "Definition": {"StartAt": "Wait", "States": {"Wait": {"Type": "Pass", "Result": "${flow}", "End": True}}},
        "DefinitionSubstitutions": {"flow": "orders"},
    }
    made = handler_for("AWS::StepFunctions::StateMachine").create(scope, wanted)
    live = scope.client("stepfunctions").describe_state_machine(stateMachineArn=made.physical_id)
    assert json.loads(live["definition"])["States"]["Wait"]["Result"] == "orders"


def test_a_security_configuration_is_made_and_deleted(round_trip: Any) -> None:
    encryption = {
        "S3Encryptions": [{"S3EncryptionMode": "SSE-KMS", "KmsKeyArn": KEY}],
        "CloudWatchEncryption": {"CloudWatchEncryptionMode": "SSE-KMS", "KmsKeyArn": KEY},
        "JobBookmarksEncryption": {"JobBookmarksEncryptionMode": "CSE-KMS", "KmsKeyArn": KEY},
    }
    wanted = {"Name": "lake", "EncryptionConfiguration": encryption}
    round_trip("AWS::Glue::SecurityConfiguration", wanted, wanted)


def test_what_cannot_change_in_place_says_so(scope: Scope) -> None:
    before = {"Name": "lake", "EncryptionConfiguration": {}}
    after = {"Name": "lake", "EncryptionConfiguration": {"S3Encryptions": [{"S3EncryptionMode": "SSE-S3"}]}}
    handler = handler_for("AWS::Glue::SecurityConfiguration")
    handler.create(scope, before)
    with pytest.raises(ResourceFailed, match="cannot change in place: EncryptionConfiguration"):
        handler.update(scope, "lake", before, after)


@pytest.mark.parametrize("type_name", ["AWS::Events::Rule", "AWS::CloudWatch::Alarm", "AWS::Glue::Crawler"])
def test_a_taken_name_is_refused(scope: Scope, type_name: str) -> None:
    properties = CASES[type_name][0]
    handler_for(type_name).create(scope, properties)
    with pytest.raises(ResourceFailed, match=r"^[a-z-]+ already exists$"):
        handler_for(type_name).create(scope, properties)
