"""A partner's session: a request to STS that the browser signed, which proves who it is without a secret leaving it.

What is answered is what the partner may do, and nothing that it could do more with: S3 itself decides each request of
the pair by the same limits. So the address that a header tells is taken as it is; who forges it deceives himself alone.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from people import User, expired
from refused import Refused, invalid
from settings import Settings

BODY = b"Action=GetCallerIdentity&Version=2011-06-15"
AUDIENCE = "x-lake-site"
FORWARDED = ("authorization", "x-amz-date", AUDIENCE)  # nothing else of what came goes on to STS
SIGNED = frozenset(("host", "x-amz-date", AUDIENCE))
AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<key>AKIA[A-Z0-9]{16})/(?P<day>[0-9]{8})/(?P<region>[a-z0-9-]+)/sts/aws4_request,"
    r" ?SignedHeaders=(?P<signed>[a-z0-9;-]{1,200}), ?Signature=[0-9a-f]{64}",
    re.ASCII,
)
DATE = "%Y%m%dT%H%M%SZ"
AGE = timedelta(minutes=5)  # STS itself takes a quarter of an hour
USER = re.compile(
    r"arn:[a-z-]+:iam::(?P<account>[0-9]{12}):user(?P<path>/(?:[!-~]+/)?)(?P<name>[\w+=,.@-]{1,64})", re.ASCII
)


@dataclass(frozen=True)
class Proof:
    """Headers of a signed GetCallerIdentity; they hold no secret, and are of use for minutes."""

    headers: Mapping[str, str]


def proof(body: Any, settings: Settings, now: datetime) -> Proof:
    """Read what a browser sends. Raises Refused for anything but such a request, made out to this site."""
    said = body.get("headers") if isinstance(body, dict) else None
    if not isinstance(said, dict) or not all(isinstance(item, str) for pair in said.items() for item in pair):
        raise invalid('the body is to be {"headers": {...}}, the headers of a signed GetCallerIdentity request')
    headers = {name.lower(): value for name, value in said.items() if name.lower() in FORWARDED}
    found = AUTHORIZATION.fullmatch(headers.get("authorization", ""))
    if found is None or len(headers) != len(FORWARDED):
        raise invalid("the request to STS is to be signed with the partner's own pair, headers included")
    if not set(found["signed"].split(";")) >= SIGNED:
        raise invalid(f"the signature has to cover {', '.join(sorted(SIGNED))}")
    if headers[AUDIENCE] != settings.site or found["region"] != settings.region:
        raise Refused(
            403, "other-site", "This was signed for another site. Open the site of this silo and sign in there."
        )
    if not _fresh(headers["x-amz-date"], found["day"], now):
        raise Refused(
            403, "clock", "The clock of this device is more than five minutes off. Set it, then sign in again."
        )
    return Proof(headers)


def _fresh(date: str, day: str, now: datetime) -> bool:
    try:
        then = datetime.strptime(date, DATE).replace(tzinfo=now.tzinfo)
    except ValueError:
        return False
    return date.startswith(day) and abs(now - then) <= AGE


def owner(arn: str, settings: Settings) -> str:
    """The user that a proven pair belongs to. Raises Refused for anybody who is no partner of this silo."""
    found = USER.fullmatch(arn)
    if found is None or found["account"] != settings.account or not found["path"].startswith("/partners/"):
        raise Refused(
            403, "not-a-partner", "This key is no partner's of this silo. Use the pair that its admins gave you."
        )
    if found["path"] != settings.partners:
        raise Refused(403, "other-silo", "This key is for another silo. Open that silo's site.")
    return found["name"]


def session(user: User, source: str, settings: Settings, now: datetime) -> dict[str, Any]:
    """What the partner may do here. Raises Refused, with words, for one that may not come this way or not any more."""
    if expired(user.tags, now):
        raise Refused(403, "expired", f"This access ended at {user.tags.get('lake:expires', 'an unknown time')}.")
    if not any(key.active for key in user.keys):
        raise Refused(403, "disabled", "This access has been disabled. Ask whoever gave it to you.")
    protocols = user.words("lake:protocols")
    if "web" not in protocols:
        raise Refused(403, "not-for-browsers", f"This access is not for browsers, but for: {', '.join(protocols)}.")
    networks = user.words("lake:cidrs")
    if networks and not within(source, networks):
        raise Refused(403, "address-not-granted", f"This access is not for your address {source}.")
    return {
        "partner": user.name,
        "bucket": settings.bucket,
        "region": settings.region,
        "prefix": f"{user.tags.get('lake:prefix', '')}/",
        "permissions": user.words("lake:permissions"),
        "protocols": protocols,
        "expires": user.tags["lake:expires"],
        "maxObjectMiB": user.max_object_mib,
        "encryption": "kms" if settings.key else "s3",
    }


def source(headers: Mapping[str, str], peer: str) -> str:
    """The browser's own address: behind CloudFront `peer` is CloudFront's (its guide, X-Forwarded-For)."""
    if told := headers.get("cloudfront-viewer-address", ""):  # with a port
        return told.rpartition(":")[0].strip("[]")
    way = [step.strip() for step in headers.get("x-forwarded-for", "").split(",")]
    return next((step for step in reversed(way) if step and step != peer), peer)


def within(address: str, networks: list[str]) -> bool:
    try:
        known = ipaddress.ip_address(address)
        return any(known in ipaddress.ip_network(network, strict=False) for network in networks)
    except ValueError:
        return False
