"""What is not done, in words for the person who asked."""

from __future__ import annotations


class Refused(Exception):
    """`code` is for programs and stays, `message` for people; `retry_after` (seconds) where another try may do."""

    def __init__(self, status: int, code: str, message: str, retry_after: int | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.retry_after = retry_after


def invalid(message: str) -> Refused:
    return Refused(400, "invalid", message)
