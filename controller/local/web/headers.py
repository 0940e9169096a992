"""The headers that a response headers policy gives an answer, and those that it takes away."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from controller.local import clients
from controller.local.web.message import Response

AWS_HOST = re.compile(r"https://[A-Za-z0-9.*-]+\.amazonaws\.com")

Properties = Mapping[str, Any]
Added = tuple[str, str, bool]  # name, value, whether it wins over the origin's


def with_headers(policy: Properties | None, response: Response) -> Response:
    """`policy` is a ResponseHeadersPolicyConfig."""
    if policy is None:
        return response
    gone = {str(one["Header"]).lower() for one in policy.get("RemoveHeadersConfig", {}).get("Items", ())}
    there = tuple(pair for pair in response.headers if pair[0].lower() not in gone)
    names = {name.lower() for name, _ in there}
    added = [(name, value) for name, value, over in _added(policy) if over or name not in names]
    return replace(response, headers=there).replacing(added)


def _added(policy: Properties) -> Iterator[Added]:
    security = policy.get("SecurityHeadersConfig", {})
    for key, told in SECURITY.items():
        if one := security.get(key):
            yield (*told(one), bool(one["Override"]))
    for one in policy.get("CustomHeadersConfig", {}).get("Items", ()):
        yield str(one["Header"]).lower(), str(one["Value"]), bool(one["Override"])


def _transport(one: Properties) -> tuple[str, str]:
    words = [f"max-age={one['AccessControlMaxAgeSec']}"]
    words += ["includeSubDomains"] if one.get("IncludeSubdomains") else []
    words += ["preload"] if one.get("Preload") else []
    return "strict-transport-security", "; ".join(words)


def _content(one: Properties) -> tuple[str, str]:
    """AWS's hosts are this embedded AWS: a browser may connect to it where it might to them."""
    return "content-security-policy", AWS_HOST.sub(clients.endpoint(), str(one["ContentSecurityPolicy"]))


SECURITY = {
    "ContentSecurityPolicy": _content,
    "ContentTypeOptions": lambda one: ("x-content-type-options", "nosniff"),
    "FrameOptions": lambda one: ("x-frame-options", str(one["FrameOption"])),
    "ReferrerPolicy": lambda one: ("referrer-policy", str(one["ReferrerPolicy"])),
    "StrictTransportSecurity": _transport,
}
