"""What one nested stack's change does in others: what the plan said of each resource of a lake is what the
embedded AWS then did, in place, made anew or nothing.

The outputs that others read are names and ids of what the storage makes. So the organization is renamed, which is in
the buckets' names, and the blueprint is edited as a later siloctl might have it. AWS's own ids come by the root's
parameters: there a unit is made anew.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from controller.cli import run
from controller.cli.exit import Exit
from controller.engine.validate import load_lake
from controller.load.places import blueprints
from controller.local.clients import client
from controller.local.cloudformation import stacks
from controller.local.cloudformation.comparison import canonical
from controller.local.cloudformation.stack import STACK, Resource
from controller.model.ownership import logical_id, member_address
from controller.render.blueprint import Catalogue
from controller.render.values import parts

pytestmark = pytest.mark.emulator

FILES = (
    "organization.yaml",
    "silos/finance.yaml",
    "silos/logistics.yaml",
    "flows/general-ledger.yaml",
    "flows/plant-reports.yaml",
    "flows/shipments.yaml",
    "partners/fastfreight.yaml",
    "shares/shipments-to-sales.yaml",
)
ACME = Path(__file__).parents[1] / "lakes" / "acme"
ANEW = {"create", "delete"}
WAIT = ("--wait", "--timeout", "300s")
REGION, GUESTS = "eu-west-1", "Lake/Silos/Guests"
Things = dict[str, tuple[str, str]]  # by address: how a resource is called, and what it is asked to be


@dataclass
class Told:
    """What a plan told of resources within nested stacks, and which guards stopped it."""

    actions: Mapping[str, set[str]]
    changes: Mapping[str, Any]
    blocked: tuple[str, ...]


class Lake:
    def __init__(self, folder: Path, embedded: Any, capsys: pytest.CaptureFixture[str]) -> None:
        for file in FILES:
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ACME / file, folder / file)
        later = (datetime.now(UTC).date() + timedelta(days=200)).isoformat()
        for path in folder.rglob("*.yaml"):
            path.write_text(re.sub(r"expires: \d{4}-\d\d-\d\d", f"expires: {later}", path.read_text()))
        self.folder, self._capsys = folder, capsys
        embedded.reset(load_lake(folder, blueprints(), datetime.now(UTC).date())[0])
        self.management: str = embedded.seeded.management

    def siloctl(self, *words: str, exits: tuple[Exit, ...] = (Exit.OK,)) -> str:
        self._capsys.readouterr()
        status = run(["--manifests", str(self.folder), *words])
        out, err = self._capsys.readouterr()
        assert status in exits, f"{words}: {out}\n{err}"
        return out

    def edit(self, file: str, old: str, new: str) -> None:
        path = self.folder / file
        text = path.read_text()
        assert text.count(old) == 1
        path.write_text(text.replace(old, new))

    def plan(self) -> Told:
        document = json.loads(self.siloctl("plan", "--format", "json", exits=(Exit.OK, Exit.BLOCKED)))
        nested = re.compile(r"(silo|consumer)/[^/]+/(?!bundle/).*/")
        changes = {one["address"]: one for one in document["changes"] if nested.match(one["address"])}
        blocked = tuple(guard["allow"] for guard in document["guards"] if guard["blocks"])
        return Told({address: set(one["actions"]) for address, one in changes.items()}, changes, blocked)

    def apply(self, told: Told) -> dict[str, set[str]]:
        """What then happened to resources within nested stacks."""
        before = self.there()
        self.siloctl("apply", "--yes", *(word for one in told.blocked for word in ("--allow", one)), *WAIT)
        return dict(_happened(before, self.there()))

    def there(self) -> Things:
        lake, _ = load_lake(self.folder, blueprints(), datetime.now(UTC).date())
        status = json.loads(self.siloctl("status", "--format", "json", exits=(Exit.OK, Exit.ERROR)))["silos"]
        found: Things = {}
        for one in status:
            backend = stacks.backend(one["account"], one["region"])
            root = backend.get("lake-silo")
            for part in parts(lake, lake.member(one["silo"]), Catalogue.read()):
                nested = backend.get(root.resources[logical_id(part.address)].physical_id)
                found |= {
                    f"{member_address(one['silo'])}/{part.address}/{name}": (_called(own), canonical(own.properties))
                    for name, own in nested.resources.items()
                    if own.type != STACK
                }
        return found


def _called(resource: Resource) -> str:
    """A custom resource's function may answer with another id: a plan cannot know, and tells an update."""
    return "" if resource.type.startswith("Custom::") else resource.physical_id


def _happened(before: Things, after: Things) -> Iterator[tuple[str, set[str]]]:
    """As the plan words it: a replacement is a new one and the end of the old."""
    for address in {*before, *after}:
        match before.get(address), after.get(address):
            case None, _:
                yield address, {"create"}
            case _, None:
                yield address, {"delete"}
            case (old, _), (new, _) if old != new:
                yield address, {"create", "delete"}
            case (_, old), (_, new) if old != new:
                yield address, {"update"}


@pytest.fixture
def lake(embedded: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Lake:
    return Lake(tmp_path / "lake", embedded, capsys)


def test_what_an_output_changes_elsewhere_is_what_the_plan_said(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    """One story, since the first deployment takes most of the time."""
    organizations = client("organizations", lake.management, REGION)
    unit = _unit(organizations, "Guests")
    lake.edit("shares/shipments-to-sales.yaml", "Lake/Silos/Commercial", GUESTS)
    lake.siloctl("apply", "--yes", *WAIT)

    # Another unit gets the name; its id comes to the stacks by the root's parameters.
    organizations.update_organizational_unit(OrganizationalUnitId=unit, Name="Former")
    organizations.update_organizational_unit(OrganizationalUnitId=_unit(organizations, "New"), Name="Guests")
    told = lake.plan()
    for address in ("storage/Key", "storage/ProcessedPolicy", "sharing/CatalogPolicy"):
        assert told.actions[f"silo/logistics/{address}"] == {"update"}
    assert (told.blocked, lake.apply(told)) == ((), told.actions)

    # What cannot be changed in place of a job's encryption is its name, so that another one has another.
    _edit_storage(monkeypatch, "lake-${Key}", "lake-jobs-${Key}")
    told = lake.plan()
    assert told.actions["silo/finance/storage/JobSecurity"] == ANEW
    assert told.actions["silo/finance/flow/general-ledger/Job"] == {"update"}
    job = told.changes["silo/finance/flow/general-ledger/Job"]
    assert job["reason"] == "it reads silo/finance/storage/JobSecurity, made anew"
    assert job["after"] == {"SecurityConfiguration": {"knownAfterApply": "silo/finance/storage/JobSecurity.Ref"}}
    assert (told.blocked, lake.apply(told)) == ((), told.actions)

    # Buckets are called by the organization: what is fixed to one in another stack is made anew, and what reads that.
    lake.edit("organization.yaml", "name: acme\n", "name: apex\n")
    told = lake.plan()
    assert "destroy=silo/logistics/storage/DropzoneBucket" in told.blocked
    for address in ("storage/DropzoneBucket", "flow/plant-reports/Landing", "flow/plant-reports/Synchronisation"):
        assert told.actions[f"silo/logistics/{address}"] == ANEW
    assert told.changes["silo/logistics/flow/plant-reports/Landing"]["replace_paths"] == ["S3BucketArn"]
    assert lake.apply(told) == told.actions

    # A flow's key is fixed, and with the flow its place in the source's queue would go: a guard holds it.
    _edit_storage(monkeypatch, "Value: !GetAtt Key.Arn", "Value: !GetAtt OtherKey.Arn")
    assert lake.plan().blocked == ("destroy=silo/finance/flow/general-ledger/Pull",)


def _unit(organizations: Any, called: str) -> str:
    above = organizations.list_roots()["Roots"][0]["Id"]
    for name in GUESTS.split("/")[:-1]:
        units = organizations.list_organizational_units_for_parent(ParentId=above)["OrganizationalUnits"]
        above = next(one["Id"] for one in units if one["Name"] == name)
    return str(organizations.create_organizational_unit(ParentId=above, Name=called)["OrganizationalUnit"]["Id"])


def _edit_storage(monkeypatch: pytest.MonkeyPatch, old: str, new: str) -> None:
    catalogue = Catalogue.read()
    path = "storage/template.yaml.j2"
    text = catalogue.files[path].decode()
    assert text.count(old) == 1
    edited = replace(catalogue, files={**catalogue.files, path: text.replace(old, new).encode()})
    monkeypatch.setattr(Catalogue, "read", classmethod(lambda _: edited))
