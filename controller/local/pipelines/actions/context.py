"""What an action works with: its configuration with variables filled in, its artifacts, its role."""

from __future__ import annotations

import io
import json
import re
import threading
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError
from moto.iam.exceptions import NotFoundException
from moto.iam.models import iam_backends

from controller.local import clients
from controller.local.organization.tree import PARTITION
from controller.local.pipelines.state import ActionRun, Artifact, Delivery, Execution, short_id

VARIABLE = re.compile(r"#\{([A-Za-z0-9_@-]+)\.([A-Za-z0-9_@-]+)\}")


class ActionFailed(Exception):
    """The action's error; `code` as CodePipeline's ErrorDetails has it."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Settings(dict[str, str]):
    """An action's configuration; what it must have and has not is the action's failure."""

    def __missing__(self, key: str) -> str:
        raise ActionFailed("ConfigurationError", f"The action's configuration has no {key}")


class Stopped(Exception):
    """The embedded AWS is being reset: whatever waits, gives up."""


@dataclass(frozen=True)
class Context:
    pipeline: Delivery
    execution: Execution
    run: ActionRun
    stopped: threading.Event

    @property
    def region(self) -> str:
        return str(self.run.declared.get("region") or self.pipeline.region)

    @property
    def role(self) -> str:
        return str(self.run.declared.get("roleArn") or self.execution.pipeline["roleArn"])

    def client(self, service: str) -> Any:
        """A client with the action's role, which must be there; `service` decides what it may then do."""
        account, name = self.role.split(":")[4], self.role.rsplit("/", 1)[-1]
        try:
            iam_backends[account][PARTITION].get_role(name)
        except NotFoundException:
            text = f"CodePipeline is not authorized to perform AssumeRole on role {self.role}"
            raise ActionFailed("PermissionError", text) from None
        return clients.as_role(service, self.role, self.region)

    def configuration(self) -> Settings:
        """The action's configuration, with `#{namespace.name}` replaced by what earlier actions gave out."""
        filled = Settings()
        for key, value in self.run.declared.get("configuration", {}).items():
            filled[key] = VARIABLE.sub(lambda found: self._variable(found[1], found[2]), str(value))
        self.run.configuration = filled
        return filled

    def _variable(self, namespace: str, name: str) -> str:
        known = {"codepipeline": {"PipelineExecutionId": self.execution.id}, **self.execution.variables}
        try:
            return known[namespace][name]
        except KeyError:
            text = f"Valid variable #{{{namespace}.{name}}} could not be resolved"
            raise ActionFailed("ConfigurationError", text) from None

    def tell(self, outputs: Mapping[str, str]) -> None:
        """Give variables out to later actions, under the namespace that the action declares."""
        self.run.outputs = dict(outputs)
        if self.run.declared.get("namespace"):
            self.execution.variables[self.run.declared["namespace"]] = dict(outputs)

    def artifact(self, name: str) -> Artifact:
        declared = [one["name"] for one in self.run.declared.get("inputArtifacts", ())]
        if name not in declared or name not in self.execution.artifacts:
            raise ActionFailed("ConfigurationError", f"The artifact {name} is not an input of action {self.run.name}")
        return self.execution.artifacts[name]

    def file(self, reference: str) -> bytes:
        """A file of an input artifact, named `Artifact::path`."""
        name, _, path = reference.partition("::")
        try:
            with zipfile.ZipFile(io.BytesIO(self.artifact(name).content)) as archive:
                return archive.read(path)
        except KeyError:
            raise ActionFailed("JobFailed", f"File [{path}] does not exist in artifact [{name}]") from None
        except zipfile.BadZipFile:
            raise ActionFailed("JobFailed", f"Artifact [{name}] is not a valid zip file") from None

    def keep(self, name: str, content: bytes) -> Artifact:
        """Put an output artifact into the pipeline's own store."""
        stores = self.execution.pipeline.get("artifactStores", {})
        store = self.execution.pipeline.get("artifactStore") or stores[self.region]
        key = f"{self.pipeline.name[:20]}/{name[:10]}/{short_id()}"
        encryption = store.get("encryptionKey", {}).get("id")
        sealed = {"ServerSideEncryption": "aws:kms", **({"SSEKMSKeyId": encryption} if encryption else {})}
        try:
            self.client("s3").put_object(Bucket=store["location"], Key=key, Body=content, **sealed)
        except ClientError as error:
            raise refused(store["location"], error) from error
        self.execution.artifacts[name] = Artifact(store["location"], key, content)
        return self.execution.artifacts[name]

    def pause(self, seconds: float) -> None:
        if self.stopped.wait(seconds):
            raise Stopped


def refused(bucket: str, error: ClientError) -> ActionFailed:
    """What CodePipeline says where S3 refuses."""
    code, message = error.response["Error"]["Code"], error.response["Error"]["Message"]
    if code in ("AccessDenied", "403"):
        text = (
            "The service role or action role doesn't have the permissions required to access the Amazon S3 bucket "
            f"named {bucket}. Update the IAM role permissions, and then try again. "
            f"Error: Amazon S3:AccessDenied:{message}"
        )
        return ActionFailed("PermissionError", text)
    return ActionFailed("ConfigurationError", f"Amazon S3:{code}:{message} (bucket {bucket})")


def parsed(text: bytes, what: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError as error:
        raise ActionFailed("ConfigurationError", f"{what} is not valid JSON: {error}") from error
    if not isinstance(value, dict):
        raise ActionFailed("ConfigurationError", f"{what} is not a JSON object")
    return value
