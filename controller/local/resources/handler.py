"""How the CloudFormation engine makes one resource: a handler a type, each driving a service of one account."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from controller.local.clients import client


class ResourceFailed(Exception):
    """The service refused; the message is the status reason as AWS words it."""


@dataclass(frozen=True, slots=True)
class Scope:
    """For whom a resource is made."""

    account: str
    region: str
    stack_name: str
    stack_id: str
    logical_id: str
    tags: Mapping[str, str] = field(default_factory=dict)  # the stack's, which CloudFormation adds to what it makes
    role_arn: str | None = None  # the stack's service role

    def client(self, service: str, region: str | None = None) -> Any:
        """A boto3 client of this account against the embedded AWS itself."""
        return client(service, self.account, region or self.region)


@dataclass(frozen=True, slots=True)
class Made:
    physical_id: str  # what Ref answers
    attributes: Mapping[str, Any] = field(default_factory=dict)  # what Fn::GetAtt answers, nested names with dots


class Handler(Protocol):
    """Properties come resolved: no intrinsic functions, no AWS::NoValue."""

    def create(self, scope: Scope, properties: Mapping[str, Any]) -> Made: ...

    def read(self, scope: Scope, physical_id: str, properties: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """What is there now, in the shape of the template's properties; None when it is gone.

        Only properties that the service really gives back may be in the answer: drift compares those that the
        template sets and the answer has.
        """

    def update(self, scope: Scope, physical_id: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Made:
        """In place. The engine replaces instead where a create-only property of the provider schema changed."""

    def delete(self, scope: Scope, physical_id: str, properties: Mapping[str, Any]) -> None:
        """Deleting what is gone already succeeds, as CloudFormation does."""
