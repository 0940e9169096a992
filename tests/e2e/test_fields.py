"""Each field of flows of every type, of a silo and of a partner, edited in turn: what the plan said of each resource,
in place, made anew or nothing, is what the embedded AWS then did.

A round edits one field of each manifest, so that the fields of all of them take as long as those of the longest.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from controller.cli import run
from controller.cli.exit import Exit
from controller.engine.validate import examine, load_lake
from controller.load.places import blueprints
from controller.load.schema import valid
from controller.local.clients import client
from controller.render.intrinsic import TemplateLoader
from tests.changes import Fields, Manifest, Where, changed, leaves, leaves_of_source, places, put
from tests.deployed import Deployed

pytestmark = pytest.mark.emulator

PLAIN = Path(__file__).parents[1] / "lakes" / "plain"
SALES, REGION = "200000000001", "eu-west-1"
WAIT = ("--wait", "--timeout", "300s")
TODAY = datetime.now(UTC).date()
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIH0BvPSrxLcYVkXJcT6SgHgFzJzQ1xXJr8oQ3Vt5r0rD"

# What is added to the plain lake's manifests, so that each has all the fields that can stand beside one another.
MORE: Mapping[str, Fields] = {
    "sales": {
        "spec.storage": {
            "dropzone": {"archiveAfterDays": 7, "expireAfterDays": 14},
            "raw": {"archiveAfterDays": 90, "expireAfterDays": 730},
            "processed": {"archiveAfterDays": 365, "expireAfterDays": 900},
        },
        "spec.sftp": {"enabled": True, "endpoint": "vpc", "allowedCidrs": ["203.0.113.0/24"]},
        "spec.webapp": {
            "enabled": True,
            "domain": "upload.sales.acme.example",
            "certificate": f"arn:aws:acm:us-east-1:{SALES}:certificate/0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0",
            "signIn": {"type": "cognito", "admins": ["lake-admin@sales.acme.example"]},
        },
    },
    "orders": {"spec.transform.workerType": "G.1X", "spec.contract.compatibility": "none"},
    "plant-reports": {"spec.source.format": {"type": "csv", "header": True, "delimiter": ";"}},
    "shipments": {"spec.source.format": {"type": "csv", "header": True, "delimiter": ";"}},
    "supplier-prices": {"spec.source.format": {"type": "csv", "header": True, "delimiter": ";"}},
}
PARTNER: Manifest = {
    "apiVersion": "lake/v1",
    "kind": "Partner",
    "metadata": {"name": "fastfreight"},
    "spec": {
        "contact": "integration@fastfreight.example",
        "access": [
            {
                "silo": "sales",
                "dropzone": "inbound/fastfreight",
                "protocols": ["api", "sftp"],
                "permissions": ["list", "upload"],
            }
        ],
        "credentials": {"expires": (TODAY + timedelta(days=300)).isoformat(), "rotateEveryDays": 60},
        "sourceCidrs": ["203.0.113.0/24"],
        "limits": {"maxObjectMiB": 2048},
        "sshPublicKeys": [KEY],
        "revoked": False,
    },
}
# Fields that cannot change alone, or have other tests: a silo's place, its end, what reads from elsewhere.
WITH: Mapping[tuple[str, str], Fields] = {
    ("machine-readings", "spec.source.engine"): {
        "spec.source.engine": "mysql",
        "spec.source.url": "jdbc:mysql://mes.plant.acme.example:3306/mes",
    },
    **{
        (flow, "spec.source.format.type"): {"spec.source.format": {"type": "json"}}
        for flow in ("plant-reports", "shipments", "supplier-prices")
    },
}
PARTS = {
    "Silo": ("spec.storage", "spec.owners", "spec.sftp", "spec.webapp"),
    "Partner": ("spec",),
    "Flow": ("spec.source",),
}
UNFIT = {
    "orders.spec.contract.partitionBy.column",
    "general-ledger.spec.source.incremental.column",
}  # one column has a time
# Fields of which the plan tells nothing in the manifest's own stacks: the one judges later changes, and of the other
# what fits first is another order.
SILENT = {"orders.spec.contract.compatibility", "fastfreight.spec.access.[].permissions"}
WHOLE = "orders"  # the flow whose other fields are changed too: what happens then is the same for every type
LAST = (
    "spec.sftp.enabled",
    "spec.webapp.enabled",
    "spec.revoked",
    "spec.source.format.type",
)  # they take other fields away


class Lake:
    """The folder, by the names of its manifests."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.manifests: dict[str, Manifest] = {"fastfreight": PARTNER}
        shutil.copytree(PLAIN / "transforms", folder / "transforms")
        (folder / "transforms" / "other.py").write_text("# other\n" + (PLAIN / "transforms" / "orders.py").read_text())
        for path in (PLAIN / "organization.yaml", PLAIN / "silos" / "sales.yaml", *(PLAIN / "flows").glob("*.yaml")):
            one = yaml.load(path.read_text(encoding="utf-8"), TemplateLoader)
            if one["kind"] == "Flow":
                one = json.loads(json.dumps(one).replace("eu-central-1", REGION))
                one["spec"]["silo"] = "sales"
            self.manifests[one["metadata"]["name"]] = put(one, MORE.get(one["metadata"]["name"], {}))
        self.write(self.manifests)

    def write(self, manifests: Mapping[str, Manifest]) -> None:
        text = yaml.dump_all(manifests.values(), Dumper=yaml.CSafeDumper, sort_keys=False)
        (self.folder / "lake.yaml").write_text(text, encoding="utf-8")

    def fits(self, name: str, manifest: Manifest) -> bool:
        """Whether the lake is valid with this instead; the folder is left as it was."""
        self.write({**self.manifests, name: manifest})
        found = examine(self.folder, blueprints(), TODAY).lake
        self.write(self.manifests)
        return found is not None

    def edit(self, name: str, where: Where, about: Any) -> bool:
        """One field of one manifest; False where nothing else fits it."""
        manifest = self.manifests[name]
        field = ".".join(where)
        if (name, field) in WITH:
            choices: Iterator[Manifest] = iter((put(manifest, WITH[name, field]),))
        else:
            columns = [one["name"] for one in manifest["spec"].get("contract", {}).get("columns", ())]
            known = (*columns, "transforms/other.py", "cron(0 4 * * ? *)", "inbound/other")
            choices = changed(manifest, where, about, known, lambda one: valid(one["kind"], one), 12)
        made = next((one for one in choices if self.fits(name, one)), None)
        if made is None:
            return False
        self.manifests[name] = made
        self.write(self.manifests)
        return True

    def fields(self, name: str) -> list[tuple[Where, Any]]:
        """Those that the manifest has."""
        manifest = self.manifests[name]
        kind = manifest["kind"]
        found = leaves_of_source(manifest["spec"]["source"]["type"]) if kind == "Flow" else {}
        found |= leaves(kind)
        wanted = ("spec.",) if name == WHOLE else PARTS[kind]
        have = [
            (where, about)
            for where, about in found.items()
            if (
                ".".join(where).startswith(wanted)
                and any(places(manifest, where))
                and where[-1] not in ("silo", "type")
            )
            or (name, ".".join(where)) in WITH
        ]
        return sorted(have, key=lambda one: ".".join(one[0]) in LAST)


@pytest.fixture
def lake(embedded: Any, tmp_path: Path) -> Lake:
    made = Lake(tmp_path)
    loaded, _ = load_lake(tmp_path, blueprints(), TODAY)
    embedded.reset(loaded)
    return made


@pytest.fixture
def siloctl(lake: Lake, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    def called(*words: str) -> str:
        capsys.readouterr()
        status = run(["--manifests", str(lake.folder), *words])
        out, err = capsys.readouterr()
        assert status in (Exit.OK, Exit.BLOCKED) if words[0] == "plan" else status == Exit.OK, f"{words}: {out}\n{err}"
        return out

    return called


def test_each_field_does_to_each_resource_what_the_plan_said(lake: Lake, siloctl: Callable[..., str]) -> None:
    siloctl("apply", "--yes", *WAIT)
    deployed = Deployed(("sales",))
    deployed.wanted(load_lake(lake.folder, blueprints(), TODAY)[0])
    deployed.happened()
    secrets = client("secretsmanager", SALES, REGION)
    waiting = {name: lake.fields(name) for name in lake.manifests if lake.manifests[name]["kind"] != "Organization"}
    silent: set[str] = set()
    unfit: set[str] = set()
    while any(waiting.values()):
        edited = {}
        for name, fields in waiting.items():
            if fields:
                where, about = fields.pop(0)
                field = f"{name}.{'.'.join(where)}"
                if lake.edit(name, where, about):
                    edited[name] = field
                else:
                    unfit.add(field)
        for manifest in lake.manifests.values():
            secret = manifest["spec"].get("source", {}).get("credentialsSecret") if manifest["kind"] == "Flow" else None
            if secret and secret not in {one["Name"] for one in secrets.list_secrets()["SecretList"]}:
                secrets.create_secret(Name=secret, SecretString='{"username":"embedded","password":"embedded"}')
        document = json.loads(siloctl("plan", "--format", "json"))
        said = deployed.said(document)
        silent |= {field for name, field in edited.items() if not touched(lake, name, said)}
        allowed = [word for one in document["guards"] if one["blocks"] for word in ("--allow", one["allow"])]
        siloctl("apply", "--yes", *allowed, *WAIT)
        assert deployed.happened() == said, edited
    assert (unfit, silent) == (UNFIT, SILENT)
    assert siloctl("plan").startswith("No changes.")


def touched(lake: Lake, name: str, said: Mapping[str, set[str]]) -> bool:
    """Whether anything of the manifest's own stacks changes."""
    own = {"Flow": (f"flow/{name}/",), "Silo": ("storage/", "sftp/", "webapp/"), "Partner": ("partners/", "sftp/")}
    places = tuple(f"silo/sales/{place}" for place in own[lake.manifests[name]["kind"]])
    return any(address.startswith(places) for address in said)
