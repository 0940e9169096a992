"""What others did to a stack's resources: what the template set against what is there now."""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from controller.local.cloudformation import catalog, dynamic, tags
from controller.local.cloudformation.comparison import ABSENT, same
from controller.local.cloudformation.errors import Refused
from controller.local.cloudformation.stack import Resource, Stack, now
from controller.local.cloudformation.steps import FAILURES, reason_of, scope

# CloudFormation user guide, "Resource type support": drift detection No, or not in the list at all.
UNCHECKED = frozenset(
    (
        "AWS::ApiGateway::UsagePlanKey",
        "AWS::ApiGatewayV2::Integration",
        "AWS::ApiGatewayV2::Stage",
        "AWS::Athena::WorkGroup",
        "AWS::CertificateManager::Certificate",
        "AWS::CloudFormation::CustomResource",
        "AWS::CloudFormation::Stack",
        "AWS::CodeBuild::Project",
        "AWS::CodeBuild::ReportGroup",
        "AWS::CodeCommit::Repository",
        "AWS::Cognito::UserPool",
        "AWS::Config::ConfigurationRecorder",
        "AWS::DMS::Endpoint",
        "AWS::DMS::ReplicationInstance",
        "AWS::DMS::ReplicationSubnetGroup",
        "AWS::DMS::ReplicationTask",
        "AWS::EC2::VPCEndpoint",
        "AWS::Events::EventBusPolicy",
        "AWS::Glue::Connection",
        "AWS::Glue::Crawler",
        "AWS::Glue::DataCatalogEncryptionSettings",
        "AWS::Glue::Partition",
        "AWS::Glue::SecurityConfiguration",
        "AWS::Glue::Table",
        "AWS::Glue::Workflow",
        "AWS::IAM::AccessKey",
        "AWS::IAM::Policy",
        "AWS::KMS::Alias",
        "AWS::KinesisFirehose::DeliveryStream",
        "AWS::LakeFormation::DataLakeSettings",
        "AWS::LakeFormation::Permissions",
        "AWS::LakeFormation::Resource",
        "AWS::Lambda::EventSourceMapping",
        "AWS::S3::BucketPolicy",
        "AWS::SNS::TopicPolicy",
        "AWS::SQS::QueuePolicy",
        "AWS::SecretsManager::ResourcePolicy",
    )
)
DETECTABLE = (
    "CREATE_COMPLETE",
    "UPDATE_COMPLETE",
    "UPDATE_ROLLBACK_COMPLETE",
    "UPDATE_ROLLBACK_FAILED",
    "IMPORT_COMPLETE",
    "IMPORT_ROLLBACK_COMPLETE",
)
IGNORED = frozenset(
    ("Code", "KmsKeyId", "KMSKeyId", "MasterUserPassword", "Password")
)  # user guide, drift: not compared


@dataclass(frozen=True, slots=True)
class Drift:
    """How one resource stands."""

    resource: Resource
    status: str  # IN_SYNC, MODIFIED, DELETED, NOT_CHECKED
    at: datetime
    expected: Mapping[str, Any] = field(default_factory=dict)
    actual: Mapping[str, Any] | None = None
    differs: tuple[tags.Difference, ...] = ()

    def described(self, stack: Stack) -> dict[str, Any]:
        return {
            "StackId": stack.id,
            "LogicalResourceId": self.resource.logical_id,
            "PhysicalResourceId": self.resource.physical_id,
            "ResourceType": self.resource.type,
            "ExpectedProperties": json.dumps(self.expected, sort_keys=True, default=str),
            "ActualProperties": None if self.actual is None else json.dumps(self.actual, sort_keys=True, default=str),
            "PropertyDifferences": [
                {
                    "PropertyPath": path,
                    "ExpectedValue": _shown(expected),
                    "ActualValue": _shown(actual),
                    "DifferenceType": kind,
                }
                for path, expected, actual, kind in self.differs
            ],
            "StackResourceDriftStatus": self.status,
            "Timestamp": self.at,
        }


class Detection:
    """One drift detection of a stack; runs in its own thread."""

    def __init__(self, stack: Stack) -> None:
        if stack.status not in DETECTABLE:
            raise Refused(f"Drift detection cannot be performed on stack [{stack.id}] while in {stack.status} state.")
        self.id = str(uuid.uuid4())
        self.stack = stack
        self.status = "DETECTION_IN_PROGRESS"
        self.reason: str | None = None
        self.found: str | None = None
        self.at = now()
        self.drifts: dict[str, Drift] = {}

    def start(self, names: frozenset[str] = frozenset()) -> None:
        threading.Thread(target=self.run, args=(names,), daemon=True).start()

    def run(self, names: frozenset[str] = frozenset()) -> None:
        """Check every resource, or those named."""
        failed: list[str] = []
        for name, resource in tuple(self.stack.resources.items()):
            if names and name not in names:
                continue
            try:
                self.drifts[name] = checked(self.stack, resource)
            except FAILURES as failure:
                failed.append(f"{name}: {reason_of(failure)}")
        states = {drift.status for drift in self.drifts.values()}
        self.found = "DRIFTED" if states & {"MODIFIED", "DELETED"} else "IN_SYNC"
        self.stack.drift, self.stack.drift_at = self.found, self.at
        self.reason = f"Failed to detect drift on resources [{'; '.join(failed)}]" if failed else None
        self.status = "DETECTION_FAILED" if failed else "DETECTION_COMPLETE"

    @property
    def drifted(self) -> int:
        return sum(drift.status in ("MODIFIED", "DELETED") for drift in self.drifts.values())

    def described(self) -> dict[str, Any]:
        return {
            "StackId": self.stack.id,
            "StackDriftDetectionId": self.id,
            "StackDriftStatus": self.found,
            "DetectionStatus": self.status,
            "DetectionStatusReason": self.reason,
            "DriftedStackResourceCount": None if self.found is None else self.drifted,
            "Timestamp": self.at,
        }


def checked(stack: Stack, resource: Resource) -> Drift:
    """Compare one resource with what its handler reads; what neither template nor stack sets is not compared."""
    drift = _checked(stack, resource)
    resource.drift, resource.drift_at = drift.status, drift.at
    return drift


def drifted(stack: Stack) -> Iterator[Drift]:
    """Those of the stack's resources that others changed or deleted."""
    for resource in tuple(stack.resources.values()):
        found = checked(stack, resource)
        if found.status in ("MODIFIED", "DELETED"):
            yield found


def _checked(stack: Stack, resource: Resource) -> Drift:
    if resource.type in UNCHECKED or not resource.physical_id:
        return Drift(resource, "NOT_CHECKED", now())
    schema = catalog.schema(resource.type)
    wanted = tags.over_stack(schema, resource.properties, stack.wanted.tags)
    expected = {
        key: value
        for key, value in schema.coerce(wanted).items()
        if key not in IGNORED and not dynamic.holds_reference(value)
    }
    properties = dynamic.resolved(wanted, stack.account, stack.region)
    handler = catalog.handler(resource.type)
    actual = handler.read(scope(stack, resource.logical_id), resource.physical_id, properties)
    if actual is None:
        return Drift(resource, "DELETED", now(), expected)
    compared = {key: value for key, value in expected.items() if key in actual}
    differs = tuple(_differences(compared, actual))
    return Drift(resource, "MODIFIED" if differs else "IN_SYNC", now(), compared, actual, differs)


def _differences(expected: Any, actual: Any, path: str = "") -> Iterator[tags.Difference]:
    """Members of objects that the template does not set, and the order of lists, mean nothing."""
    expected, actual = _read(expected), _read(actual)
    if isinstance(expected, Mapping) and isinstance(actual, Mapping):
        for key, value in expected.items():
            if key in actual:
                yield from _differences(value, actual[key], f"{path}/{key}")
            else:
                yield f"{path}/{key}", value, ABSENT, "REMOVE"
    elif tags.is_list(expected) and (tags.is_list(actual) or actual == []):
        yield from tags.differences(expected, actual, path)
    elif isinstance(expected, list) or isinstance(actual, list):  # in policies one value is a list of one
        yield from _of_lists(_listed(expected), _listed(actual), path)
    elif not same(expected, actual):
        yield path, expected, actual, "NOT_EQUAL"


def _of_lists(expected: list[Any], actual: list[Any], path: str) -> Iterator[tags.Difference]:
    """Equal members are paired first, the others as they come."""
    there = list(actual)
    missing: list[tuple[int, Any]] = []
    for index, item in enumerate(expected):
        pair = next((other for other in there if not any(_differences(item, other))), ABSENT)
        if pair is not ABSENT:
            there.remove(pair)
        else:
            missing.append((index, item))
    for (index, item), other in zip(missing, there, strict=False):
        yield from _differences(item, other, f"{path}/{index}")
    for index, item in missing[len(there) :]:
        yield f"{path}/{index}", item, ABSENT, "REMOVE"
    for index, item in enumerate(there[len(missing) :], len(expected)):
        yield f"{path}/{index}", ABSENT, item, "ADD"


def _read(value: Any) -> Any:
    """Documents that a property holds as JSON text are compared as documents."""
    if isinstance(value, str) and value.startswith(("{", "[")):
        try:
            return json.loads(value)
        except json.JSONDecodeError:
            return value
    return value


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _shown(value: Any) -> str:
    if value is ABSENT:
        return "null"
    return value if isinstance(value, str) else json.dumps(value, default=str)
