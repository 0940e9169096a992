"""Reading another account's Glue catalog: its policy decides, or a grant of Lake Formation (Glue developer guide).

A table needs the whole chain: the catalog, the database and the table itself.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from moto.glue.models import glue_backends

from controller.local.authorization.asked import Asked
from controller.local.organization.tree import organization_path
from controller.local.resources import store
from controller.local.server import calls
from controller.local.server.callers import Caller

GRANTS = "AWS::LakeFormation::PrincipalPermissions"
POLICY_WRITES = ("PutResourcePolicy", "DeleteResourcePolicy")
NOBODY = json.dumps({"Version": "2012-10-17", "Statement": []})


def glue(environ: dict[str, Any], operation: str, who: Caller) -> Iterator[Asked]:
    """What a call needs upon another account's catalog, and what writing one's own catalog's policy needs."""
    said, region = _body(environ), calls.credential(environ).region
    owner = str(said.get("CatalogId") or who.account)
    if owner == who.account:
        if operation in POLICY_WRITES:
            yield Asked(f"glue:{operation}", _arn(region, owner, "catalog"), owner, NOBODY)
        return
    policy = _policy(owner, region)
    if _granted(owner, region, who.account, _table(said)):
        policy = _allowing(who.account)
    for resource in _chain(said):
        yield Asked(f"glue:{operation}", _arn(region, owner, resource), owner, policy, kind="catalog policy")


def answering(environ: dict[str, Any], service: str, who: Caller) -> str:
    """The account whose Glue answers: that of the catalog which the call names, else the caller's own."""
    named = str(_body(environ).get("CatalogId") or "") if service == "glue" else ""
    return named if len(named) == 12 and named.isdigit() else who.account


def _body(environ: dict[str, Any]) -> Mapping[str, Any]:
    try:
        said = json.loads(calls.body(environ) or b"{}")
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def _table(said: Mapping[str, Any]) -> tuple[str, str]:
    return str(said.get("DatabaseName", "")), str(said.get("TableName") or said.get("Name") or "")


def _chain(said: Mapping[str, Any]) -> Iterator[str]:
    """The catalog, then the database and the table as far as the call names them; all tables where it lists them."""
    yield "catalog"
    database, table = _table(said)
    if database:
        yield f"database/{database}"
        yield f"table/{database}/{table or '*'}"
    elif table:  # GetDatabase calls it Name
        yield f"database/{table}"


def _arn(region: str, account: str, resource: str) -> str:
    return f"arn:aws:glue:{region}:{account}:{resource}"


def _policy(owner: str, region: str) -> str | None:
    backend = glue_backends[owner][region]
    found = backend.resource_policies.get(backend.default_catalog_arn)
    return None if found is None else str(found["PolicyInJson"])


def _allowing(account: str) -> str:
    """A grant is to the account; what its own policies let its principals do is asked as ever."""
    who = {"AWS": f"arn:aws:iam::{account}:root"}
    statement = {"Effect": "Allow", "Principal": who, "Action": "glue:Get*", "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _granted(owner: str, region: str, account: str, table: tuple[str, str]) -> bool:
    path = organization_path(account) or ""
    for kept in store.listed(owner, region, GRANTS).values():
        principal = str(kept.properties["Principal"]["DataLakePrincipalIdentifier"])
        here = principal == account or f"/{principal.rsplit('/', 1)[-1]}/" in path
        resource = kept.properties["Resource"]
        named = resource.get("TableWithColumns") or resource.get("Table") or {}
        if here and (named.get("DatabaseName"), named.get("Name")) == table:
            return True
    return False
