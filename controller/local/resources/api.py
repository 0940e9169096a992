"""Calls of a handler to its account's services: shaped by botocore's models, refused in CloudFormation's words."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError, ParamValidationError
from botocore.parsers import ResponseParserError

from controller.local.resources.handler import ResourceFailed, Scope
from controller.local.resources.shapes import to_api

GONE = ("NoSuch", "NotFound", "DoesNotExist", "NonExistent", "404", "UnknownResource")  # parts of error codes
TAKEN = (
    "AlreadyExists",
    "AlreadyOwnedByYou",
    "ConflictException",
    "ResourceInUse",
    "NameExists",
    "NameInUse",
    "QueueNameExists",
    "UsernameExists",
)


class Taken(ResourceFailed):
    """The name belongs to something that is there already."""


@dataclass(frozen=True, slots=True)
class Api:
    """One service as one resource sees it. Operations are named as boto3 names them."""

    scope: Scope
    service: str

    @property
    def client(self) -> Any:
        return self.scope.client(self.service)

    def call(self, operation: str, values: Mapping[str, Any] | None = None, /, **exact: Any) -> dict[str, Any]:
        """Call with those of `values` that the operation takes, and `exact`. Raises ResourceFailed."""
        with self._refusals():
            answer: dict[str, Any] = self._raw(operation, {**(values or {}), **exact})
            return answer

    def make(
        self, name: str, operation: str, values: Mapping[str, Any] | None = None, /, **exact: Any
    ) -> dict[str, Any]:
        """Like `call`, for what creates the thing `name`. Raises Taken where the name is taken."""
        with self._refusals(name):
            answer: dict[str, Any] = self._raw(operation, {**(values or {}), **exact})
            return answer

    def find(self, operation: str, /, **exact: Any) -> dict[str, Any] | None:
        """What a read answers; None when there is no such thing."""
        with self._refusals():
            try:
                answer: dict[str, Any] = self._raw(operation, exact)
                return answer
            except ClientError as error:
                if _speaks(error, GONE):
                    return None
                raise

    def drop(self, operation: str, /, **exact: Any) -> None:
        """Delete; what is gone already is fine."""
        self.find(operation, **exact)

    def arn(self, resource: str, service: str = "") -> str:
        return f"arn:aws:{service or self.service}:{self.scope.region}:{self.scope.account}:{resource}"

    def _raw(self, operation: str, values: Mapping[str, Any]) -> Any:
        client = self.client
        answer = getattr(client, operation)(**to_api(client, operation, values))
        return {key: value for key, value in answer.items() if key != "ResponseMetadata"}

    @contextmanager
    def _refusals(self, name: str = "") -> Iterator[None]:
        try:
            yield
        except ClientError as error:
            if name and _speaks(error, TAKEN):
                raise Taken(f"{name} already exists") from error
            raise ResourceFailed(_reason(error, self.client.meta.service_model.service_id)) from error
        except ParamValidationError as error:
            raise ResourceFailed(f"Properties validation failed: {' '.join(str(error).split())}") from error
        except ResponseParserError as error:  # moto's page for what it does not have
            raise ResourceFailed(f"the embedded AWS cannot do this in {self.service}") from error


def _speaks(error: ClientError, words: tuple[str, ...]) -> bool:
    code = str(error.response.get("Error", {}).get("Code", ""))
    return any(word in code for word in words)


def _reason(error: ClientError, service: str) -> str:
    said, meta = error.response.get("Error", {}), error.response.get("ResponseMetadata", {})
    request = meta.get("RequestId") or uuid.uuid4()
    status = meta.get("HTTPStatusCode", 400)
    text = str(said.get("Message") or said.get("Code", "")).rstrip(".")
    if text.startswith("<"):  # moto's page for what it does not have
        text = f"The embedded AWS cannot do {error.operation_name}"
    return f"{text} (Service: {service.replace(' ', '')}, Status Code: {status}, Request ID: {request})"
