"""What many tests share: a small lake, and one embedded AWS a process that is made new for each test."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator
from functools import cache
from types import MappingProxyType
from typing import Any

import boto3
import botocore.session
import pytest
from hypothesis import HealthCheck, settings

from controller.kinds.organization import CodeBucket, Guards, Organization, Repository, Rollout, Wave
from controller.kinds.silo import Layer, NewAccount, Release, Silo
from controller.model.manifest import Manifest
from controller.model.source import Source
from controller.resolve.lake import Lake

# The gate judges a change by the same examples each time; a developer's runs go on looking for new ones. How long an
# example takes says how busy the machine is.
UNTIMED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("here", UNTIMED)
settings.register_profile("ci", UNTIMED, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "here")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="Write the golden files anew; read their diff.")


def pytest_configure() -> None:
    """One seed of hashes for all processes of a run, another for each run, so that no order of a set is relied on.

    Workers that each draw their own could collect the same tests in different orders, which ends the run.
    """
    os.environ.setdefault("PYTHONHASHSEED", str(random.randrange(2**32)))


def pytest_report_header() -> str:
    return f"hashes: PYTHONHASHSEED={os.environ['PYTHONHASHSEED']} repeats them"


NOTHING: MappingProxyType[str, Any] = MappingProxyType({})


class AtTop:
    """Positions of a manifest that no file holds."""

    def __init__(self, path: str) -> None:
        self._path = path

    def at(self, field: str) -> Source:
        return Source(self._path)


def manifest(kind: str, name: str) -> Manifest:
    path = f"{kind.lower()}s/{name}.yaml"
    return Manifest(path, kind, name, NOTHING, "0" * 64, AtTop(path))


def organization() -> Organization:
    return Organization(
        manifest=manifest("Organization", "acme"),
        name="acme",
        master_account="100000000001",
        home_region="eu-west-1",
        regions=("eu-west-1", "eu-central-1"),
        silo_units=("Lake/Silos",),
        consumer_units=("Lake/Analytics",),
        code_bucket=CodeBucket("acme-code", 50),
        source=Repository("codecommit", "manifests", "main", ""),
        unmatched_accounts="report",
        rollout=Rollout((Wave("everyone", NOTHING, None),), 0, "halt"),
        guards=Guards(50, True),
        notification_emails=("data@acme.example",),
        tags=NOTHING,
    )


def silo(name: str, account: str | NewAccount, unit: str, region: str = "eu-west-1") -> Silo:
    return Silo(
        manifest=manifest("Silo", name),
        name=name,
        labels=NOTHING,
        account=account,
        organizational_unit=unit,
        region=region,
        owners=(f"{name}@acme.example",),
        encryption="kms",
        dropzone=Layer(),
        raw=Layer(),
        processed=Layer(),
        webapp=None,
        sftp=None,
        warehouse=None,
        dashboards=None,
        lifecycle="active",
        release=Release(()),
    )


@pytest.fixture(scope="session")
def small_lake() -> Lake:
    """Three silos: two accounts that exist, in two units, and one that is to be created."""
    silos = (
        silo("finance", "200000000003", "Lake/Silos/Finance", "eu-central-1"),
        silo("plant", NewAccount("acme-plant", "aws+plant@acme.example"), "Lake/Silos/Operations"),
        silo("sales", "200000000001", "Lake/Silos/Commercial"),
    )
    named = MappingProxyType({one.name: one for one in silos})
    return Lake(organization(), named, NOTHING, NOTHING, NOTHING, NOTHING, NOTHING, NOTHING)


@pytest.fixture(scope="session")
def embedded_process(small_lake: Lake) -> Iterator[Any]:
    """The one embedded AWS of this test process; moto's state is the process's, so there cannot be two."""
    before = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith("AWS_")}
    from controller.local.server.embedded import EmbeddedAws

    with pytest.MonkeyPatch.context() as patch, EmbeddedAws(small_lake) as started:
        # Each command has a session of its own, as a process has; botocore's models are read once for all of them.
        patch.setattr(botocore.session, "create_loader", cache(botocore.session.create_loader))
        yield started
    os.environ.update(before)


@pytest.fixture
def embedded(embedded_process: Any, small_lake: Lake, monkeypatch: pytest.MonkeyPatch) -> Any:
    """An embedded AWS with the organization of `small_lake` and nothing else, and its environment in this process.

    For another lake, or accounts in other places: `embedded.reset(lake, places={...})`.
    """
    embedded_process.reset(small_lake)
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in embedded_process.environment.items():
        monkeypatch.setenv(name, value)
    return embedded_process


@pytest.fixture
def aws(embedded: Any) -> Callable[..., Any]:
    """Makes boto3 clients: `aws("s3")` as the controller, `aws("s3", role_arn)` as a role that it may assume."""
    session = boto3.Session()

    def made(service: str, role: str = "", region: str = "eu-west-1") -> Any:
        keys: dict[str, str] = {}
        if role:
            given = session.client("sts").assume_role(RoleArn=role, RoleSessionName="test")["Credentials"]
            keys = {
                "aws_access_key_id": given["AccessKeyId"],
                "aws_secret_access_key": given["SecretAccessKey"],
                "aws_session_token": given["SessionToken"],
            }
        return session.client(service, region_name=region, **keys)

    return made
