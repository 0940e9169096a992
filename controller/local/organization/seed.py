"""The accounts, units and first roles that a lake's manifests take for granted."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from moto.iam.models import iam_backends
from moto.organizations import utils
from moto.organizations.models import FakeAccount, FakeDelegatedAdministrator, FakeOrganizationalUnit
from moto.organizations.models import organizations_backends as backends

from controller.local.organization.tree import PARTITION, unit_id
from controller.model.ownership import ORGANIZATION_ROLE, ROLE_PATH, role_arn
from controller.resolve.lake import Lake

CONTROLLER_ROLE = "lake-controller"  # what CodeBuild runs siloctl as, in the master account
STACKSETS = "member.org.stacksets.cloudformation.amazonaws.com"  # the service that the master administers by delegation

_naming = threading.Lock()


@dataclass(frozen=True, slots=True)
class Seeded:
    organization: str
    root: str
    management: str
    master: str
    controller: str  # ARN of the role that siloctl runs as


def seed(lake: Lake, places: Mapping[str, str | None]) -> Seeded:
    """Make what exists before the first apply: every account that a manifest names by id, in its unit.

    `places` puts accounts elsewhere, or adds some: account id -> path of a unit, None for outside of the organization.
    Ids are derived from names, so that the same lake is the same organization again.
    """
    wanted: dict[str, str | None] = {**_accounts(lake), **places}
    master = lake.organization.master_account
    management = _management(wanted)
    backends.master_accounts.clear()  # moto's reset leaves them
    backend = backends[management][PARTITION]
    backend.create_organization("us-east-1")
    _rename(backend, lake.organization.name)
    _units(management, {path for path in (*wanted.values(), *lake.organization.units) if path})
    names = _names(lake)
    units = {path: unit_id(management, path) for path in wanted.values() if path is not None}
    for account, path in sorted(wanted.items()):
        if path is not None:
            join(management, account, names.get(account, f"account-{account}"), units[path])
    _delegate(management, master)
    _role(management, ORGANIZATION_ROLE, _trust_account(master), {"Action": "organizations:*", "Resource": "*"})
    build: dict[str, object] = {"Principal": {"Service": "codebuild.amazonaws.com"}, "Action": "sts:AssumeRole"}
    _role(master, CONTROLLER_ROLE, [*_trust_account(master), build], {"Action": "*", "Resource": "*"})
    return Seeded(backend.org.id, backend.org.root_id, management, master, role_arn(master, CONTROLLER_ROLE))


def join(management: str, account: str, name: str, parent: str) -> None:
    """Put an account with an id of our choice into the organization."""
    backend = backends[management][PARTITION]
    with next_account_id(account):
        member = FakeAccount(backend.org, AccountName=name, Email=f"aws+{name}@{backend.org.id}.example")
    member.parent_id = parent
    backend.accounts.append(member)
    backends.master_accounts[account] = (management, PARTITION)


@contextmanager
def next_account_id(account: str) -> Iterator[None]:
    """Let moto's next new account have this id instead of a random one."""
    with _naming:
        before, utils.make_random_account_id = utils.make_random_account_id, lambda: account
        try:
            yield
        finally:
            utils.make_random_account_id = before


def digits(text: str, length: int) -> str:
    """Digits that stand for a text: the same text, the same digits."""
    return str(int(hashlib.sha256(text.encode()).hexdigest(), 16))[-length:]


def letters(text: str, length: int) -> str:
    """Lower-case letters and digits that stand for a text."""
    return hashlib.sha256(text.encode()).hexdigest()[:length]


def _accounts(lake: Lake) -> dict[str, str]:
    named = {silo.account: silo.organizational_unit for silo in lake.silos.values() if isinstance(silo.account, str)}
    readers = {consumer.account: consumer.organizational_unit for consumer in lake.consumers.values()}
    return {**named, **readers, lake.organization.master_account: ""}  # the master stands below the root


def _names(lake: Lake) -> dict[str, str]:
    silos = {silo.account: silo.name for silo in lake.silos.values() if isinstance(silo.account, str)}
    return {
        **silos,
        **{one.account: one.name for one in lake.consumers.values()},
        lake.organization.master_account: "master",
    }


def _management(taken: Iterable[str]) -> str:
    """An account id that no manifest uses."""
    used = set(taken)
    return next(str(number) for number in range(999_999_999_999, 0, -1) if str(number) not in used)


def _rename(backend: object, name: str) -> None:
    """Give the organization and its root ids that follow from the lake's name."""
    org, root = backend.org, backend.ou[0]  # type: ignore[attr-defined]
    org.id = f"o-{letters(f'organization {name}', 10)}"
    org.root_id = root.id = f"r-{letters(f'root {name}', 4)}"
    for account in backend.accounts:  # type: ignore[attr-defined]
        account.organization_id, account.parent_id, account.name = org.id, org.root_id, "management"


def _units(management: str, paths: Iterable[str]) -> None:
    backend = backends[management][PARTITION]
    made: set[str] = set()
    for path in sorted(paths):
        names = path.split("/")
        for depth in range(1, len(names) + 1):
            here = "/".join(names[:depth])
            if here not in made:
                made.add(here)
                parent = unit_id(management, "/".join(names[: depth - 1]))
                unit = FakeOrganizationalUnit(backend.org, Name=names[depth - 1], ParentId=parent)
                unit.id = f"ou-{backend.org.root_id[2:]}-{letters(f'{backend.org.id} {here}', 8)}"
                backend.ou.append(unit)


def _delegate(management: str, master: str) -> None:
    if STACKSETS not in FakeDelegatedAdministrator.SUPPORTED_SERVICES:
        FakeDelegatedAdministrator.SUPPORTED_SERVICES.append(STACKSETS)
    backend = backends[management][PARTITION]
    backend.enable_aws_service_access(ServicePrincipal=STACKSETS)
    backend.register_delegated_administrator(AccountId=master, ServicePrincipal=STACKSETS)


def _trust_account(account: str) -> list[dict[str, object]]:
    return [{"Principal": {"AWS": f"arn:aws:iam::{account}:root"}, "Action": "sts:AssumeRole"}]


def _role(account: str, name: str, trust: list[dict[str, object]], may: dict[str, str]) -> None:
    iam = iam_backends[account][PARTITION]
    iam.create_role(
        role_name=name,
        assume_role_policy_document=_policy(trust),
        path=ROLE_PATH,
        permissions_boundary=None,
        description="",
        tags=[],
        max_session_duration="3600",
    )
    iam.put_role_policy(name, name, _policy([dict[str, object](may)]))


def _policy(statements: list[dict[str, object]]) -> str:
    allowed = [{"Effect": "Allow", **statement} for statement in statements]
    return json.dumps({"Version": "2012-10-17", "Statement": allowed})
