"""Whether a request was signed with the secret of its key (IAM user guide, "Create a signed AWS API request")."""

from __future__ import annotations

import hashlib
import hmac
import re
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from controller.local.server import calls

ALGORITHM = "AWS4-HMAC-SHA256"
UNRESERVED = "-_.~"


def signed_with(environ: dict[str, Any], secret: str) -> bool:
    """Compute the signature anew. A request's age is not looked at: clocks here are one."""
    said = _said(environ)
    if said is None:
        return False
    scope, names, signature, date = said
    canonical = "\n".join(
        (
            environ["REQUEST_METHOD"],
            _path(environ, scope[2]),
            _query(environ),
            *(f"{name}:{_header(environ, name)}" for name in names),
            "",
            ";".join(names),
            _payload(environ),
        )
    )
    text = "\n".join((ALGORITHM, date, "/".join(scope), hashlib.sha256(canonical.encode()).hexdigest()))
    return hmac.compare_digest(hmac.new(_key(secret, scope), text.encode(), hashlib.sha256).hexdigest(), signature)


def _said(environ: dict[str, Any]) -> tuple[list[str], list[str], str, str] | None:
    """Scope, signed headers, signature and time, from the header or from a presigned address."""
    fields = dict(re.findall(r"(Credential|SignedHeaders|Signature)=([^,\s]+)", environ.get("HTTP_AUTHORIZATION", "")))
    date = str(environ.get("HTTP_X_AMZ_DATE", ""))
    if not fields:
        query = dict(parse_qsl(environ.get("QUERY_STRING", "")))
        fields = {name: query.get(f"X-Amz-{name}", "") for name in ("Credential", "SignedHeaders", "Signature")}
        date = query.get("X-Amz-Date", "")
    scope = fields.get("Credential", "").split("/")[1:]
    if len(scope) != 4 or not fields.get("SignedHeaders"):
        return None
    return scope, fields["SignedHeaders"].split(";"), fields.get("Signature", ""), date


def _path(environ: dict[str, Any], service: str) -> str:
    """As it came over the wire; every service but S3 encodes it once more."""
    raw = urlsplit(str(environ.get("RAW_URI") or environ.get("REQUEST_URI") or quote(environ["PATH_INFO"]))).path
    once = quote(unquote(raw), safe="/" + UNRESERVED)
    return (once if service == "s3" else quote(once, safe="/" + UNRESERVED)) or "/"


def _query(environ: dict[str, Any]) -> str:
    pairs = parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True)
    encoded = ((quote(name, safe=UNRESERVED), quote(value, safe=UNRESERVED)) for name, value in pairs)
    return "&".join(f"{name}={value}" for name, value in sorted(encoded) if name != "X-Amz-Signature")


def _header(environ: dict[str, Any], name: str) -> str:
    plain = name.upper().replace("-", "_")
    value = environ.get(plain) if plain in ("CONTENT_TYPE", "CONTENT_LENGTH") else environ.get(f"HTTP_{plain}")
    return " ".join(str(value or "").split())


def _payload(environ: dict[str, Any]) -> str:
    if "X-Amz-Signature=" in environ.get("QUERY_STRING", ""):
        return "UNSIGNED-PAYLOAD"
    said = environ.get("HTTP_X_AMZ_CONTENT_SHA256")
    return str(said) if said else hashlib.sha256(calls.body(environ)).hexdigest()


def _key(secret: str, scope: list[str]) -> bytes:
    key = f"AWS4{secret}".encode()
    for word in scope:
        key = hmac.new(key, word.encode(), hashlib.sha256).digest()
    return key
