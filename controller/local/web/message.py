"""A request and its answer, as they pass between a browser, a distribution and what stands behind it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, urlsplit

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    path: str  # encoded, as it came
    query: str
    headers: Headers  # names in lower case
    body: bytes
    source: str  # the address of whoever asks

    def header(self, name: str) -> str:
        """Several of one name are joined, as they are for everyone who reads them."""
        return ",".join(value for key, value in self.headers if key == name)

    def with_headers(self, headers: Iterable[tuple[str, str]]) -> Request:
        return replace(self, headers=tuple(headers))


@dataclass(frozen=True, slots=True)
class Response:
    status: int
    headers: Headers = ()
    body: bytes = b""

    def replacing(self, named: Iterable[tuple[str, str]]) -> Response:
        """With these headers in the place of those of the same names."""
        added = tuple(named)
        gone = {name.lower() for name, _ in added}
        return replace(self, headers=(*(pair for pair in self.headers if pair[0].lower() not in gone), *added))


def message(status: int, text: str) -> Response:
    """API Gateway's way to say something on its own behalf."""
    return Response(status, (("content-type", "application/json"),), json.dumps({"message": text}).encode())


def application(answer: Callable[[Request], Response]) -> Callable[..., list[bytes]]:
    """As a WSGI application."""

    def respond(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        said = answer(_request(environ))
        length = () if environ["REQUEST_METHOD"] != "HEAD" or _has(said, "content-length") else (_length(said),)
        start_response(f"{said.status} {_phrase(said.status)}", [*said.headers, *length])
        return [said.body]

    return respond


def _request(environ: dict[str, Any]) -> Request:
    named = {key[5:]: value for key, value in environ.items() if key.startswith("HTTP_")}
    named |= {key: environ[key] for key in ("CONTENT_TYPE", "CONTENT_LENGTH") if environ.get(key)}
    raw = str(environ.get("RAW_URI") or environ.get("REQUEST_URI") or quote(environ["PATH_INFO"], encoding="latin-1"))
    return Request(
        method=environ["REQUEST_METHOD"],
        path=urlsplit(raw).path or "/",
        query=environ.get("QUERY_STRING", ""),
        headers=tuple(sorted((key.lower().replace("_", "-"), str(value)) for key, value in named.items())),
        body=environ["wsgi.input"].read(),
        source=str(environ.get("REMOTE_ADDR", "127.0.0.1")),
    )


def _has(response: Response, name: str) -> bool:
    return any(key.lower() == name for key, _ in response.headers)


def _length(response: Response) -> tuple[str, str]:
    return ("content-length", str(len(response.body)))


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unnamed"
