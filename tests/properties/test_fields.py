"""No field of a manifest is without effect: each is changed in a lake that has it, and something rendered changes.

The fields of each flow type's source are in `test_flow_fields.py`.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from datetime import date
from functools import cache, partial
from pathlib import Path
from typing import Any

import pytest
import yaml

from controller.engine.validate import examine
from controller.kinds import KINDS
from controller.load.schema import valid
from controller.render.accounts import render_baseline, render_master
from controller.render.blueprint import Catalogue
from controller.render.intrinsic import TemplateLoader
from controller.render.silo import inputs, needed, render_silo
from controller.resolve.lake import Lake
from tests.changes import Fields, Manifest, Where, changed, leaves, places, put

ROOT = Path(__file__).parents[2]
ACME = ROOT / "tests" / "lakes" / "acme"
CATALOGUE = Catalogue.read()
TODAY = date(2026, 11, 1)
TRIES = 12  # changes of one place in one manifest
MEANT = 4  # changes that leave the lake valid and change nothing: then there is no effect
ALSO = ("transforms/other.py", "cron(0 4 * * ? *)", "12h", "Lake/Analytics/Two", "inbound/other")

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIH0BvPSrxLcYVkXJcT6SgHgFzJzQ1xXJr8oQ3Vt5r0rD"
PLAN = "tests/unit/engine/test_plan.py"
ROLLOUT, WAVES = "tests/unit/engine/test_rollout.py", "tests/unit/resolve/test_waves.py"
TAKEN = "test_labels_then_a_share_of_those_left_then_the_rest_with_the_consumers"
ORGANIZATION = "tests/unit/aws/test_organization.py"
SHARED = "tests/e2e/test_shared_fields.py"
GIVES = "test_each_field_does_what_the_plan_said_and_gives_to_whom_the_shares_say"
FIRST = "test_a_first_plan_creates_units_accounts_masters_baseline_and_every_resource_in_that_order"
UUID = "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0"
NETWORK = {"vpc": "vpc-0f1e2d3c4b5a69788", "subnets": ["subnet-0f1e2d3c4b5a69788"]}
# What acme leaves out, by kind and name: fields in dots, and their values.
MORE: dict[tuple[str, str], Fields] = {
    ("Organization", "acme"): {
        "spec.tool.sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "spec.source": {
            "type": "codeconnections",
            "repository": "acme/lake",
            "branch": "main",
            "connection": f"arn:aws:codeconnections:eu-west-1:100000000001:connection/{UUID}",
        },
    },
    ("Consumer", "group-analytics"): {"spec.dashboards.refresh": "on-view"},
    ("Share", "complaints-to-analytics"): {"spec.to": {"accounts": ["300000000001", "200000000002"]}},
    ("Silo", "sales"): {
        "spec.storage.dropzone.archiveAfterDays": 7,
        "spec.storage.processed": {
            "archiveAfterDays": 365,
            "expireAfterDays": 900,
            "objectLock": {"mode": "governance", "days": 30},
        },
        "spec.sftp": {
            "enabled": True,
            "endpoint": "vpc",
            "allowedCidrs": ["203.0.113.0/24"],
            "network": {**NETWORK, "addresses": ["eipalloc-0f1e2d3c4b5a69788"]},
        },
        "spec.warehouse.maxCapacity": 64,
        "spec.warehouse.network": {
            "subnets": ["subnet-0f1e2d3c4b5a69788", "subnet-0a1b2c3d4e5f60718", "subnet-0123456789abcdef0"],
            "securityGroups": ["sg-0f1e2d3c4b5a69788"],
        },
        "spec.webapp.certificate": f"arn:aws:acm:us-east-1:200000000001:certificate/{UUID}",
        "spec.lifecycle": "active",
        "spec.release": {"allowDestroy": ["storage/RawBucket"]},
    },
    ("Partner", "fastfreight"): {
        "spec.credentials.issued": "2026-09-20",
        "spec.revoked": False,
        "spec.sshPublicKeys": [KEY],
    },
    ("Flow", "orders"): {"spec.transform.workerType": "G.1X"},
    ("Flow", "machine-readings"): {
        "spec.contract.columns": [
            {"name": "reading_id", "type": "bigint", "required": True},
            {"name": "read_at", "type": "timestamp"},
            {"name": "stored_at", "type": "timestamp"},
        ],
    },
}
# What nothing refers to, so that it can be anywhere.
BOARD: Manifest = {
    "apiVersion": "lake/v1",
    "kind": "Consumer",
    "metadata": {"name": "board"},
    "spec": {
        "account": "300000000008",
        "organizationalUnit": "Lake/Analytics",
        "region": "eu-west-1",
        "owners": ["board@acme.example"],
    },
}
ARCHIVE: Manifest = {
    "apiVersion": "lake/v1",
    "kind": "Silo",
    "metadata": {"name": "archive"},
    "spec": {
        "account": "200000000009",
        "organizationalUnit": "Lake/Silos",
        "region": "eu-west-1",
        "owners": ["archive@acme.example"],
    },
}
# Changes that one field alone cannot make: what else changes with it, in the manifest that is named.
TOGETHER: dict[str, tuple[str, Fields]] = {
    "Organization.spec.source.type": (
        "acme",
        {"spec.source": {"type": "codecommit", "repository": "acme/lake", "branch": "main"}},
    ),
    "Flow.spec.source.type": (
        "supplier-prices",
        {"spec.source": {"type": "dropzone", "prefix": "prices", "format": {"type": "parquet"}}},
    ),
    "Flow.spec.targets.[].type": ("orders", {"spec.targets": [{"type": "quicksight", "dataset": "Orders"}]}),
    "Partner.spec.access.[].silo": (
        "marketpulse",
        {"spec.access": [{"silo": "finance", "dropzone": "in", "protocols": ["api"], "permissions": ["upload"]}]},
    ),
    "Share.spec.columns.exclude": ("complaints-to-analytics", {"spec.columns.exclude": ["text", "customer_id"]}),
    "Share.spec.from.silo": (
        "shipments-to-sales",
        {"spec.from": {"silo": "finance", "tables": ["general-ledger"]}},
    ),
}
# Fields that change nothing that is rendered, and the test that shows what they do.
ELSEWHERE: dict[str, str] = {
    "Organization.spec.siloUnits": "tests/e2e/test_lake_fields.py::test_each_field_does_what_the_plan_said",
    "Organization.spec.consumerUnits": "tests/e2e/test_lake_fields.py::test_each_field_does_what_the_plan_said",
    "Organization.spec.guards.maxSilosChanged": "tests/unit/plan/test_guard.py::test_more_silos_than_allowed_block",
    "Organization.spec.guards.protectData": "tests/unit/plan/test_guard.py::test_an_organization_may_make_it_a_warning",
    "Organization.spec.enrolment.unmatchedAccounts": (
        "tests/unit/engine/test_unmatched.py::test_an_account_without_a_manifest_gets_a_silo_and_the_plan_says_which"
    ),
    "Organization.spec.rollout.waves.[].name": (
        f"{ROLLOUT}::test_leave_for_a_wave_lets_it_begin_without_those_before_it"
    ),
    "Organization.spec.rollout.waves.[].silos.matchLabels.{}": f"{WAVES}::{TAKEN}",
    "Organization.spec.rollout.waves.[].percent": f"{WAVES}::{TAKEN}",
    "Organization.spec.rollout.bake": (
        f"{ROLLOUT}::test_each_wave_begins_when_the_one_before_was_healthy_for_the_bake"
    ),
    "Organization.spec.rollout.onFailure": f"{ROLLOUT}::test_the_wave_gets_what_it_ran_before",
    "Silo.metadata.labels.{}": f"{WAVES}::{TAKEN}",
    "Consumer.spec.account": f"{SHARED}::test_another_name_region_or_account_makes_another_consumer",
    "Consumer.spec.organizationalUnit": f"{SHARED}::{GIVES}",
    "Silo.spec.account": f"{PLAN}::test_a_silo_that_moved_to_another_account_says_what_is_left_behind",
    "Silo.spec.account.create.name": f"{PLAN}::{FIRST}",
    "Silo.spec.account.create.email": f"{ORGANIZATION}::test_a_creation_of_our_address_is_waited_for",
    "Silo.spec.release.allowDestroy": "tests/unit/plan/test_guard.py::test_leave_for_its_address_lifts_it",
    "Flow.spec.contract.compatibility": (
        "tests/unit/diff/test_contract.py::test_a_change_of_columns_is_judged_by_the_compatibility"
    ),
    "Share.metadata.name": f"{SHARED}::{GIVES}",
    "Share.spec.expires": f"{SHARED}::{GIVES}",
}


def documents() -> list[Manifest]:
    paths = sorted(ACME.rglob("*.yaml"))
    return [one for path in paths for one in yaml.load_all(path.read_text(encoding="utf-8"), Loader=TemplateLoader)]


def with_more(manifest: Manifest) -> Manifest:
    return put(manifest, MORE.get((manifest["kind"], manifest["metadata"]["name"]), {}))


@cache
def lakes() -> tuple[tuple[Manifest, ...], ...]:
    """Acme as it is, and with all that it leaves out."""
    found = documents()
    return tuple(found), (*map(with_more, found), ARCHIVE, BOARD)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("lake")
    (place / "transforms").mkdir()
    for name in ("orders.py", "other.py"):
        (place / "transforms" / name).write_text(f"# {name}\n{(ACME / 'transforms' / 'orders.py').read_text()}")
    return place


def lake_of(manifests: tuple[Manifest, ...], folder: Path) -> Lake | None:
    """None where the lake is not valid."""
    text = yaml.dump_all(manifests, Dumper=yaml.CSafeDumper, sort_keys=False)
    (folder / "lake.yaml").write_text(text, encoding="utf-8")
    return examine(folder, CATALOGUE.available, TODAY).lake


def of_members(lake: Lake, member: str) -> Any:
    rendered = render_silo(lake, member, CATALOGUE)
    bodies = [(template.address, template.body) for template in (rendered.root, *rendered.nested)]
    return bodies, [script.key for script in rendered.scripts], rendered.tags, needed(lake, member, CATALOGUE)


def of_accounts(lake: Lake) -> Any:
    organization = lake.organization
    masters = {region: render_master(organization, region, CATALOGUE).body for region in organization.regions}
    return masters, render_baseline(organization, CATALOGUE).body


def differ(before: Lake, after: Lake) -> bool:
    """Whether anything differs of what would be published for the two; equal inputs mean equal bundles."""
    if before.members != after.members or of_accounts(before) != of_accounts(after):
        return True
    other = (one for one in before.members if inputs(before, one, CATALOGUE) != inputs(after, one, CATALOGUE))
    return any(of_members(before, member) != of_members(after, member) for member in other)


def known(manifests: tuple[Manifest, ...], manifest: Manifest, where: Where) -> tuple[str, ...]:
    """Text that could mean something there: what others say there, and what this one and the lake say at all."""
    beside = [holder[key] for one in manifests for holder, key in places(one, where) if one["kind"] == manifest["kind"]]
    organization = next(one for one in manifests if one["kind"] == "Organization")["spec"]
    units = [one["spec"]["organizationalUnit"] for one in manifests if "organizationalUnit" in one["spec"]]
    columns = [column["name"] for column in manifest["spec"].get("contract", {}).get("columns", ())]
    own = [*columns, *ALSO, *organization["regions"], *units, *(one["metadata"]["name"] for one in manifests)]
    return tuple(dict.fromkeys(one for one in (*beside, *own) if isinstance(one, str)))


def renamed(value: Any, old: str, new: str) -> Any:
    """The name, wherever it stands as such."""
    match value:
        case dict():
            return {key: renamed(child, old, new) for key, child in value.items()}
        case list():
            return [renamed(child, old, new) for child in value]
    return new if value == old else value


def alternatives(kind: str, where: Where, about: Any) -> Iterator[tuple[tuple[Manifest, ...], tuple[Manifest, ...]]]:
    """Lakes before and after a change of the field; some of those after are not valid."""
    named, fields = TOGETHER.get(field_of(kind, where), ("", {}))
    for before in reversed(lakes()):
        for number, manifest in enumerate(before):
            if manifest["kind"] != kind or not any(places(manifest, where)):
                continue
            name = manifest["metadata"]["name"]
            if where == ("metadata", "name"):
                yield before, tuple(renamed(one, name, f"{name}-two") for one in before)
            elif fields:
                yield from [(before, (*before[:number], put(manifest, fields), *before[number + 1 :]))] * (
                    name == named
                )
            else:
                fits = partial(valid, kind)
                for made in changed(manifest, where, about, known(before, manifest, where), fits, TRIES):
                    yield before, (*before[:number], made, *before[number + 1 :])


def field_of(kind: str, where: Where) -> str:
    return f"{kind}.{'.'.join(where)}"


def effects(kind: str, where: Where, about: Any, folder: Path) -> Iterator[bool]:
    """For each change that leaves the lake valid, whether something rendered changed."""
    bases: dict[int, Lake] = {}
    for before, after in alternatives(kind, where, about):
        lake = lake_of(after, folder)
        if lake is not None:
            if id(before) not in bases:
                base = lake_of(before, folder)
                assert base is not None
                bases[id(before)] = base
            yield differ(bases[id(before)], lake)


FIELDS = [
    pytest.param(kind, where, about, id=f"{kind}-{'.'.join(where)}")
    for kind in KINDS
    for where, about in leaves(kind).items()
]


@pytest.mark.parametrize(("kind", "where", "about"), FIELDS)
def test_a_changed_field_changes_what_is_rendered(kind: str, where: Where, about: Any, folder: Path) -> None:
    field = field_of(kind, where)
    found = list(itertools.islice(until_true(effects(kind, where, about, folder)), MEANT))
    assert found, "no manifest has the field, or nothing else fits it: add it to MORE"
    assert any(found) == (field not in ELSEWHERE)


def until_true(values: Iterator[bool]) -> Iterator[bool]:
    for value in values:
        yield value
        if value:
            return


@pytest.mark.parametrize("field", ELSEWHERE)
def test_what_has_its_effect_elsewhere_has_a_test_there(field: str) -> None:
    assert field in {field_of(kind, where) for kind in KINDS for where in leaves(kind)}
    path, _, name = ELSEWHERE[field].partition("::")
    assert re.search(rf"^ *def {name}\(", (ROOT / path).read_text(encoding="utf-8"), re.MULTILINE), (path, name)


def test_acme_with_all_it_leaves_out_is_valid(folder: Path) -> None:
    for manifests in lakes():
        assert lake_of(manifests, folder) is not None
