"""A distribution: the behaviour that a path finds, its origin, error pages, and headers on the way back.

The port speaks plain HTTP where CloudFront's own would be TLS, and counts as that: no redirect, and no cache either.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from fnmatch import translate
from typing import Any

from controller.local.resources import store
from controller.local.web import api, bucket
from controller.local.web.forwarding import to_origin
from controller.local.web.headers import with_headers
from controller.local.web.message import Request, Response
from controller.local.web.place import Place
from controller.local.web.policies import headers_policy, request_policy
from controller.local.web.ports import find

TYPE = "AWS::CloudFront::Distribution"
ACCESS_CONTROL = "AWS::CloudFront::OriginAccessControl"
API_HOST = re.compile(r"(?P<api>[a-z0-9]+)\.execute-api\.[a-z0-9-]+\.amazonaws\.com")
EDGE = "130.176.0.1"  # the address of CloudFront as an origin sees it, one of its published ranges

Properties = Mapping[str, Any]


def serve(place: Place, request: Request) -> Response:
    """The answer of the distribution that is at a place."""
    kept = store.find(place.account, place.region, TYPE, place.id)
    config: Properties = kept.properties["DistributionConfig"] if kept is not None else {"Enabled": False}
    if not config.get("Enabled"):
        return _own(403, "the distribution is disabled")
    if request.path == "/" and config.get("DefaultRootObject"):
        request = replace(request, path=f"/{config['DefaultRootObject']}")
    behaviour = _behaviour(config, request.path)
    if request.method in behaviour.get("AllowedMethods", ("GET", "HEAD")):
        answer = _from_origin(place, config, behaviour, request)
    else:
        answer = _own(403, "the behaviour does not allow this method")
    if answer.status >= 400:
        answer = _error_page(place, config, request, answer)
    return with_headers(headers_policy(behaviour, place.account), answer)


def apis(properties: Properties) -> list[str]:
    """The HTTP APIs among the origins, by id."""
    hosts = (str(one["DomainName"]) for one in properties["DistributionConfig"].get("Origins", ()))
    return [found["api"] for host in hosts if (found := API_HOST.fullmatch(host))]


def _behaviour(config: Properties, path: str) -> Properties:
    """The first whose pattern the path matches, else the default one. Patterns have no regard for a first slash."""
    for one in config.get("CacheBehaviors", ()):
        pattern = "/" + str(one["PathPattern"]).lstrip("/")
        if re.fullmatch(translate(pattern.replace("[", "[[]")), path):
            return dict(one)
    return dict(config["DefaultCacheBehavior"])


def _from_origin(place: Place, config: Properties, behaviour: Properties, request: Request) -> Response:
    origin = next((one for one in config["Origins"] if one["Id"] == behaviour["TargetOriginId"]), None)
    if origin is None:
        return _own(502, "the behaviour's origin is not there")
    host = str(origin["DomainName"])
    onward = replace(request, path=str(origin.get("OriginPath", "")) + request.path)
    if found := API_HOST.fullmatch(host):
        port = find(found["api"])
        if port is None:
            return _own(502, f"{host} is not there")
        asked = to_origin(request_policy(behaviour, place.account), origin, onward)
        if asked.header("host") != host:  # API Gateway knows its APIs by their own names alone
            return Response(403, (("content-type", "application/json"),), b'{"message":"Forbidden"}')
        return api.serve(port.place, replace(asked, source=EDGE))
    return bucket.fetch(place, host, _signs(place, origin), onward)


def _signs(place: Place, origin: Properties) -> bool:
    kept = store.everywhere(place.account, ACCESS_CONTROL).get(str(origin.get("OriginAccessControlId", "")))
    return kept is not None and kept.properties["OriginAccessControlConfig"]["SigningBehavior"] != "never"


def _error_page(place: Place, config: Properties, request: Request, answer: Response) -> Response:
    """What the distribution shows in the place of an origin's error: of any origin, the API's too."""
    for one in config.get("CustomErrorResponses", ()):
        if one["ErrorCode"] == answer.status and one.get("ResponsePagePath"):
            page = replace(request, method="GET", path=str(one["ResponsePagePath"]), query="", body=b"")
            shown = _from_origin(place, config, _behaviour(config, page.path), page)
            return replace(shown, status=int(one["ResponseCode"])) if shown.status < 400 else answer
    return answer


def _own(status: int, text: str) -> Response:
    """CloudFront's own page, whose wording nothing depends on."""
    return Response(status, (("content-type", "text/plain"), ("x-cache", "Error from cloudfront")), text.encode())
