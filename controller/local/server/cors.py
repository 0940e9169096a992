"""What browsers may ask of other hosts: each bucket's own rules, and whatever Cognito lets everybody do.

S3 user guide, "Using cross-origin resource sharing (CORS)": the first rule decides that has the origin, the method and,
before the real request, every header that is to come with it. Other services say nothing, so that browsers refuse.
A site at a port of this machine counts as the distribution that it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from html import escape
from typing import Any

from moto.s3.models import s3_backends

from controller.local import web
from controller.local.organization.tree import PARTITION
from controller.local.server import calls

LOCAL = re.compile(r"http://(?:127\.0\.0\.1|localhost):(\d+)")
VARY = ("Vary", "Origin, Access-Control-Request-Headers, Access-Control-Request-Method")

Headers = list[tuple[str, str]]


def preflight(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
    """The answer to OPTIONS, with which a browser asks what it may."""
    origin, method = environ.get("HTTP_ORIGIN"), environ.get("HTTP_ACCESS_CONTROL_REQUEST_METHOD")
    asked = _listed(environ.get("HTTP_ACCESS_CONTROL_REQUEST_HEADERS", ""))
    if not origin or not method:
        return _said(start_response, 400, "BadRequest", "Insufficient information. Origin request header needed.")
    if "x-amz-target" in asked and environ["PATH_INFO"] == "/":
        given = [("Access-Control-Allow-Headers", ",".join(asked)), ("Access-Control-Allow-Methods", "POST")]
        start_response("200 OK", [("Access-Control-Allow-Origin", "*"), *given, ("Access-Control-Max-Age", "172800")])
        return [b""]
    rules = _rules(environ)
    if not rules:
        return _said(start_response, 403, "AccessForbidden", "CORSResponse: CORS is not enabled for this bucket.")
    rule = _first(rules, origin, method, asked)
    if rule is None:
        return _said(start_response, 403, "AccessForbidden", "CORSResponse: This CORS request is not allowed.")
    more = [("Access-Control-Allow-Headers", ", ".join(asked))] if asked else []
    more += [("Access-Control-Max-Age", str(rule.max_age_seconds))] if rule.max_age_seconds else []
    start_response("200 OK", [*_allowed(rule, origin), *more])
    return [b""]


def answering(environ: dict[str, Any], service: str, start_response: Callable[..., Any]) -> Callable[..., Any]:
    """An answer's start, with what AWS says of origins in the place of what moto does."""
    added = _told(environ, service)

    def start(status: str, headers: Iterable[tuple[str, str]], *more: Any) -> Any:
        own = [pair for pair in headers if not pair[0].lower().startswith("access-control-")]
        return start_response(status, [*own, *added], *more)

    return start


def _told(environ: dict[str, Any], service: str) -> Headers:
    origin = environ.get("HTTP_ORIGIN")
    if not origin:
        return []
    if str(environ.get("HTTP_X_AMZ_TARGET", "")).startswith(calls.COGNITO):
        return [("Access-Control-Allow-Origin", "*"), ("Access-Control-Expose-Headers", "x-amzn-RequestId")]
    if service not in ("s3", ""):
        return []
    rule = _first(_rules(environ), origin, environ["REQUEST_METHOD"], [])
    return [] if rule is None else _allowed(rule, origin)


def _rules(environ: dict[str, Any]) -> list[Any]:
    """Those of the bucket that the path names."""
    name = calls.subject(environ, "s3").partition("/")[0]
    owner = s3_backends.bucket_accounts.get(name)
    return [] if owner is None else list(s3_backends[owner[1]][PARTITION].buckets[name].cors)


def _first(rules: list[Any], origin: str, method: str, asked: list[str]) -> Any | None:
    origins = _known_as(origin)
    return next((rule for rule in rules if _fits(rule, origins, method, asked)), None)


def _fits(rule: Any, origins: list[str], method: str, asked: list[str]) -> bool:
    return (
        method in _many(rule.allowed_methods)
        and any(_like(pattern, origin) for pattern in _many(rule.allowed_origins) for origin in origins)
        and all(any(_like(pattern.lower(), name) for pattern in _many(rule.allowed_headers)) for name in asked)
    )


def _allowed(rule: Any, origin: str) -> Headers:
    """A rule for everybody says so; any other says whom it let in, who may then send what it has kept of the user."""
    everybody = "*" in _many(rule.allowed_origins)
    named = [("Access-Control-Allow-Origin", "*" if everybody else origin)]
    named += [] if everybody else [("Access-Control-Allow-Credentials", "true")]
    exposed = _many(rule.exposed_headers)
    named += [("Access-Control-Expose-Headers", ", ".join(exposed))] if exposed else []
    return [*named, ("Access-Control-Allow-Methods", ", ".join(_many(rule.allowed_methods))), VARY]


def _known_as(origin: str) -> list[str]:
    """The origins that this one stands for."""
    found = LOCAL.fullmatch(origin)
    names = web.names(int(found[1])) if found else ()
    return [f"https://{name}" for name in names] or [origin]


def _like(pattern: str, text: str) -> bool:
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), text) is not None


def _many(value: Any) -> list[str]:
    return [] if value is None else list(value) if isinstance(value, list | tuple) else [str(value)]


def _listed(text: str) -> list[str]:
    return [one.strip().lower() for one in text.split(",") if one.strip()]


def _said(start_response: Callable[..., Any], status: int, code: str, text: str) -> list[bytes]:
    start_response(f"{status} Refused", [("Content-Type", "application/xml"), VARY])
    return [f"<Error><Code>{escape(code)}</Code><Message>{escape(text)}</Message></Error>".encode()]
