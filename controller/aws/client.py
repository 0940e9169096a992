"""Clients: one shared session, explicit retries, roles assumed once. Every call is counted."""

from __future__ import annotations

import threading
from collections import Counter, OrderedDict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
from botocore.config import Config

from controller.aws.errors import translated

# `standard` must be named: botocore's default mode is still `legacy` and may change (botocore 1.44, retries guide).
CONFIG = Config(
    retries={"mode": "standard", "total_max_attempts": 6},
    max_pool_connections=64,
    connect_timeout=5,
    read_timeout=60,
    user_agent_extra="siloctl",
)
KEPT = 256  # clients; one takes a quarter of a megabyte, and a sweep over a thousand accounts needs each once
EARLY = timedelta(minutes=5)  # a role is assumed again this long before its credentials end


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Clients:
    """Hands out boto3 clients by service, region and role; safe to share between threads.

    `calls` counts API calls as `service:Operation`, assumed roles included, retries as one each.
    """

    def __init__(self, now: Callable[[], datetime] = _utc_now) -> None:
        self._now = now
        self._session: Any = None
        self._made: OrderedDict[tuple[str, str, str], Any] = OrderedDict()  # the one used last at the end
        self._roles: dict[str, dict[str, Any]] = {}
        self._lock = threading.RLock()  # a session is not safe to share while it makes clients
        self._counting = threading.Lock()  # another one: a call need not wait until somebody's client is made
        self.calls: Counter[str] = Counter()

    def of(self, service: str, region: str, role: str = "") -> Any:
        """A client of `service`, acting as the ARN `role`, or as whoever called us where it is empty.

        Ask again for each use: the answer changes when a role's credentials come to their end, after one hour at most
        for a role that a role assumed (STS, AssumeRole). Raises AwsError where a role cannot be assumed.
        """
        credentials = self._credentials(role, region) if role else {}
        key = (service, region, str(credentials.get("aws_access_key_id", "")))
        with self._lock, translated(service):
            if key not in self._made:
                # One session for all accounts: a session each would cost 60 ms and 10 MB an account.
                self._session = self._session or boto3.Session()
                client = self._session.client(service, region_name=region, config=CONFIG, **credentials)
                client.meta.events.register("before-send.*", self._count(service))
                self._made[key] = client
                if len(self._made) > KEPT:
                    self._made.popitem(last=False)
            self._made.move_to_end(key)
            return self._made[key]

    def _credentials(self, role: str, region: str) -> dict[str, Any]:
        with self._lock:
            held = self._roles.get(role)
        if held is None or held["Expiration"] - self._now() < EARLY:
            with translated("sts"):
                answer = self.of("sts", region).assume_role(RoleArn=role, RoleSessionName="siloctl")
            held = dict(answer["Credentials"])
            with self._lock:
                self._roles[role] = held
        return {
            "aws_access_key_id": held["AccessKeyId"],
            "aws_secret_access_key": held["SecretAccessKey"],
            "aws_session_token": held["SessionToken"],
        }

    def _count(self, service: str) -> Callable[..., None]:
        def count(event_name: str, **_: Any) -> None:
            with self._counting:
                self.calls[f"{service}:{event_name.rsplit('.', 1)[-1]}"] += 1

        return count
