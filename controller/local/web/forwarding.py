"""The request as an origin gets it: what the policy lets through, what CloudFront adds, and headers for the origin."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

from controller.local.web.message import Request

Properties = Mapping[str, Any]

ALWAYS = ("content-type", "content-length", "range", "if-match", "if-none-match", "if-modified-since", "accept")
HOPS = (
    "connection",
    "keep-alive",
    "te",
    "upgrade",
    "expect",
    "cookie",
)  # which end at the edge, or have rules of their own


def to_origin(policy: Properties, origin: Properties, request: Request) -> Request:
    """`policy` is an OriginRequestPolicyConfig."""
    let, asked = _let(policy["HeadersConfig"], request)
    named = {name: value for name, value in request.headers if name not in HOPS and name in (*ALWAYS, *let)}
    named.setdefault("host", str(origin["DomainName"]))
    named |= {"via": "1.1 edge.cloudfront.net (CloudFront)", "x-forwarded-for": _passed_by(request)}
    named |= {} if "user-agent" in let else {"user-agent": "Amazon CloudFront"}
    named |= {"cloudfront-viewer-address": f"{request.source}:443"} if "cloudfront-viewer-address" in asked else {}
    cookies = _chosen(policy["CookiesConfig"], "Cookie", _cookies(request))
    named |= {"cookie": "; ".join(f"{name}={value}" for name, value in cookies)} if cookies else {}
    own = {str(one["HeaderName"]).lower(): str(one["HeaderValue"]) for one in origin.get("OriginCustomHeaders", ())}
    query = _query(policy["QueryStringsConfig"], request.query)
    return replace(request, query=query, headers=tuple(sorted((named | own).items())))


def _passed_by(request: Request) -> str:
    """What the viewer says of itself stays, and comes before its address."""
    return ", ".join(filter(None, (request.header("x-forwarded-for"), request.source)))


def _let(config: Properties, request: Request) -> tuple[set[str], set[str]]:
    """The viewer's headers that pass, and those of CloudFront's own that are asked for."""
    listed = {str(name).lower() for name in config.get("Headers", ())}
    theirs = {name for name, _ in request.headers if not name.startswith("cloudfront-")}
    match config["HeaderBehavior"]:
        case "allViewer":
            return theirs, set()
        case "allExcept":
            return theirs - listed, set()
        case "allViewerAndWhitelistCloudFront":
            return theirs, listed
        case "whitelist":
            return theirs & listed, listed
    return set(), set()


def _query(config: Properties, query: str) -> str:
    if config["QueryStringBehavior"] == "all":
        return query
    return urlencode(_chosen(config, "QueryString", parse_qsl(query, keep_blank_values=True)))


def _cookies(request: Request) -> list[tuple[str, str]]:
    pairs = (one.strip().partition("=") for one in request.header("cookie").split(";") if one.strip())
    return [(name, value) for name, _, value in pairs]


def _chosen(config: Properties, kind: str, there: list[tuple[str, str]]) -> list[tuple[str, str]]:
    listed = config.get(f"{kind}s", ())
    match config[f"{kind}Behavior"]:
        case "all":
            return there
        case "whitelist":
            return [pair for pair in there if pair[0] in listed]
        case "allExcept":
            return [pair for pair in there if pair[0] not in listed]
    return []
