"""Who signed a request, as STS says. The address is the region's own, never one that came with the request."""

from __future__ import annotations

import http.client
import re
from urllib.parse import urlsplit

from partner import BODY, Proof
from refused import Refused
from settings import Settings

SECONDS = 5
ARN = re.compile(rb"<Arn>([^<]{1,300})</Arn>")
CODE = re.compile(rb"<Code>([A-Za-z]{1,60})</Code>")
UNKNOWN = {
    "InvalidClientTokenId": "AWS does not know this access key id, or it has been ended.",
    "SignatureDoesNotMatch": "The secret access key does not belong to this access key id.",
}


def caller(proof: Proof, settings: Settings) -> str:
    """The ARN of whoever signed it. Raises Refused for a wrong pair, in the words that AWS has for anybody who asks."""
    status, body = _asked(proof, settings)
    found = ARN.search(body)
    if status == 200 and found:
        return found[1].decode()
    if status >= 500:
        raise Refused(503, "sts", "AWS could not say who you are. Try again.", retry_after=3)
    code = CODE.search(body)
    words = UNKNOWN.get(code[1].decode() if code else "", "AWS did not accept this pair.")
    raise Refused(401, "wrong-pair", words)


def _asked(proof: Proof, settings: Settings) -> tuple[int, bytes]:
    place = urlsplit(settings.address("sts"))
    kind = http.client.HTTPSConnection if place.scheme == "https" else http.client.HTTPConnection
    connection = kind(place.netloc, timeout=SECONDS)
    headers = {**proof.headers, "content-type": "application/x-www-form-urlencoded; charset=utf-8"}
    try:
        connection.request("POST", "/", BODY, headers)
        answer = connection.getresponse()
        return answer.status, answer.read(65_536)
    except (OSError, http.client.HTTPException):
        raise Refused(503, "sts", "AWS could not be reached. Try again.", retry_after=3) from None
    finally:
        connection.close()
