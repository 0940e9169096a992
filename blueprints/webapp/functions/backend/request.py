"""A request that may come twice: its key is remembered, so that the second time is answered and not done."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import dataclass
from typing import Any

from refused import Refused

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE)
KEY_KEPT, SAID_KEPT = 22, 11  # characters of base64: 132 and 66 bits


@dataclass(frozen=True)
class Request:
    """`word` shows the secret that this request makes. It follows from the client's own random key, which is kept
    nowhere: the same request gets the same word, and nobody finds it in what is kept."""

    by: str
    key: str  # digest
    said: str  # digest
    word: str


def request(by: str, key: str | None, said: Any) -> Request:
    """`said` is all that the request asks for. Raises Refused without a usable key."""
    if not key or not UUID.fullmatch(key):
        raise Refused(400, "idempotency-key", "the header Idempotency-Key has to be a UUID, a new one for each intent")
    text = json.dumps(said, sort_keys=True)
    return Request(
        by=by,
        key=_digest("request", by, key.lower())[:KEY_KEPT],
        said=_digest("said", text)[:SAID_KEPT],
        word=_digest("word", by, key.lower()),
    )


def digest(word: str) -> str:
    """What is kept of a word."""
    return _digest("kept", word)


def _digest(*parts: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256("\0".join(parts).encode()).digest()).decode().rstrip("=")
