"""What a request asks for: the service, the operation, the account, and whether it writes."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qs

from moto.core.request import Request
from moto.core.routing import get_service_router
from werkzeug.exceptions import NotFound

# Operations whose names begin so change nothing that lasts; a drift detection is a reading.
READS = re.compile(
    r"(Get|List|Describe|Head|BatchGet|BatchDescribe|Lookup|Search|Select|Scan|Query|Validate|Detect|Simulate|Filter|"
    r"Estimate|Assume|Decode|Test)"
)
COGNITO = "AWSCognitoIdentityProviderService."  # how its operations begin, in a header
SIGNING_NAMES = {"monitoring": "cloudwatch", "states": "stepfunctions", "email": "ses"}  # botocore model: signingName


@dataclass(frozen=True, slots=True)
class Call:
    """One API call from outside; `subject` says upon what, where the request tells it at a glance (S3: bucket/key)."""

    service: str
    operation: str
    account: str
    write: bool
    subject: str = ""
    caller: str = ""  # ARN of the principal; a role's own for a session

    def __str__(self) -> str:
        return f"{self.service}:{self.operation} {self.subject}".rstrip()


@dataclass(frozen=True, slots=True)
class Credential:
    """What a signature names; empty where the request is not signed."""

    access_key: str = ""
    region: str = ""
    service: str = ""


def credential(environ: dict[str, Any]) -> Credential:
    """Read the credential scope of a signed request or of a presigned address."""
    signed = re.search(r"Credential=([^,\s]+)", environ.get("HTTP_AUTHORIZATION", ""))
    scope = signed.group(1) if signed else ""
    if not scope and "X-Amz-Credential=" in environ.get("QUERY_STRING", ""):
        scope = parse_qs(environ["QUERY_STRING"])["X-Amz-Credential"][0]
    words = scope.split("/")
    return Credential(words[0], words[-3], words[-2]) if len(words) >= 5 else Credential()


def body(environ: dict[str, Any]) -> bytes:
    """The request's body, which stays readable."""
    content: bytes = environ["wsgi.input"].getvalue()
    return content


def form(environ: dict[str, Any]) -> dict[str, str]:
    """The parameters of a query-protocol request."""
    if not environ.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded"):
        return {}
    return {name: values[0] for name, values in parse_qs(body(environ).decode(), keep_blank_values=True).items()}


def operation(environ: dict[str, Any], service: str) -> str:
    """The operation's name as botocore has it; empty where no rule of the service matches."""
    target = environ.get("HTTP_X_AMZ_TARGET")
    if target:
        return str(target).rsplit(".", 1)[-1]
    action = form(environ).get("Action")
    if action:
        return action
    return _routed(environ, SIGNING_NAMES.get(service, service))


def subject(environ: dict[str, Any], service: str) -> str:
    """A slash at a key's end is part of the key."""
    if service != "s3":
        return ""
    path = str(environ.get("PATH_INFO", "")).encode("latin-1").decode().lstrip("/")
    return path if path.partition("/")[2] else path.rstrip("/")


def open_to_all(environ: dict[str, Any]) -> bool:
    """Whether a request needs no signature: signing in, the keys of tokens, and moto's own pages."""
    path = str(environ.get("PATH_INFO", ""))
    target = str(environ.get("HTTP_X_AMZ_TARGET", ""))
    return target.startswith(COGNITO) or "/.well-known/" in path or path.startswith("/moto-api/")


def writes(name: str) -> bool:
    return READS.match(name) is None


def _routed(environ: dict[str, Any], service: str) -> str:
    if not service or not _known(service):
        return ""
    try:
        matched, _ = get_service_router(service).match(Request({**environ, "wsgi.input": io.BytesIO(body(environ))}))
    except (NotFound, NotImplementedError):
        return ""
    return str(matched.name)


@lru_cache(maxsize=1)
def _services() -> frozenset[str]:
    from botocore.loaders import create_loader

    return frozenset(create_loader().list_available_services("service-2"))


def _known(service: str) -> bool:
    return service in _services()
