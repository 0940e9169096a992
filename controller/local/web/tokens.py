"""JSON web tokens of user pools, checked as an HTTP API's JWT authorizer checks them.

API Gateway developer guide, "Control access to HTTP APIs with JWT authorizers": the signature by the issuer's keys,
RSA alone; `iss`, `aud` or, where there is none, `client_id`; `exp`, `nbf`, `iat`; and any one of a route's scopes.
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from moto.cognitoidp.models import cognitoidp_backends

Claims = Mapping[str, Any]


class Unauthorized(Exception):
    """The token proves nobody."""


def claims(token: str, issuer: str, audience: Sequence[str]) -> Claims:
    """What a valid token says. Raises Unauthorized."""
    said = _signed(token, issuer)
    if said.get("iss") != issuer:
        raise Unauthorized("another issuer's")
    if not _for(said, audience):
        raise Unauthorized("for another client")
    now = time.time()
    if not isinstance(said.get("exp"), int | float) or said["exp"] <= now:
        raise Unauthorized("expired")
    if said.get("nbf", 0) > now or said.get("iat", 0) > now:
        raise Unauthorized("not valid yet")
    return said


def scopes(said: Claims) -> list[str]:
    found = said.get("scope", said.get("scp", ""))
    return found.split() if isinstance(found, str) else list(found)


def pool(issuer: str) -> Any | None:
    """The user pool that an issuer's address names, as moto has it."""
    words, named = (urlsplit(issuer).hostname or "").split("."), issuer.rsplit("/", 1)[-1]
    if words[0] != "cognito-idp" or len(words) < 3:
        return None
    owners = (backends.get(words[1]) for backends in list(cognitoidp_backends.values()))
    return next((one.user_pools[named] for one in owners if one is not None and named in one.user_pools), None)


def _for(said: Claims, audience: Sequence[str]) -> bool:
    named = said.get("aud", said.get("client_id"))
    return any(one in audience for one in (named if isinstance(named, list) else [named]))


def _signed(token: str, issuer: str) -> dict[str, Any]:
    parts, issued_by = token.split("."), pool(issuer)
    if len(parts) != 3 or issued_by is None:
        raise Unauthorized("no token of a pool that is known here")
    try:
        head, said = (json.loads(_bytes(part)) for part in parts[:2])
        if head["alg"] != "RS256":
            raise Unauthorized(f"signed by {head['alg']}")
        key = issued_by.json_web_key.public_key
        key.verify(_bytes(parts[2]), f"{parts[0]}.{parts[1]}".encode(), PKCS1v15(), SHA256())
    except (ValueError, KeyError, TypeError, InvalidSignature) as error:
        raise Unauthorized("not signed by its issuer") from error
    if not isinstance(said, dict):
        raise Unauthorized("without claims")
    return said


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
