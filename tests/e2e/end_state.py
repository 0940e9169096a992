"""What an apply leaves behind, read through the ports: the same whatever way led to it."""

from __future__ import annotations

import json
import time
from collections.abc import Collection
from typing import Any

from controller.engine.ports import Ports
from controller.model.bundle import sha256
from controller.model.observed import Absent, Present
from controller.model.ownership import ASSETS, BASELINE_SET, INDEX_KEY, LOCK_KEY, MASTER_STACK, RELEASES
from controller.model.world import Account, Stack, StackSet, Tree
from controller.resolve.lake import Lake

DIFFERS = ("etag", "version", "published")  # from run to run


def end_state(lake: Lake, ports: Ports) -> dict[str, Any]:
    organization = lake.organization
    tree = _tree(lake, ports)
    places = {unit.id: path for path, unit in tree.units.items()} | {tree.root.id: ""}
    accounts = [_account(ports, found.id) for found in _value(ports.organizations.accounts(), list)]
    baseline = _settled(ports, organization.regions)
    return {
        "units": sorted(tree.units),
        "accounts": {one.name: places[one.parent] for one in accounts},
        "masters": {region: _master(ports, region) for region in organization.regions},
        "baseline": (
            baseline.template,
            {places[unit]: regions for unit, regions in baseline.targets.items()},
            {place: one.status for place, one in baseline.instances.items()},
        ),
        "objects": {region: _objects(ports, region) for region in organization.regions},
        "index": _index(ports, organization.home_region),
        "lock": ports.bucket(organization.home_region).get(LOCK_KEY) == Absent(),
    }


def _value(observed: Any, kind: type) -> Any:
    assert isinstance(observed, Present), observed
    assert isinstance(observed.value, kind), observed
    return observed.value


def _tree(lake: Lake, ports: Ports) -> Tree:
    paths = {*lake.organization.units, *(silo.organizational_unit for silo in lake.silos.values())}
    found: Tree = _value(ports.organizations.tree(paths), Tree)
    return found


def _account(ports: Ports, account: str) -> Account:
    found: Account = _value(ports.organizations.account(account), Account)
    return found


def _master(ports: Ports, region: str) -> tuple[Any, ...]:
    found: Stack = _value(ports.stacks.read(MASTER_STACK, region), Stack)
    return found.status in ("CREATE_COMPLETE", "UPDATE_COMPLETE"), found.template, found.parameters


def _settled(ports: Ports, regions: Collection[str]) -> StackSet:
    """AWS deploys to accounts that enter a unit by itself, and takes its time."""
    end = time.monotonic() + 20
    while True:
        found: StackSet = _value(ports.stack_sets.read(BASELINE_SET, regions), StackSet)
        if all(one.status == "CURRENT" for one in found.instances.values()) or time.monotonic() > end:
            return found
        time.sleep(0.02)


def _objects(ports: Ports, region: str) -> dict[str, str]:
    """Keys with the digest of what is under them: bundles and assets."""
    bucket = ports.bucket(region)
    keys = [key for prefix in (RELEASES, ASSETS) for key in _value(bucket.list(prefix), dict)]
    return {key: sha256(_value(bucket.get(key), object).content) for key in sorted(keys)}


def _index(ports: Ports, region: str) -> dict[str, Any]:
    silos = json.loads(_value(ports.bucket(region).get(INDEX_KEY), object).content)["silos"]
    return {name: {k: v for k, v in entry.items() if k not in DIFFERS} for name, entry in silos.items()}
