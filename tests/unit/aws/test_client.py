"""Clients: made once, roles assumed once and again before they end, calls counted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from controller.aws import client as module
from controller.aws.client import Clients

ROLE = "arn:aws:iam::200000000001:role/lake/lake-controller-read"


class Events:
    def __init__(self) -> None:
        self.counts: list[Any] = []

    def register(self, _: str, count: Any) -> None:
        self.counts.append(count)


class Api:
    def __init__(self, session: Session, service: str, key: str) -> None:
        self.session, self.service, self.key = session, service, key
        self.meta = type("Meta", (), {"events": Events()})()

    def assume_role(self, RoleArn: str, RoleSessionName: str) -> dict[str, Any]:  # noqa: N803 - boto3's own names
        self.session.assumed.append(RoleArn)
        number = len(self.session.assumed)
        keys = {"AccessKeyId": f"key-{number}", "SecretAccessKey": "s", "SessionToken": "t"}
        return {"Credentials": {**keys, "Expiration": self.session.now + timedelta(hours=1)}}


class Session:
    def __init__(self) -> None:
        self.now = datetime(2026, 1, 31, 12, tzinfo=UTC)
        self.assumed: list[str] = []
        self.made = 0

    def client(self, service: str, region_name: str, config: Any, aws_access_key_id: str = "", **_: str) -> Api:
        self.made += 1
        return Api(self, service, aws_access_key_id)


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> Session:
    made = Session()
    monkeypatch.setattr(module.boto3, "Session", lambda: made)
    return made


def test_a_client_is_made_once_a_service_and_region(session: Session) -> None:
    clients = Clients()
    assert clients.of("s3", "eu-west-1") is clients.of("s3", "eu-west-1")
    assert clients.of("s3", "eu-west-1") is not clients.of("s3", "eu-central-1")
    assert session.made == 2


def test_a_role_is_assumed_once_for_all_services(session: Session) -> None:
    clients = Clients(now=lambda: session.now)
    keys = {clients.of(service, "eu-west-1", ROLE).key for service in ("s3", "cloudformation", "s3")}
    assert (session.assumed, keys) == ([ROLE], {"key-1"})


def test_a_role_is_assumed_again_before_its_credentials_end(session: Session) -> None:
    clients = Clients(now=lambda: session.now)
    clients.of("s3", "eu-west-1", ROLE)
    session.now += timedelta(minutes=54)
    assert clients.of("s3", "eu-west-1", ROLE).key == "key-1"
    session.now += timedelta(minutes=2)
    assert clients.of("s3", "eu-west-1", ROLE).key == "key-2"


def test_each_call_is_counted_by_service_and_operation(session: Session) -> None:
    clients = Clients()
    (count,) = clients.of("s3", "eu-west-1").meta.events.counts
    count(event_name="before-send.s3.GetObject")
    count(event_name="before-send.s3.GetObject")
    assert clients.calls == {"s3:GetObject": 2}


def test_retries_and_their_mode_are_said_and_not_left_to_a_default() -> None:
    assert module.CONFIG.retries == {"mode": "standard", "total_max_attempts": 6}
