"""A way into the accounts of a lake for people who want to look around: a role in each, and AWS profiles for them.

AWS Organizations makes the role in the accounts that it creates, for the management account to come in by; here the
master account may come in by it too.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from moto.iam.models import iam_backends

from controller.kinds.silo import NewAccount
from controller.local.organization.tree import PARTITION, backend_of
from controller.resolve.lake import Lake

ROLE = "OrganizationAccountAccessRole"


def let_in(lake: Lake) -> dict[str, str]:
    """The role of each account that a silo or a consumer names, by the name of the manifest.

    Accounts that were created meanwhile are among them, also by their own names where no manifest was known for them.
    """
    silos = {one.name: one.account for one in lake.silos.values() if isinstance(one.account, str)}
    readers = {one.name: one.account for one in lake.consumers.values() if one.name not in silos}
    accounts = {**_created(lake, {*silos.values(), *readers.values()}), **silos, **readers}
    for account in set(accounts.values()):
        _open(account, lake.organization.master_account)
    return {name: f"arn:{PARTITION}:iam::{account}:role/{ROLE}" for name, account in sorted(accounts.items())}


def _created(lake: Lake, named: set[str]) -> dict[str, str]:
    wanted = {one.account.email: one.name for one in lake.silos.values() if isinstance(one.account, NewAccount)}
    master = lake.organization.master_account
    backend = backend_of(master)
    known = {*named, master, *((backend.org.master_account_id,) if backend else ())}
    there = [one for one in (backend.accounts if backend else ()) if one.id not in known]
    return {wanted.get(one.email, str(one.name)): str(one.id) for one in there}


def config(roles: Mapping[str, str], region: str, session: str) -> str:
    """A configuration file of AWS's tools, which become a role by the credentials of their environment.

    The AWS CLI keeps a role's credentials in a cache, also past the end of what gave them, and takes them again for the
    same role and `session`.
    """
    lines = "[profile {}]\nrole_arn = {}\nrole_session_name = {}\ncredential_source = Environment\nregion = {}\n"
    return "\n".join(lines.format(name, arn, session, region) for name, arn in roles.items())


def _open(account: str, master: str) -> None:
    iam = iam_backends[account][PARTITION]
    role = iam.get_role(ROLE)
    trust = json.loads(role.assume_role_policy_document)
    came = {"Effect": "Allow", "Principal": {"AWS": f"arn:{PARTITION}:iam::{master}:root"}, "Action": "sts:AssumeRole"}
    if came in trust["Statement"]:
        return
    role.assume_role_policy_document = json.dumps({**trust, "Statement": [*trust["Statement"], came]})
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    iam.put_role_policy(ROLE, "everything", json.dumps({"Version": "2012-10-17", "Statement": [everything]}))
