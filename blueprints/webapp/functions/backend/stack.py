"""The stack of vended credentials, changed by change sets. What was read is still so when a change is executed.

A change set that was made before another one is executed can never be executed: CloudFormation deletes it with that
execution, or calls it obsolete (API reference, ExecuteChangeSet). So a template that is read again, unchanged, after
the change set was made is the one that the change set was made of, and nobody's change is lost.

What is executed is what was asked for: CloudFormation is asked which template a change set holds, wherever it read it.
"""

from __future__ import annotations

import json
import random
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError
from refused import Refused
from settings import Settings
from shelf import Shelf
from template import Document, digest, parameters, read, stack_tags, write

AT_REST = frozenset(("CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"))
UNMADE = frozenset(("", "REVIEW_IN_PROGRESS"))  # nothing was ever executed: CreateChangeSet has to make the stack
OVERTAKEN = frozenset(("ChangeSetNotFound", "InvalidChangeSetStatus", "ChangeSetNotFoundException"))
NO_CHANGE = ("didn't contain changes", "No updates are to be performed")
CHANGE_SET = "vend-"  # begin of our change sets' names; one left over goes with the next that is executed
WAIT = (0.2, 1.2)  # seconds between two looks, by chance between these: many who wait do not look all at once
LOOKS = 4  # for the begin of what was executed
INLINE = 51_200  # bytes of a template in a request; CloudFormation user guide, quotas

Edit = Callable[[Document], Document]


@dataclass(frozen=True)
class Seen:
    """The stack at one moment."""

    status: str  # empty where there is none
    template: Mapping[str, Any]

    @property
    def busy(self) -> bool:
        return busy(self.status)

    @property
    def document(self) -> Document:
        return read(self.template)


def busy(status: str) -> bool:
    return status not in AT_REST | UNMADE


@dataclass(frozen=True)
class Clock:
    """`left` is how many seconds the request still has."""

    sleep: Callable[[float], None]
    left: Callable[[], float]


class Tampered(Exception):
    """CloudFormation holds another template than it was sent. Nobody catches it: the alarm of the function tells."""


class VendedStack:
    def __init__(self, cloudformation: Any, shelf: Shelf, settings: Settings, clock: Clock) -> None:
        self._api, self._shelf, self._settings, self._clock = cloudformation, shelf, settings, clock
        self._name = {"StackName": settings.stack}

    def look(self) -> Seen:
        return self._seen(self._status())

    def edit(self, change: Edit) -> Document:
        """Bring the stack from what it is to what `change` makes of it, which may be asked several times.

        Returns once CloudFormation has begun, or at once where there is nothing to change. Raises Refused: of `change`,
        or for want of time.
        """
        while self._clock.left() > 0:
            seen = self._rest()
            if seen is None:
                break
            wanted = change(seen.document)
            if wanted == seen.document or self._bring(seen, wanted):
                return wanted
            self._pause()
        raise Refused(503, "busy", "Others are changing credentials right now. Try again.", retry_after=5)

    def resource(self, logical_id: str) -> Mapping[str, Any] | None:
        """As CloudFormation describes it; None where there is none."""
        try:
            found = self._api.describe_stack_resource(**self._name, LogicalResourceId=logical_id)
        except ClientError as error:
            if _code(error) == "ValidationError":
                return None
            raise
        detail: Mapping[str, Any] = found["StackResourceDetail"]
        return detail

    def failure(self, logical_id: str) -> str:
        """Why the newest attempt to make or change a resource failed; empty where it did not."""
        try:
            events = self._api.describe_stack_events(**self._name)["StackEvents"]
        except ClientError as error:
            if _code(error) == "ValidationError":
                return ""
            raise
        for event in events:
            if event["LogicalResourceId"].startswith(logical_id) and event["ResourceStatus"].endswith("_FAILED"):
                return str(event.get("ResourceStatusReason", ""))
        return ""

    def _rest(self) -> Seen | None:
        """The stack once nothing runs on it; None where the time is over before."""
        while busy(status := self._status()):
            if status.endswith("_FAILED") or status == "ROLLBACK_COMPLETE":
                raise Refused(
                    503,
                    "stuck",
                    f"The stack {self._settings.stack} is {status}: whoever runs the silo has to mend it.",
                )
            self._pause()
            if self._clock.left() <= 0:
                return None
        return self._seen(status)

    def _bring(self, seen: Seen, wanted: Document) -> bool:
        """Whether the change has begun. False where somebody else was faster."""
        more = len(wanted.credentials) > len(seen.document.credentials)
        text = (
            write(wanted, self._settings) if more else write(wanted, self._settings, fewest=0)
        )  # never kept from ending
        change_set = self._made(seen, text)
        if change_set is None:
            return False
        try:
            if not self._worked_out(change_set):
                return True
            self._check(change_set, text)
            again = self.look()
            if again.busy or digest(again.template) != digest(seen.template):
                return self._overtaken(change_set)
            self._api.execute_change_set(**self._name, ChangeSetName=change_set)
            self._await_begin(seen)
        except ClientError as error:
            if _code(error) in OVERTAKEN or _busy(error):
                return self._overtaken(change_set)
            raise
        return True

    def _made(self, seen: Seen, text: str) -> str | None:
        create = seen.status in UNMADE
        given = [{"ParameterKey": key, "ParameterValue": value} for key, value in parameters(self._settings).items()]
        try:
            made = self._api.create_change_set(
                **self._name,
                ChangeSetName=f"{CHANGE_SET}{uuid.uuid4()}",
                ChangeSetType="CREATE" if create else "UPDATE",
                Parameters=given,
                Capabilities=["CAPABILITY_NAMED_IAM"],
                RoleARN=self._settings.role,
                Tags=[{"Key": key, "Value": value} for key, value in stack_tags(self._settings).items()],
                **({"OnStackFailure": "DELETE"} if create else {}),  # a stack that failed to be made takes no update
                **({"TemplateBody": text} if len(text) <= INLINE else {"TemplateURL": self._shelf.address(text)}),
            )
        except ClientError as error:
            if _busy(error):
                return None
            raise
        return str(made["Id"])

    def _worked_out(self, change_set: str) -> bool:
        """Wait until it may be executed. False where it holds no change."""
        while True:
            found = self._api.describe_change_set(**self._name, ChangeSetName=change_set)
            if found["Status"] == "CREATE_COMPLETE":
                return True
            if found["Status"] == "FAILED":
                reason = str(found.get("StatusReason", ""))
                self._api.delete_change_set(**self._name, ChangeSetName=change_set)
                if any(words in reason for words in NO_CHANGE):
                    return False
                raise Refused(502, "not-accepted", f"CloudFormation did not accept the change: {reason}")
            if self._clock.left() <= 0:
                self._overtaken(change_set)
                raise Refused(503, "busy", "CloudFormation takes its time. Try again.", retry_after=5)
            self._pause()

    def _check(self, change_set: str, text: str) -> None:
        """Raises Tampered where the change set holds anything but `text`, which may have been read from a bucket."""
        if digest(self._template(ChangeSetName=change_set)) != digest(json.loads(text)):
            self._overtaken(change_set)
            raise Tampered("a change set held another template than was asked for; it was not executed")

    def _await_begin(self, seen: Seen) -> None:
        """Until what is read next shows it, so that whoever asks after our answer is not told of the stack before.

        Not for long: one that failed at once is again as it was.
        """
        for _ in range(LOOKS):
            now = self.look()
            if now.busy or now.status != seen.status or digest(now.template) != digest(seen.template):
                return
            self._pause()

    def _overtaken(self, change_set: str) -> bool:
        try:
            self._api.delete_change_set(**self._name, ChangeSetName=change_set)
        except ClientError as error:
            if _code(error) not in OVERTAKEN:
                raise
        return False

    def _seen(self, status: str) -> Seen:
        return Seen(status, {} if status in UNMADE else self._template())

    def _status(self) -> str:
        try:
            return str(self._api.describe_stacks(**self._name)["Stacks"][0]["StackStatus"])
        except ClientError as error:
            if _code(error) == "ValidationError":  # "Stack with id lake-vended does not exist"
                return ""
            raise

    def _template(self, **of: str) -> Mapping[str, Any]:
        said = self._api.get_template(**self._name, **of, TemplateStage="Original")["TemplateBody"]
        found: Mapping[str, Any] = json.loads(said) if isinstance(said, str) else said  # botocore reads JSON by itself
        return found

    def _pause(self) -> None:
        self._clock.sleep(random.uniform(*WAIT))  # noqa: S311 - waiting is no secret


def _code(error: ClientError) -> str:
    return str(error.response["Error"]["Code"])


def _busy(error: ClientError) -> bool:
    """Refused for the stack's state: somebody's change runs, or the stack has been made since it was looked at."""
    text = str(error)
    return _code(error) in ("ValidationError", "AlreadyExistsException") and (
        "_IN_PROGRESS" in text or "already exists" in text or "does not exist" in text
    )
