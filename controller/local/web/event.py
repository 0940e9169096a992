"""What a function gets from an HTTP API and what its answer becomes: payload format 2.0.

API Gateway developer guide, "Create AWS Lambda proxy integrations for HTTP APIs in API Gateway".
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from controller.local.web.message import Request, Response
from controller.local.web.place import Place

TEXTS = ("text/", "application/json", "application/javascript", "application/xml", "application/x-www-form-urlencoded")
PROTOCOL, TIME = "HTTP/1.1", "%d/%b/%Y:%H:%M:%S +0000"
KIND = ("content-type", "application/json")


class Malformed(Exception):
    """An answer of a function that API Gateway can make nothing of."""


@dataclass(frozen=True, slots=True)
class Matched:
    """A request that found its route."""

    place: Place  # of the API
    stage: str
    route_key: str
    path: str  # decoded
    parameters: Mapping[str, str]
    variables: Mapping[str, str]
    authorizer: Mapping[str, Any] | None = None  # claims and scopes of the token
    request_id: str = ""
    time: str = ""

    @property
    def domain(self) -> str:
        return f"{self.place.id}.execute-api.{self.place.region}.amazonaws.com"


def event(request: Request, matched: Matched) -> dict[str, Any]:
    body, encoded = _body(request)
    asked: dict[str, Any] = {
        "version": "2.0",
        "routeKey": matched.route_key,
        "rawPath": matched.path,
        "rawQueryString": request.query,
        "headers": _joined(pair for pair in request.headers if pair[0] != "cookie"),
        "requestContext": _context(request, matched),
        "isBase64Encoded": encoded,
    }
    cookies = [one.strip() for one in request.header("cookie").split(";") if one.strip()]
    query = _joined(parse_qsl(request.query, keep_blank_values=True))
    more = {
        "cookies": cookies,
        "queryStringParameters": query,
        "pathParameters": dict(matched.parameters),
        "stageVariables": dict(matched.variables),
        "body": body,
    }
    return asked | {key: value for key, value in more.items() if value}


def _context(request: Request, matched: Matched) -> dict[str, Any]:
    known: dict[str, Any] = {
        "accountId": matched.place.account,
        "apiId": matched.place.id,
        "domainName": matched.domain,
        "domainPrefix": matched.place.id,
        "http": {
            "method": request.method,
            "path": matched.path,
            "protocol": PROTOCOL,
            "sourceIp": request.source,
            "userAgent": request.header("user-agent"),
        },
        "requestId": matched.request_id,
        "routeKey": matched.route_key,
        "stage": matched.stage,
        "time": matched.time,
        "timeEpoch": int(time.time() * 1000),
    }
    return known if matched.authorizer is None else known | {"authorizer": {"jwt": matched.authorizer}}


def claims_told(claims: Mapping[str, Any]) -> dict[str, str]:
    """Every claim reaches a function as text; lists in brackets, without commas."""
    return {name: _told(value) for name, value in claims.items()}


def _told(value: Any) -> str:
    match value:
        case str():
            return value
        case list():
            return f"[{' '.join(map(str, value))}]"
        case _:
            return json.dumps(value)


def _joined(pairs: Any) -> dict[str, str]:
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return {name: ",".join(values) for name, values in found.items()}


def _body(request: Request) -> tuple[str, bool]:
    """Text where the type says that it is, else base64."""
    kind = request.header("content-type").split(";")[0].strip().lower()
    if kind.startswith(TEXTS) or kind.endswith(("+json", "+xml")) or not kind:
        try:
            return request.body.decode(), False
        except UnicodeDecodeError:
            return base64.b64encode(request.body).decode(), True
    return base64.b64encode(request.body).decode(), True


def answer(said: Any) -> Response:
    """The function's answer; without a status code it is the body itself. Raises Malformed."""
    if not isinstance(said, dict) or "statusCode" not in said:
        return Response(200, (KIND,), json.dumps(said).encode())
    status = said["statusCode"]
    if not str(status).isdigit() or not 100 <= int(status) <= 599:
        raise Malformed(f"status code {status!r}")
    headers, cookies = said.get("headers") or {}, said.get("cookies") or []
    if not isinstance(headers, dict) or not isinstance(cookies, list):
        raise Malformed("headers or cookies")
    named = tuple((str(name).lower(), _told(value)) for name, value in headers.items())
    kind = () if any(name == "content-type" for name, _ in named) else (("content-type", "text/plain;charset=UTF-8"),)
    return Response(int(status), (*named, *kind, *(("set-cookie", str(one)) for one in cookies)), _content(said))


def _content(said: Mapping[str, Any]) -> bytes:
    body = said.get("body") or ""
    if not isinstance(body, str):
        raise Malformed("a body that is no text")
    try:
        return base64.b64decode(body, validate=True) if said.get("isBase64Encoded") else body.encode()
    except ValueError as error:
        raise Malformed("a body that is not base64") from error
