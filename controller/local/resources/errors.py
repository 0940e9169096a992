"""A service's refusal, in the words of a CloudFormation status reason."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import ClientError, ParamValidationError

from controller.local.resources.handler import ResourceFailed

GONE = (  # what services say of a thing that is not there
    "NoSuch", "NotFound", "DoesNotExist", "ResourceNotFound", "NonExistent", "EntityNotFound", "404", "UnknownResource",
    "InvalidParameterValue.Missing",
)  # fmt: skip
TAKEN = ("AlreadyExists", "AlreadyOwnedByYou", "Conflict", "EntityAlreadyExists", "ResourceInUse", "RepositoryNameExists", "NameInUse")


@contextmanager
def refusals(name: str = "") -> Iterator[None]:
    """Turn botocore's errors into ResourceFailed; `name` is that of the thing to be made, when it may be taken already."""
    try:
        yield
    except ClientError as error:
        if name and _speaks(error, TAKEN):
            raise ResourceFailed(f"{name} already exists") from error
        raise ResourceFailed(_reason(error)) from error
    except ParamValidationError as error:
        raise ResourceFailed(f"Properties validation failed: {' '.join(str(error).split())}") from error


@contextmanager
def gone_is_fine() -> Iterator[None]:
    """Deleting what is not there succeeds."""
    try:
        yield
    except ClientError as error:
        if not is_gone(error):
            raise ResourceFailed(_reason(error)) from error


def is_gone(error: ClientError) -> bool:
    return _speaks(error, GONE)


def _speaks(error: ClientError, words: tuple[str, ...]) -> bool:
    code = str(error.response.get("Error", {}).get("Code", ""))
    return any(word in code for word in words)


def _reason(error: ClientError) -> str:
    said, meta = error.response.get("Error", {}), error.response.get("ResponseMetadata", {})
    return (
        f"{said.get('Message') or said.get('Code', '')} (Service: {_service(error)}, "
        f"Status Code: {meta.get('HTTPStatusCode', 400)}, Request ID: {meta.get('RequestId', '')})"
    )


def _service(error: ClientError) -> str:
    return str(getattr(error, "service", "") or error.operation_name)
