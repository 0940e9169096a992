"""What the CloudFormation API refuses: a code and a message in AWS's words."""

from __future__ import annotations


class Refused(Exception):
    """An API error of the service; codes are those of the botocore model."""

    code = "ValidationError"

    def __init__(self, message: str, code: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.code


class TemplateError(Refused):
    """The template, or what it computes, is wrong."""


class NothingToDo(Refused):
    def __init__(self) -> None:
        super().__init__("No updates are to be performed.")


class ChangeSetMissing(Refused):
    code = "ChangeSetNotFound"
