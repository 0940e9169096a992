"""Policies that a behaviour names: managed ones, known by their ids, and those that templates make.

CloudFront developer guide, "Use managed cache policies", "Use managed origin request policies". Nothing is cached
here, so that of a cache policy only its existence counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from controller.local.resources import store

Properties = Mapping[str, Any]

CACHES = frozenset(
    (
        "4135ea2d-6df8-44a3-9df3-4b5a84be39ad",  # CachingDisabled
        "658327ea-f89d-4fab-a63d-7e88639e58f6",  # CachingOptimized
        "83da9c7e-98b4-4e11-a168-04f0df8e2c65",  # UseOriginCacheControlHeaders
    )
)
EVERYTHING = {"QueryStringsConfig": {"QueryStringBehavior": "all"}, "CookiesConfig": {"CookieBehavior": "all"}}
NOTHING: Properties = {
    "HeadersConfig": {"HeaderBehavior": "none"},
    "QueryStringsConfig": {"QueryStringBehavior": "none"},
    "CookiesConfig": {"CookieBehavior": "none"},
}
REQUESTS: Mapping[str, Properties] = {
    "216adef6-5c7f-47e4-b989-5492eafa07d3": {  # AllViewer
        **EVERYTHING,
        "HeadersConfig": {"HeaderBehavior": "allViewer"},
    },
    "33f36d7e-f396-46d9-90e0-52428a34d9dc": {  # AllViewerAndCloudFrontHeaders-2022-06
        **EVERYTHING,
        "HeadersConfig": {
            "HeaderBehavior": "allViewerAndWhitelistCloudFront",
            "Headers": ["CloudFront-Viewer-Address"],
        },
    },
    "b689b0a8-53d0-40ab-baf2-68738e2966ac": {  # AllViewerExceptHostHeader
        **EVERYTHING,
        "HeadersConfig": {"HeaderBehavior": "allExcept", "Headers": ["host"]},
    },
}
KINDS = {
    "CachePolicyId": ("CachePolicy", CACHES),
    "OriginRequestPolicyId": ("OriginRequestPolicy", frozenset(REQUESTS)),
    "ResponseHeadersPolicyId": ("ResponseHeadersPolicy", frozenset[str]()),
}


def unknown(behaviour: Properties, account: str) -> str:
    """The first policy that a behaviour names and nobody made; empty where all are there."""
    for key, (kind, managed) in KINDS.items():
        named = str(behaviour.get(key, ""))
        if named and named not in managed and _made(kind, account, named) is None:
            return f"{key} {named}"
    return ""


def request_policy(behaviour: Properties, account: str) -> Properties:
    """What of a request reaches the origin; nothing but its path where the behaviour names no policy."""
    named = str(behaviour.get("OriginRequestPolicyId", ""))
    return REQUESTS.get(named) or _made("OriginRequestPolicy", account, named) or NOTHING


def headers_policy(behaviour: Properties, account: str) -> Properties | None:
    return _made("ResponseHeadersPolicy", account, str(behaviour.get("ResponseHeadersPolicyId", "")))


def _made(kind: str, account: str, id: str) -> Properties | None:
    kept = store.everywhere(account, f"AWS::CloudFront::{kind}").get(id)
    return None if kept is None else dict(kept.properties[f"{kind}Config"])
