"""All that an account holds, asked of its services one by one and not of its stacks."""

from __future__ import annotations

from collections.abc import Iterator

from controller.local.clients import client
from controller.local.resources import store
from controller.local.resources.registry import HANDLERS

Inventory = dict[str, set[str]]
OURS = "/lake/workload/"  # roles that a silo's own stacks make

# Kind -> service, operation, where the answer has them, and what names each.
LISTED: dict[str, tuple[str, str, str, str]] = {
    "bucket": ("s3", "list_buckets", "Buckets", "Name"),
    "key": ("kms", "list_keys", "Keys", "KeyId"),
    "alias": ("kms", "list_aliases", "Aliases", "AliasName"),
    "log group": ("logs", "describe_log_groups", "logGroups", "logGroupName"),
    "secret": ("secretsmanager", "list_secrets", "SecretList", "Name"),
    "database": ("glue", "get_databases", "DatabaseList", "Name"),
    "job": ("glue", "list_jobs", "JobNames", ""),
    "crawler": ("glue", "list_crawlers", "CrawlerNames", ""),
    "connection": ("glue", "get_connections", "ConnectionList", "Name"),
    "state machine": ("stepfunctions", "list_state_machines", "stateMachines", "name"),
    "stream": ("firehose", "list_delivery_streams", "DeliveryStreamNames", ""),
    "rule": ("events", "list_rules", "Rules", "Name"),
    "schedule": ("scheduler", "list_schedules", "Schedules", "Name"),
    "function": ("lambda", "list_functions", "Functions", "FunctionName"),
    "REST API": ("apigateway", "get_rest_apis", "items", "name"),
    "user": ("iam", "list_users", "Users", "UserName"),
    "alarm": ("cloudwatch", "describe_alarms", "MetricAlarms", "AlarmName"),
    "topic": ("sns", "list_topics", "Topics", "TopicArn"),
    "queue": ("sqs", "list_queues", "QueueUrls", ""),
    "workgroup": ("athena", "list_work_groups", "WorkGroups", "Name"),
    "parameter": ("ssm", "describe_parameters", "Parameters", "Name"),
}


def inventory(account: str, region: str) -> Inventory:
    """Names by kind, without kinds that have none."""
    found = {kind: set(_names(account, region, *how)) for kind, how in LISTED.items()}
    roles = client("iam", account, region).list_roles(PathPrefix=OURS)["Roles"]
    found["role"] = {one["RoleName"] for one in roles}
    for database in found["database"]:
        tables = client("glue", account, region).get_tables(DatabaseName=database)["TableList"]
        found.setdefault("table", set()).update(f"{database}.{one['Name']}" for one in tables)
    for kind in HANDLERS:  # those that no service of moto stands behind
        found[kind.removeprefix("AWS::")] = set(store.listed(account, region, kind))
    return {kind: names for kind, names in found.items() if names}


def _names(account: str, region: str, service: str, operation: str, field: str, name: str) -> Iterator[str]:
    answer = getattr(client(service, account, region), operation)()
    yield from (one[name] if name else one for one in answer.get(field, []))
