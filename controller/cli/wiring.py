"""Joins the engine's ports to AWS. boto3 is imported here and no earlier, so that what asks AWS nothing never pays."""

from __future__ import annotations

import getpass
import os
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from controller import __version__
from controller.engine.partners import Users
from controller.engine.ports import Bucket, Ports
from controller.engine.silos import Silos
from controller.engine.vended import VendedReader
from controller.kinds.organization import Organization
from controller.model.ownership import code_bucket


@dataclass(frozen=True, slots=True)
class Wired:
    ports: Ports
    silos: Silos
    partners: Users
    vendings: VendedReader
    calls: Mapping[str, int]  # API calls so far, by service and operation


def connect(organization: Organization) -> Wired:
    """Makes no call: credentials are looked up when the first one is made."""
    from controller.aws.bucket import AwsBucket
    from controller.aws.client import Clients
    from controller.aws.live import AwsSilos
    from controller.aws.organization import AwsOrganizations
    from controller.aws.partners import AwsPartners
    from controller.aws.resource_types import create_only
    from controller.aws.stacks import AwsStacks
    from controller.aws.stacksets import AwsStackSets
    from controller.aws.vended import AwsVended

    clients = Clients()
    home, prefix = organization.home_region, organization.code_bucket.name_prefix

    def bucket(region: str) -> Bucket:
        return AwsBucket(clients, region, code_bucket(prefix, region))

    silos = AwsSilos(clients)
    ports = Ports(
        organizations=AwsOrganizations(clients, home),
        stacks=AwsStacks(clients),
        stack_sets=AwsStackSets(clients, home),
        bucket=bucket,
        silos=silos,
        create_only=create_only,
        now=lambda: datetime.now(UTC),
        monotonic=time.monotonic,
        sleep=time.sleep,
        owner=owner,
        alive=alive,
    )
    return Wired(ports, silos, AwsPartners(clients), AwsVended(clients), clients.calls)


def owner() -> dict[str, Any]:
    """What a lock says of its holder."""
    return {"user": _user(), "host": socket.gethostname(), "pid": os.getpid(), "tool": f"siloctl {__version__}"}


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user id without a name, as containers have it
        return str(os.getuid()) if hasattr(os, "getuid") else "somebody"


def alive(holder: Mapping[str, Any]) -> bool | None:
    """Only a process of this very machine can be asked; a pid of another one says nothing here."""
    pid = holder.get("pid")
    if holder.get("host") != socket.gethostname() or not isinstance(pid, int) or os.name != "posix":
        return None
    try:
        os.kill(pid, 0)  # signal 0 tests only (POSIX, kill)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return None
    return True
