"""HTTP APIs: a request finds its route, is authorized, and becomes an event of the route's function."""

from __future__ import annotations

import re
import threading
import time
import uuid
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

from controller.local import functions
from controller.local.authorization.services import may_call
from controller.local.resources import store
from controller.local.web import tokens
from controller.local.web.access_log import log
from controller.local.web.event import PROTOCOL, TIME, Malformed, Matched, answer, claims_told, event
from controller.local.web.message import Request, Response, message
from controller.local.web.place import Place

KIND = "AWS::ApiGatewayV2::"
API = f"{KIND}Api"
SERVICE = "apigateway.amazonaws.com"
DEFAULT = "$default"
PAYLOAD = 6 * 1024 * 1024  # bytes that a function takes at once; API Gateway itself takes 10 MB (Lambda quotas)
SECONDS = 30.0  # that an integration may take (API Gateway quotas)
ABSENT = message(404, "Not Found")
FAILED = message(500, "Internal Server Error")

Properties = Mapping[str, Any]


class Refused(Exception):
    def __init__(self, response: Response) -> None:
        super().__init__(response.status)
        self.response = response


def serve(place: Place, request: Request) -> Response:
    """The answer of the API that is at a place."""
    path = unquote(request.path)
    stage = _stage(place, path)
    if stage is None:
        return ABSENT
    told = _told(request, path)
    try:
        answered = _served(place, stage, path, request, told)
    except Refused as refused:
        answered = refused.response
    log(place, stage, {**told, "status": str(answered.status), "responseLength": str(len(answered.body))})
    return answered


def _told(request: Request, path: str) -> dict[str, str]:
    """What is known of a request before anything is done with it, by the names of `$context`."""
    return {
        "requestId": uuid.uuid4().hex[:16],
        "requestTime": time.strftime(TIME, time.gmtime()),
        "identity.sourceIp": request.source,
        "identity.userAgent": request.header("user-agent"),
        "httpMethod": request.method,
        "path": path,
        "protocol": PROTOCOL,
    }


def _served(place: Place, stage: Properties, path: str, request: Request, told: dict[str, str]) -> Response:
    route, matched = _route(place, stage, path, request.method)
    matched = replace(matched, request_id=told["requestId"], time=told["requestTime"])
    told["routeKey"] = matched.route_key
    if len(request.body) > PAYLOAD:
        raise Refused(message(413, "Request Entity Too Large"))
    matched = replace(matched, authorizer=_authorized(place, route, request, told))
    integration = _part(place, "Integration", str(route.get("Target", "")).removeprefix("integrations/"))
    return _called(place, integration, request, matched, told)


def _of(place: Place, kind: str) -> dict[str, Properties]:
    """The parts of one kind that the API has, by id."""
    kept = store.listed(place.account, place.region, KIND + kind)
    return {name: one.properties for name, one in kept.items() if one.properties["ApiId"] == place.id}


def _part(place: Place, kind: str, name: str) -> Properties:
    """One of them; a route may name what is gone, or not there yet."""
    found = _of(place, kind).get(name)
    if found is None:
        raise Refused(FAILED)
    return found


def _stage(place: Place, path: str) -> Properties | None:
    """The stage that the path names, else the default one."""
    stages = {str(one["StageName"]): one for one in _of(place, "Stage").values()}
    return stages.get(path.split("/")[1] if "/" in path else "", stages.get(DEFAULT))


def _route(place: Place, stage: Properties, path: str, method: str) -> tuple[Properties, Matched]:
    """Full matches come before greedy ones, named methods before ANY, and `$default` is last."""
    name = str(stage["StageName"])
    within = path if name == DEFAULT else path.removeprefix(f"/{name}") or "/"
    found: list[tuple[tuple[int, int, int], Properties, dict[str, str]]] = []
    for route in _of(place, "Route").values():
        key = str(route["RouteKey"])
        verb, _, pattern = key.partition(" ")
        if key == DEFAULT:
            found.append(((3, 0, 0), route, {}))
        elif verb in (method, "ANY") and (parameters := _parameters(pattern, within)) is not None:
            rank = (1 if "+}" in pattern else 0, pattern.count("{"), int(verb == "ANY"))
            found.append((rank, route, parameters))
    if not found:
        raise Refused(ABSENT)
    _, route, parameters = min(found, key=lambda one: one[0])
    variables = stage.get("StageVariables") or {}
    key = str(route["RouteKey"])
    return route, Matched(place, name, key, path, parameters, variables)


def _parameters(pattern: str, path: str) -> dict[str, str] | None:
    """What the variables of a route's path stand for; None where the path is another."""
    named: list[str] = []

    def variable(found: re.Match[str]) -> str:
        named.append(found[1].removesuffix("+"))
        return "(.+)" if found[1].endswith("+") else "([^/]+)"

    literal = re.sub(r"[.^$*?()|\[\]\\]", lambda found: "\\" + found[0], pattern)
    match = re.fullmatch(re.sub(r"\{([^}]+)\}", variable, literal), path)
    return None if match is None else dict(zip(named, match.groups(), strict=True))


def _authorized(place: Place, route: Properties, request: Request, told: dict[str, str]) -> Mapping[str, Any] | None:
    if route.get("AuthorizationType", "NONE") == "NONE":
        return None
    settings = _part(place, "Authorizer", str(route.get("AuthorizerId", "")))["JwtConfiguration"]
    token = request.header("authorization")
    token = token[7:] if token[:7].lower() == "bearer " else token
    try:
        said = tokens.claims(token, settings["Issuer"], settings.get("Audience", ()))
    except tokens.Unauthorized as refused:
        told["authorizer.error"] = str(refused)
        raise Refused(message(401, "Unauthorized").replacing([("www-authenticate", "Bearer")])) from None
    claims = claims_told(said)
    told |= {f"authorizer.claims.{name}": value for name, value in claims.items()}
    wanted, there = route.get("AuthorizationScopes"), tokens.scopes(said)
    if wanted and not set(wanted) & set(there):
        told["authorizer.error"] = "insufficient scope"
        why = 'Bearer error="insufficient_scope"'
        raise Refused(message(403, "Forbidden").replacing([("www-authenticate", why)]))
    return {"claims": claims, "scopes": there if wanted else None}


def _called(
    place: Place, integration: Properties, request: Request, matched: Matched, told: dict[str, str]
) -> Response:
    arn = str(integration["IntegrationUri"])
    found = re.search(r"functions/(arn:[^/]+)/invocations$", arn)
    arn = found[1] if found else arn
    path = matched.route_key.replace(" /", "/")
    source = f"arn:aws:execute-api:{place.region}:{place.account}:{place.id}/{matched.stage}/{path}"
    if not may_call(SERVICE, arn, {"aws:SourceArn": source, "aws:SourceAccount": place.account}):
        told["integrationErrorMessage"] = "The IAM role or the function's policy does not allow the invocation"
        return FAILED
    seconds = min(SECONDS, float(integration.get("TimeoutInMillis", SECONDS * 1000)) / 1000)
    return _in_time(arn, event(request, matched), seconds, told)


def _in_time(arn: str, asked: dict[str, Any], seconds: float, told: dict[str, str]) -> Response:
    """The function goes on when API Gateway has stopped to wait for it."""
    answers: list[Response] = []

    def call() -> None:
        try:
            answers.append(answer(functions.invoke(arn, asked)))
        except (functions.FunctionFailed, Malformed) as failed:
            told["integrationErrorMessage"] = str(failed).splitlines()[0]
            answers.append(FAILED)

    running = threading.Thread(target=call, name="http-api", daemon=True)
    running.start()
    running.join(seconds)
    if not answers:
        told["integrationErrorMessage"] = "Integration timed out"
        return message(503, "Service Unavailable")
    return answers[0]


def pools(place: Place) -> tuple[str, ...]:
    """The issuers that the API trusts."""
    return tuple(str(one["JwtConfiguration"]["Issuer"]) for one in _of(place, "Authorizer").values())
