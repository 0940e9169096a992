"""The one place where botocore's errors become ours, keeping service, operation, code and request id."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    HTTPClientError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
    ProfileNotFound,
)
from botocore.exceptions import ConnectionError as NoConnection

from controller.model.errors import AwsDenied, AwsError, AwsThrottled, AwsUnreachable
from controller.model.observed import Absent, Observed, Present, Unreadable

T = TypeVar("T")

_DENIED = frozenset(
    {
        *("AccessDenied", "AccessDeniedException", "AuthFailure", "ExpiredToken", "ExpiredTokenException"),
        *("Forbidden", "403", "InvalidAccessKeyId", "InvalidClientTokenId", "InvalidToken", "OptInRequired"),
        *("SignatureDoesNotMatch", "UnauthorizedOperation", "UnrecognizedClientException"),
    }
)
_THROTTLED = frozenset(
    {
        *("Throttling", "ThrottlingException", "ThrottledException", "RequestThrottled", "RequestThrottledException"),
        *("SlowDown", "TooManyRequestsException", "RequestLimitExceeded"),
    }
)
_EXPIRED = frozenset({"ExpiredToken", "ExpiredTokenException"})


def code_of(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def _from_client_error(error: ClientError, service: str) -> AwsError:
    answer = error.response
    code = code_of(error)
    message = str(answer.get("Error", {}).get("Message", "")).strip() or "no message"
    kind: type[AwsError] = AwsDenied if code in _DENIED else AwsThrottled if code in _THROTTLED else AwsError
    hint = "the credentials have expired: sign in again" if code in _EXPIRED else ""
    return kind(
        f"{code} ({service}:{error.operation_name}): {message}",
        service=service,
        operation=error.operation_name,
        code=code,
        request_id=str(answer.get("ResponseMetadata", {}).get("RequestId", "")),
        hint=hint,
    )


@contextmanager
def translated(service: str) -> Iterator[None]:
    """Turn botocore's errors into ours; anything else is a bug and goes its way."""
    try:
        yield
    except ClientError as error:
        raise _from_client_error(error, service) from error
    except (NoCredentialsError, PartialCredentialsError, ProfileNotFound) as error:
        raise AwsDenied(
            str(error),
            service=service,
            hint="give AWS credentials of the master account, or try it on the embedded AWS: siloctl local run -- …",
        ) from error
    except NoRegionError as error:
        raise AwsError(str(error), service=service, hint="set AWS_REGION") from error
    except (NoConnection, HTTPClientError) as error:
        raise AwsUnreachable(f"{service} could not be reached: {error}", service=service) from error
    except BotoCoreError as error:
        raise AwsError(f"{service}: {error}", service=service) from error


def observed(service: str, absent: frozenset[str], read: Callable[[], T]) -> Observed[T]:
    """Do one read: codes in `absent` mean that it is not there, any other failure that it could not be read."""
    try:
        with translated(service):
            return Present(read())
    except AwsError as error:
        return Absent() if error.code in absent else Unreadable(str(error))
