"""A refusal in the shape of the protocol that the service speaks."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from typing import Any

QUERY = frozenset({"sts", "iam", "cloudformation", "sns", "monitoring"})


@dataclass(frozen=True, slots=True)
class Refusal:
    status: int
    code: str
    message: str
    service: str

    @classmethod
    def unknown_key(cls, service: str) -> Refusal:
        if service == "s3":
            message = "The AWS Access Key Id you provided does not exist in our records."
            return cls(403, "InvalidAccessKeyId", message, service)
        return cls(403, "InvalidClientTokenId", "The security token included in the request is invalid.", service)

    @classmethod
    def wrong_signature(cls, service: str) -> Refusal:
        text = (
            "The request signature we calculated does not match the signature you provided. "
            "Check your AWS Secret Access Key and signing method."
        )
        return cls(403, "SignatureDoesNotMatch", text, service)

    def answer(self, start_response: Callable[..., Any]) -> list[bytes]:
        content, kind = self._content()
        start_response(
            f"{self.status} Refused",
            [("Content-Type", kind), ("x-amzn-ErrorType", self.code), ("x-amzn-RequestId", "embedded")],
        )
        return [content]

    def _content(self) -> tuple[bytes, str]:
        code, message = escape(self.code), escape(self.message)
        if self.service == "s3":
            return f"<Error><Code>{code}</Code><Message>{message}</Message></Error>".encode(), "application/xml"
        if self.service in QUERY:
            error = f"<Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>"
            return f"<ErrorResponse>{error}<RequestId>embedded</RequestId></ErrorResponse>".encode(), "text/xml"
        return json.dumps({"__type": self.code, "message": self.message}).encode(), "application/x-amz-json-1.1"
