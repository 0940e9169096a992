"""The state of one stack: what it wants, what it has made, and what happened."""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

from controller.local.cloudformation.template import Template

STACK = "AWS::CloudFormation::Stack"
BUSY = "_IN_PROGRESS"


def now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Wanted:
    """All that an operation brings a stack to; its caller's key is what nested templates are read with."""

    template: Template
    parameters: Mapping[str, str]
    tags: Mapping[str, str] = field(default_factory=dict)
    capabilities: tuple[str, ...] = ()
    role_arn: str | None = None
    notification_arns: tuple[str, ...] = ()
    caller: str | None = None
    reverts: bool = False  # also what others did to its resources (DeploymentMode REVERT_DRIFT)


@dataclass(frozen=True, slots=True)
class Event:
    id: str
    logical_id: str
    physical_id: str
    type: str
    status: str
    reason: str | None
    at: datetime
    properties: str | None = None
    token: str | None = None


@dataclass(slots=True)
class Resource:
    """One that exists, or that an operation tried to make; properties as computed, dynamic references unresolved."""

    logical_id: str
    type: str
    physical_id: str = ""
    attributes: Mapping[str, Any] = field(default_factory=dict)
    properties: Mapping[str, Any] = field(default_factory=dict)
    deletion_policy: str = "Delete"
    update_replace_policy: str = "Delete"
    metadata: Mapping[str, Any] = field(default_factory=dict)
    needs: frozenset[str] = frozenset()
    status: str = ""
    reason: str | None = None
    at: datetime = field(default_factory=now)
    drift: str = "NOT_CHECKED"
    drift_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Output:
    key: str
    value: str
    description: str | None
    export: str | None


class Unfinished(Protocol):
    """An update that is done or failed, and that its parent or caller still has to end one way or the other."""

    def finish(self) -> None:
        """Clean up what the update replaced or left out."""

    def roll_back(self, reason: str, skip: frozenset[str] = frozenset()) -> None:
        """Bring the stack back to what it was."""


class Stopped(Exception):
    """The embedded AWS was reset while an operation ran."""


class Stack:
    def __init__(self, account: str, region: str, name: str, wanted: Wanted, parent: Stack | None = None) -> None:
        self.account, self.region, self.name = account, region, name
        self.id = f"arn:aws:cloudformation:{region}:{account}:stack/{name}/{uuid.uuid4()}"
        self.wanted = wanted
        self.parent_id = parent.id if parent else None
        self.root_id: str | None = (parent.root_id or parent.id) if parent else None
        self.status = "REVIEW_IN_PROGRESS"
        self.reason: str | None = None
        self.created = now()
        self.updated: datetime | None = None
        self.deleted: datetime | None = None
        self.change_set_id: str | None = None
        self.resources: dict[str, Resource] = {}
        self.outputs: dict[str, Output] = {}
        self.imports: set[str] = set()
        self.events: list[Event] = []
        self.policy: str | None = None
        self.protected = False
        self.on_failure = "ROLLBACK"
        self.drift = "NOT_CHECKED"
        self.drift_at: datetime | None = None
        self.token: str | None = None
        self.update: Unfinished | None = None  # kept while it may still have to be finished, undone or continued
        self.cancelled = False
        self.stopped = False
        self._changed = threading.Condition()

    @property
    def template(self) -> Template:
        return self.wanted.template

    @property
    def busy(self) -> bool:
        return self.status.endswith(BUSY) and self.status != "REVIEW_IN_PROGRESS"

    def tell(self, status: str, reason: str | None = None) -> None:
        """Bring the stack to a status, with its event."""
        if self.stopped:
            raise Stopped
        self.events.append(Event(str(uuid.uuid4()), self.name, self.id, STACK, status, reason, now(), token=self.token))
        with self._changed:
            self.status, self.reason = status, reason
            self._changed.notify_all()

    def tell_of(self, resource: Resource, status: str, reason: str | None = None) -> None:
        """Bring a resource to a status, with its event."""
        if self.stopped:
            raise Stopped
        resource.status, resource.reason, resource.at = status, reason, now()
        self.events.append(
            Event(
                id=f"{resource.logical_id}-{status}-{resource.at.isoformat(timespec='microseconds')}",
                logical_id=resource.logical_id,
                physical_id=resource.physical_id,
                type=resource.type,
                status=status,
                reason=reason,
                at=resource.at,
                properties=json.dumps(resource.properties, default=str) if resource.properties else None,
                token=self.token,
            )
        )

    def stop(self) -> None:
        with self._changed:
            self.stopped = True
            self._changed.notify_all()

    def wait_settled(self, timeout: float) -> bool:
        """Whether the stack came to rest in time (seconds)."""
        with self._changed:
            return self._changed.wait_for(lambda: self.stopped or not self.busy, timeout)
