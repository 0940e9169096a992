"""What the world may do to us.

    ControllerError
    ├── ManifestsInvalid      faults in manifests or blueprints, all of them at once
    ├── AwsError              AWS answered with an error we do not treat as data
    │   ├── AwsDenied         credentials are missing, expired or not allowed
    │   ├── AwsThrottled      still throttled after the retries
    │   └── AwsUnreachable    no answer at all
    ├── StackFailed           a stack or change set settled in a failed state
    ├── WaveFailed            a wave's silos do not run well what was published for them
    ├── PlanBlocked           a guard or an unreadable object stops the apply
    ├── PlanStale             what was observed moved under the apply
    ├── LockHeld              somebody else is applying
    └── ApplyStopped          whoever ran it stopped it on the way
A bug is none of these: it is raised as it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from controller.model.problem import Problem


class ControllerError(Exception):
    """Something a person can act upon; `hint` says how."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class ManifestsInvalid(ControllerError):
    def __init__(self, problems: Sequence[Problem]) -> None:
        count = len(problems)
        super().__init__(f"{count} problem{'s' if count != 1 else ''} in the manifests")
        self.problems = tuple(problems)


class AwsError(ControllerError):
    """Keeps what AWS said: `service`, `operation`, `code`, `request_id`."""

    def __init__(
        self,
        message: str,
        *,
        service: str = "",
        operation: str = "",
        code: str = "",
        request_id: str = "",
        hint: str = "",
    ) -> None:
        super().__init__(message, hint)
        self.service = service
        self.operation = operation
        self.code = code
        self.request_id = request_id


class AwsDenied(AwsError):
    pass


class AwsThrottled(AwsError):
    pass


class AwsUnreachable(AwsError):
    pass


class StackFailed(ControllerError):
    """A stack did not reach what was asked; `reason` is AWS's own for the first resource that failed."""

    def __init__(self, stack: str, status: str, resource: str, reason: str) -> None:
        super().__init__(f"stack {stack} is {status}: {resource + ': ' if resource else ''}{reason}")
        self.stack = stack
        self.status = status
        self.resource = resource
        self.reason = reason


class WaveFailed(ControllerError):
    """`why` by member; `seen` where a silo itself showed it, rather than that nobody could look at it."""

    def __init__(self, why: Mapping[str, str], seen: bool) -> None:
        super().__init__("; ".join(why.values()))
        self.why = dict(why)
        self.seen = seen


class PlanBlocked(ControllerError):
    pass


class PlanStale(ControllerError):
    pass


class LockHeld(ControllerError):
    pass


class ApplyStopped(ControllerError):
    pass
