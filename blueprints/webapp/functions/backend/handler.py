"""The site's API behind `/api/`, and the hourly sweep of what is over.

The HTTP API has proven a token before an admin's route is asked; that it did is looked at once more here. Nothing of a
request is logged but who did what to which credential.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import credential
import identity
import listing
import partner
import people
import settings
from audit import Entry
from aws import CONNECTIONS, client
from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from botocore.exceptions import BotoCoreError, ClientError
from refused import Refused, invalid
from request import Request, request
from secret import Mark, Secrets
from shelf import Shelf
from stack import Clock, Seen, VendedStack
from template import logical_id
from vending import Vending

SCOPE = "aws.cognito.signin.user.admin"  # of an access token; an ID token has none (Cognito developer guide)
SWEEP = "lake.sweep"
SPARE = 4.0  # seconds of a request that are left for its answer
BODY_MAX = 16_384  # bytes

app = APIGatewayHttpResolver()
logger = Logger(service="webapp", use_rfc3339=True)  # as Lambda reads levels (developer guide, log levels)
SETTINGS = settings.read(os.environ)


def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
    logger.append_keys(request=context.aws_request_id)
    if event.get("source") == SWEEP:
        return {"ended": _vending(_left(context)).sweep()}
    app.append_context(left=_left(context))
    return app.resolve(event, context)


@app.get("/api/config")
def config() -> Response[str]:
    sts = SETTINGS.address("sts")
    return _answer(
        200,
        {
            "organization": SETTINGS.organization,
            "silo": SETTINGS.silo,
            "region": SETTINGS.region,
            "bucket": SETTINGS.bucket,
            "site": SETTINGS.site,
            "cognito": {"clientId": SETTINGS.client, "endpoint": SETTINGS.address("cognito-idp")},
            "s3": {"endpoint": SETTINGS.address("s3")},
            "sts": {"endpoint": sts, "host": sts.partition("://")[2]},
        },
    )


@app.post("/api/partner/session")
def session() -> Response[str]:
    now = datetime.now(UTC)
    proof = partner.proof(_body(), SETTINGS, now)
    name = partner.owner(identity.caller(proof, SETTINGS), SETTINGS)
    user = people.find(client("iam"), name, SETTINGS.partners)
    if user is None:
        raise Refused(403, "not-a-partner", "This access has just been taken away.")
    headers = {key.lower(): value for key, value in (app.current_event.headers or {}).items()}
    source = partner.source(headers, app.current_event.request_context.http.source_ip)
    return _answer(200, partner.session(user, source, SETTINGS, now))


@app.get("/api/partners")
def partners() -> Response[str]:
    _admin()
    seen = _stack().look()
    users = people.everybody(client("iam"), SETTINGS.partners)
    found = listing.entries(users, seen, _marks(seen), datetime.now(UTC))
    zones = [{"prefix": f"{zone.prefix}/", "flow": zone.flow} for zone in SETTINGS.dropzones]
    return _answer(200, {"credentials": found, "dropzones": zones, "busy": seen.busy})


@app.get("/api/credentials/<name>")
def one(name: str) -> Response[str]:
    _admin()
    seen = _stack().look()
    said = seen.document.find(_name(name))
    user = people.find(client("iam"), f"{people.VENDED}{name}", SETTINGS.partners, used=True)
    if said is None and user is None:
        why = "" if seen.busy else _stack().failure(logical_id(name))
        words = f"{name} could not be made: {why}" if why else f"No vended credential is called {name}."
        raise Refused(404, "failed" if why else "not-found", words)
    mark = _secrets().mark(said) if said else None
    return _answer(200, listing.entry(name, said, user, seen.busy, mark, datetime.now(UTC)))


@app.post("/api/credentials")
def vend() -> Response[str]:
    body = _body()
    asked = _request(body)
    return _answer(202, _vending().vend(body, asked, people.folders(client("iam"), SETTINGS.partners)))


@app.post("/api/credentials/<name>/reveal")
def reveal(name: str) -> Response[str]:
    word = credential.fields(_body(), ("reveal",)).get("reveal")
    return _answer(200, _vending().reveal(_name(name), word, _request(word).by))


@app.post("/api/credentials/<name>/extend")
def extend(name: str) -> Response[str]:
    body = credential.fields(_body(), ("hours",))
    return _answer(202, _vending().extend(_name(name), body, _request(body)))


@app.post("/api/credentials/<name>/rotate")
def rotate(name: str) -> Response[str]:
    credential.fields(_body(), ())
    return _answer(202, _vending().rotate(_name(name), _request(None)))


@app.delete("/api/credentials/<name>")
def revoke(name: str) -> Response[str]:
    return _answer(202, _vending().revoke(_name(name), _request(None)))


@app.get("/api/audit")
def audit() -> Response[str]:
    _admin()
    return _answer(200, {"entries": _vending().audit()})


@app.exception_handler(Refused)
def refused(error: Refused) -> Response[str]:
    logger.info("refused", status=error.status, code=error.code)
    return _told(error)


@app.exception_handler([ClientError, BotoCoreError])
def failed(error: ClientError | BotoCoreError) -> Response[str]:
    known = error.response["Error"]["Code"] if isinstance(error, ClientError) else type(error).__name__
    operation = error.operation_name if isinstance(error, ClientError) else ""
    logger.error("aws failed", operation=operation, code=known)
    return _told(Refused(502, "aws", f"AWS answered {known} to {operation or 'a call'}. Try again.", retry_after=5))


@app.not_found
def not_found(error: NotFoundError) -> Response[str]:
    return _answer(404, {"error": {"code": "not-found", "message": "There is nothing here."}})


def _told(error: Refused) -> Response[str]:
    said: dict[str, Any] = {"code": error.code, "message": error.message}
    if error.retry_after is not None:
        said["retryAfter"] = error.retry_after
    return _answer(error.status, {"error": said}, error.retry_after)


def _answer(status: int, said: dict[str, Any], retry_after: int | None = None) -> Response[str]:
    headers = {"Cache-Control": "no-store", **({"Retry-After": str(retry_after)} if retry_after is not None else {})}
    return Response(status, "application/json", json.dumps(said), headers)


def _body() -> Any:
    try:
        text = app.current_event.decoded_body or "{}"  # in base64 where the HTTP API takes it for no text
        if len(text) > BODY_MAX:
            raise Refused(413, "too-long", "The request's body is too long.")
        return json.loads(text)
    except (ValueError, RecursionError):
        raise invalid("the request's body is no JSON") from None


def _admin() -> str:
    """Who is signed in, by the token that the HTTP API has proven."""
    authorizer = app.current_event.raw_event.get("requestContext", {}).get("authorizer") or {}
    claims = (authorizer.get("jwt") or {}).get("claims") or {}
    if SCOPE not in str(claims.get("scope", "")).split() or claims.get("token_use") != "access":
        raise Refused(401, "not-signed-in", "Sign in first.")
    return credential.person(claims.get("username"))


def _request(said: Any) -> Request:
    by = _admin()
    headers = {key.lower(): value for key, value in (app.current_event.headers or {}).items()}
    return request(by, headers.get("idempotency-key"), [app.current_event.path, said])


def _name(text: str) -> str:
    if not credential.NAME.fullmatch(text):
        raise Refused(404, "not-found", "No vended credential is called so.")
    return text


def _vending(left: Callable[[], float] | None = None) -> Vending:
    return Vending(_stack(left), _secrets(), SETTINGS, _log, datetime.now(UTC))


def _stack(left: Callable[[], float] | None = None) -> VendedStack:
    clock = Clock(time.sleep, left or app.context["left"])
    return VendedStack(client("cloudformation"), Shelf(client("s3"), SETTINGS), SETTINGS, clock)


def _secrets() -> Secrets:
    return Secrets(client("secretsmanager"), client("s3"), SETTINGS)


def _marks(seen: Seen) -> dict[str, Mark | None]:
    vended = seen.document.credentials
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        return dict(zip(vended, pool.map(_secrets().mark, vended.values()), strict=True))


def _left(context: Any) -> Callable[[], float]:
    return lambda: context.get_remaining_time_in_millis() / 1000 - SPARE


def _log(entry: Entry) -> None:
    logger.info("credential", did=entry.did, by=entry.by, credential=entry.name, detail=entry.detail)
