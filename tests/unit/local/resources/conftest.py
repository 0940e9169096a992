"""One embedded server for the folder; every test works in an account of its own."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from moto.server import ThreadedMotoServer

from controller.local import clients, resources
from controller.local.resources.handler import Made, Scope
from controller.local.resources.registry import handler_for
from controller.local.resources.schemas import provider_schema

accounts = itertools.count(200000000001)

RoundTrip = Callable[..., Made]


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    resources.install()
    running = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    running.start()
    host, port = running.get_host_and_port()
    yield f"http://{host}:{port}"
    running.stop()


@pytest.fixture(autouse=True)
def here(server: str) -> Iterator[None]:
    """Work against this folder's server, and leave another folder's as the one in use."""
    before = clients._endpoint
    clients.use_endpoint(server)
    yield
    clients.use_endpoint(before or server)


@pytest.fixture(autouse=True)
def empty_store() -> None:
    resources.reset()


@pytest.fixture
def scope() -> Scope:
    return Scope(
        account=str(next(accounts)),
        region="eu-west-1",
        stack_name="lake-silo",
        stack_id="arn:aws:cloudformation:eu-west-1:200000000001:stack/lake-silo/1",
        logical_id="Thing",
        tags={"lake:silo": "sales", "aws:cloudformation:stack-name": "lake-silo"},
    )


@pytest.fixture
def role(scope: Scope) -> str:
    """A role that every service of the lake may assume."""
    services_of_aws = ["codepipeline.amazonaws.com"]
    statements = [
        {"Effect": "Allow", "Principal": {"Service": name}, "Action": "sts:AssumeRole"} for name in services_of_aws
    ]
    trust = {"Version": "2012-10-17", "Statement": statements}
    properties = {"RoleName": "works", "AssumeRolePolicyDocument": trust}
    return str(handler_for("AWS::IAM::Role").create(scope, properties).attributes["Arn"])


@pytest.fixture
def round_trip(scope: Scope) -> RoundTrip:
    """Create, read, update, read, delete, read: what a read gives back is what the template says.

    `unreadable` are the properties that no read can give back; every other one must be in the answer.
    """

    def run(
        type_name: str, before: Mapping[str, Any], after: Mapping[str, Any], unreadable: frozenset[str] = frozenset()
    ) -> Made:
        def coerced(properties: Mapping[str, Any]) -> dict[str, Any]:
            found = provider_schema(type_name).coerce(properties)
            return {key: value for key, value in found.items() if key not in unreadable}

        handler = handler_for(type_name)
        made = handler.create(scope, before)
        there = handler.read(scope, made.physical_id, before)
        assert there == coerced(before)
        updated = handler.update(scope, made.physical_id, before, after)
        assert updated.physical_id == made.physical_id
        there = handler.read(scope, made.physical_id, after)
        assert there == coerced(after)
        handler.delete(scope, made.physical_id, after)
        assert handler.read(scope, made.physical_id, after) is None
        handler.delete(scope, made.physical_id, after)
        return made

    return run
