"""A login: the server asks its authorizer, becomes the role that it answers, and says in its log how that went."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from controller.local import clients, functions
from controller.local.authorization.services import assumable, may_call
from controller.local.functions.log import write
from controller.local.sftp.home import Home, NoHome

SERVICE = "transfer.amazonaws.com"


@dataclass(frozen=True, slots=True)
class Server:
    """A Transfer server as CloudFormation made it."""

    arn: str
    properties: Mapping[str, Any]

    @property
    def id(self) -> str:
        return self.arn.rsplit("/", 1)[-1]

    @property
    def region(self) -> str:
        return self.arn.split(":")[3]

    @property
    def account(self) -> str:
        return self.arn.split(":")[4]

    def log(self, activity: str, **words: str) -> None:
        """A line in the shape of Transfer's structured logs, where the server has a destination for them."""
        for destination in self.properties.get("StructuredLogDestinations", ()):
            line = {"activity-type": activity, "resource-arn": self.arn, **words}
            group = destination.split(":log-group:", 1)[-1].removesuffix(":*")
            write(self.account, self.region, group, f"{self.id}.sftp", json.dumps(line, sort_keys=True))


@dataclass(frozen=True, slots=True)
class Session:
    """Who is in, and what S3 is to it."""

    user: str
    home: Home
    s3: Any = field(repr=False)
    public_keys: tuple[str, ...] = ()


class NotLetIn(Exception):
    """Why, for the server's log; the client learns only that it failed."""


def login(server: Server, user: str, password: str, source: str) -> Session:
    """Raises NotLetIn."""
    try:
        answer = _asked(server, user, password, source)
        session = _session(server, user, answer)
    except NotLetIn as refused:
        server.log("AUTH_FAILURE", user=user, **{"source-ip": source, "message": str(refused)})
        raise
    return session


def _asked(server: Server, user: str, password: str, source: str) -> Mapping[str, Any]:
    arn = server.properties.get("IdentityProviderDetails", {}).get("Function", "")
    known = {"aws:SourceArn": server.arn, "aws:SourceAccount": server.account}
    if server.properties.get("IdentityProviderType") != "AWS_LAMBDA" or not may_call(SERVICE, arn, known):
        raise NotLetIn("the server may not call its identity provider")
    event = {"username": user, "protocol": "SFTP", "serverId": server.id, "sourceIp": source}
    try:
        answer = functions.invoke(arn, {**event, "password": password} if password else event)
    except functions.FunctionFailed as error:
        raise NotLetIn("the identity provider failed") from error
    if not isinstance(answer, dict) or not answer.get("Role"):
        raise NotLetIn("the identity provider lets nobody in by that name and secret")
    return answer


def _session(server: Server, user: str, answer: Mapping[str, Any]) -> Session:
    role = str(answer["Role"])
    if not assumable(role, SERVICE, {"aws:SourceAccount": server.account, "aws:SourceArn": server.arn}):
        raise NotLetIn(f"the role {role} does not trust Transfer Family")
    name = f"{user}.{uuid.uuid4().hex[:8]}@{server.id}"[-64:]
    try:
        home = Home.of(answer)
        keys = clients.role_keys(role, server.region, name, str(answer.get("Policy") or ""))
    except (NoHome, ClientError) as error:
        raise NotLetIn(str(error)) from error
    s3 = clients.with_keys("s3", server.region, keys)
    return Session(user, home, s3, tuple(answer.get("PublicKeys", ())))
