"""Each field of shares and consumers, edited in turn: what the plan said of each resource is what the embedded AWS then
did, and who reads which table is what the shares say; what others wrote into a catalog's policy stays.

A round edits a field of each manifest, so that one story tells all of them.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml

from controller.cli import run
from controller.cli.exit import Exit
from controller.engine.validate import load_lake
from controller.load.places import blueprints
from controller.local.clients import client
from controller.local.organization.tree import organization_path
from controller.local.resources import store
from controller.render.intrinsic import TemplateLoader
from tests.changes import Fields, Manifest, leaves, put
from tests.deployed import Deployed
from tests.e2e.readers import reader, refused

pytestmark = pytest.mark.emulator

PLAIN = Path(__file__).parents[1] / "lakes" / "plain"
TODAY = datetime.now(UTC).date()
WAIT = ("--wait", "--timeout", "300s")
ACCOUNTS = {
    "sales": "200000000001",
    "finance": "200000000003",
    "analytics": "300000000001",
    "board": "300000000002",
    "spare": "300000000003",
}
REGIONS = {name: "eu-central-1" if name == "finance" else "eu-west-1" for name in ACCOUNTS}
TABLES = {"orders": "sales", "returns": "sales", "ledger": "finance", "payments": "finance"}
READERS = ("analytics", "board", "finance")
ANALYTICS, BOARD, DIRECTION = "Lake/Analytics", "Lake/Analytics/Board", "Lake/Analytics/Direction"
FOREIGN = {  # a statement that somebody else wrote into a catalog's policy
    "Sid": "TheirOwn",
    "Effect": "Allow",
    "Principal": {"AWS": "arn:aws:iam::200000000009:root"},
    "Action": "glue:GetDatabase",
    "Resource": "arn:aws:glue:eu-west-1:200000000001:catalog",
}


def consumer(name: str, unit: str) -> Manifest:
    principal = f"arn:aws:quicksight:eu-west-1:{ACCOUNTS[name]}:group/default/all"
    return manifest(
        "Consumer",
        name,
        {
            "account": ACCOUNTS[name],
            "organizationalUnit": unit,
            "region": "eu-west-1",
            "owners": ["bi@acme.example"],
            "queries": {"scanLimitGiB": 200},
            "dashboards": {"type": "quicksight", "principals": [principal]},
        },
    )


def manifest(kind: str, name: str, spec: Fields) -> Manifest:
    return {"apiVersion": "lake/v1", "kind": kind, "metadata": {"name": name}, "spec": spec}


MANIFESTS: tuple[Manifest, ...] = (
    consumer("analytics", ANALYTICS),
    consumer("board", BOARD),
    manifest(
        "Share",
        "by-policy",
        {"from": {"silo": "sales", "tables": ["orders"]}, "to": {"organizationalUnits": [BOARD]}},
    ),
    manifest(
        "Share",
        "by-grant",
        {
            "from": {"silo": "finance", "tables": ["ledger"]},
            "to": {"accounts": [ACCOUNTS["analytics"]]},
            "via": "lakeformation",
            "columns": {"exclude": ["country"]},
        },
    ),
)


@dataclass(frozen=True)
class Round:
    """Edits by manifest, and who reads afterwards: `reads` has a table's files too, `sees` its columns alone."""

    edits: Mapping[str, Fields]
    reads: Mapping[str, str]
    sees: Mapping[str, str]


ROUNDS = (
    Round(
        {
            "by-policy": {"spec.from.tables": ["orders", "returns"]},
            "by-grant": {"spec.columns.exclude": ["country", "items"]},
            "analytics": {"spec.owners": ["bi@acme.example", "head@acme.example"]},
        },
        {"orders": "board", "returns": "board"},
        {"ledger": "analytics"},
    ),
    Round(
        {
            "by-grant": {"spec.to.accounts": [ACCOUNTS["board"]]},
            "board": {"spec.organizationalUnit": DIRECTION},
            "analytics": {"spec.queries.scanLimitGiB": 300},
        },
        {},
        {"ledger": "board"},
    ),
    Round(
        {
            "by-policy": {"spec.to.organizationalUnits": [ANALYTICS]},
            "by-grant": {"spec.to.organizationalUnits": [ANALYTICS]},
            "analytics": {"spec.dashboards.principals": ["arn:aws:quicksight:eu-west-1:300000000001:group/default/bi"]},
        },
        {"orders": "analytics board", "returns": "analytics board"},
        {"ledger": "analytics board"},
    ),
    Round(
        {
            "by-policy": {"spec.to.accounts": [ACCOUNTS["finance"]]},
            "by-grant": {"spec.from.tables": ["ledger", "payments"]},
            "analytics": {"spec.dashboards.refresh": "daily"},
        },
        {"orders": "analytics board finance", "returns": "analytics board finance"},
        {"ledger": "analytics board", "payments": "analytics board"},
    ),
    Round(
        {
            "by-policy": {"metadata.name": "by-bucket-policy"},
            "by-grant": {"spec.via": "policy", "spec.columns": {}},
        },
        {
            "orders": "analytics board finance",
            "returns": "analytics board finance",
            "ledger": "analytics board",
            "payments": "analytics board",
        },
        {},
    ),
    Round(
        {
            "by-policy": {"spec.via": "lakeformation", "spec.to": {"organizationalUnits": [ANALYTICS]}},
            "by-grant": {"spec.from.silo": "sales", "spec.from.tables": ["returns"]},
        },
        {"returns": "analytics board"},
        {"orders": "analytics board"},
    ),
    Round(
        {
            "by-policy": {"spec.expires": (TODAY - timedelta(days=1)).isoformat()},
            "by-grant": {"spec.expires": TODAY.isoformat()},
        },
        {"returns": "analytics board"},
        {},
    ),
    Round({"by-grant": {"spec.expires": (TODAY - timedelta(days=1)).isoformat()}}, {}, {}),
)
# What makes a consumer another one, which the last test here is about.
OTHER = ("metadata.name", "spec.account", "spec.region")


class Lake:
    """A folder of two silos with two flows each, two consumers and two shares; manifests by their first names."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.manifests = {one["metadata"]["name"]: one for one in (*self._plain(), *MANIFESTS)}
        shutil.copytree(PLAIN / "transforms", folder / "transforms")
        self.write()

    @staticmethod
    def _plain() -> Iterator[Manifest]:
        for path in ("organization.yaml", "silos/sales.yaml", "silos/finance.yaml"):
            one = yaml.load((PLAIN / path).read_text(encoding="utf-8"), TemplateLoader)
            yield put(one, {"spec.rollout": {}} if one["kind"] == "Organization" else {})
        orders = yaml.load((PLAIN / "flows" / "orders.yaml").read_text(encoding="utf-8"), TemplateLoader)
        yield from (put(orders, {"metadata.name": flow, "spec.silo": silo}) for flow, silo in TABLES.items())

    def write(self) -> None:
        text = yaml.dump_all(self.manifests.values(), Dumper=yaml.CSafeDumper, sort_keys=False)
        (self.folder / "lake.yaml").write_text(text, encoding="utf-8")

    def edit(self, edits: Mapping[str, Fields]) -> None:
        for name, fields in edits.items():
            self.manifests[name] = put(self.manifests[name], fields)
        self.write()

    def read(self) -> Any:
        return load_lake(self.folder, blueprints(), TODAY)[0]


@pytest.fixture
def lake(embedded: Any, tmp_path: Path) -> Lake:
    """Deployed nowhere yet."""
    made = Lake(tmp_path)
    embedded.reset(made.read())
    return made


@pytest.fixture
def siloctl(lake: Lake, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    def called(*words: str, exits: Exit = Exit.OK) -> str:
        capsys.readouterr()
        status = run(["--manifests", str(lake.folder), *words])
        out, err = capsys.readouterr()
        assert status == exits, f"{words}: {out}\n{err}"
        return out

    return called


def bucket(silo: str) -> str:
    return f"acme-{silo}-processed-{ACCOUNTS[silo]}"


def readings() -> tuple[dict[str, str], dict[str, str]]:
    """By table, who reads it with its files, and who has its columns alone."""
    reads: dict[str, list[str]] = {}
    sees: dict[str, list[str]] = {}
    for table, silo in TABLES.items():
        for who in (one for one in READERS if one != silo):
            glue, s3 = (reader(ACCOUNTS[who], service, REGIONS[silo]) for service in ("glue", "s3"))
            of_table = {"CatalogId": ACCOUNTS[silo], "DatabaseName": silo, "Name": table}
            told = not refused(partial(glue.get_table, **of_table))
            given = not refused(partial(s3.get_object, Bucket=bucket(silo), Key=f"{table}/part.parquet"))
            assert told or not given, f"{who} has the files of {table} and not its columns"
            if told:
                (reads if given else sees).setdefault(table, []).append(who)
    return {table: " ".join(who) for table, who in reads.items()}, {table: " ".join(who) for table, who in sees.items()}


def links(consumer: str) -> set[str]:
    """Tables that the consumer's own catalog has, whoever gave them."""
    glue = client("glue", ACCOUNTS[consumer], REGIONS[consumer])
    databases = [one["Name"] for one in glue.get_databases()["DatabaseList"]]
    return {one["Name"] for name in databases for one in glue.get_tables(DatabaseName=name)["TableList"]}


def shown(consumer: str) -> dict[str, set[str]]:
    """The columns of each data set that its dashboards have, by the table's name."""
    sets = store.listed(ACCOUNTS[consumer], REGIONS[consumer], "AWS::QuickSight::DataSet").values()
    tables = [one.properties["PhysicalTableMap"]["shared"]["RelationalTable"] for one in sets]
    return {one["Name"]: {column["Name"] for column in one["InputColumns"]} for one in tables}


def hides(silo: str) -> list[list[str]]:
    """What columns each grant of the silo leaves out."""
    grants = store.listed(ACCOUNTS[silo], REGIONS[silo], "AWS::LakeFormation::PrincipalPermissions").values()
    return [one.properties["Resource"]["TableWithColumns"]["ColumnWildcard"]["ExcludedColumnNames"] for one in grants]


def foreign(silo: str) -> bool:
    policy = client("glue", ACCOUNTS[silo], REGIONS[silo]).get_resource_policy()["PolicyInJson"]
    return FOREIGN in json.loads(policy)["Statement"]


def test_each_field_does_what_the_plan_said_and_gives_to_whom_the_shares_say(
    lake: Lake, siloctl: Callable[..., str]
) -> None:
    siloctl("apply", "--yes", *WAIT)
    for table, silo in TABLES.items():
        stored = client("s3", ACCOUNTS[silo], REGIONS[silo])
        stored.put_object(Bucket=bucket(silo), Key=f"{table}/part.parquet", Body=b"PAR1")
    for silo in ("sales", "finance"):
        glue = client("glue", ACCOUNTS[silo], REGIONS[silo])
        ours = json.loads(glue.get_resource_policy()["PolicyInJson"])
        glue.put_resource_policy(PolicyInJson=json.dumps({**ours, "Statement": [*ours["Statement"], FOREIGN]}))
    assert readings() == ({"orders": "board"}, {"ledger": "analytics"})
    deployed = Deployed(("sales", "finance", "consumer/analytics", "consumer/board"))
    deployed.wanted(lake.read())
    deployed.happened()

    for one in ROUNDS:
        lake.edit(one.edits)
        deployed.wanted(lake.read())
        said = deployed.said(json.loads(siloctl("plan", "--format", "json")))
        siloctl("apply", "--yes", *WAIT)
        assert deployed.happened() == said, one.edits
        assert readings() == (dict(one.reads), dict(one.sees)), one.edits
        given = {**one.reads, **one.sees}
        for who in ("analytics", "board"):
            assert links(who) == shown(who).keys() == {table for table in given if who in given[table]}, one.edits
        hidden = lake.manifests["by-grant"]["spec"]["columns"].get("exclude", [])
        assert all(left_out == hidden for left_out in hides("finance")), one.edits
        assert not any(columns & set(hidden) for who in READERS for columns in [shown(who).get("ledger", set())])
        assert foreign("sales") and foreign("finance"), one.edits
    assert organization_path(ACCOUNTS["board"]) != organization_path(ACCOUNTS["analytics"])
    assert siloctl("plan").startswith("No changes.")
    assert siloctl("drift").startswith("No drift.")


def test_another_name_region_or_account_makes_another_consumer(
    lake: Lake, siloctl: Callable[..., str], embedded: Any
) -> None:
    lake.manifests["spare"] = consumer("spare", ANALYTICS)
    lake.write()
    embedded.reset(lake.read())  # has the account that is moved to
    for name in ("spare", "analytics", "by-grant", "finance", "ledger", "payments", "returns"):
        del lake.manifests[name]
    lake.write()
    siloctl("apply", "--yes", *WAIT)
    assert links("board") == {"orders"}

    lake.edit({"board": {"spec.region": "eu-central-1"}})
    blocked = json.loads(siloctl("plan", "--format", "json", exits=Exit.BLOCKED))["changes"]
    assert [(one["address"], one["actions"]) for one in blocked] == [("consumer/board/bundle", ["blocked"])]
    assert "write a Consumer of another account" in blocked[0]["reason"]
    lake.edit({"board": {"spec.region": "eu-west-1"}})

    lake.edit({"board": {"metadata.name": "directors"}})
    deployed = Deployed(("consumer/directors",))
    deployed.wanted(lake.read())
    deployed.happened()
    plan = json.loads(siloctl("plan", "--format", "json", exits=Exit.BLOCKED))
    (results,) = (guard["allow"] for guard in plan["guards"] if guard["blocks"])
    assert results == "destroy=consumer/directors/queries/ResultsBucket"
    siloctl("apply", "--yes", "--allow", results, *WAIT)
    tagged = {"consumer/directors/catalogs/CatalogSales": {"update"}}  # by its stack's tags, told as the bundle's
    assert any(one["address"] == "consumer/directors/bundle/(tags)" for one in plan["changes"])
    assert deployed.happened() == deployed.said(plan) | tagged
    s3 = client("s3", ACCOUNTS["board"], "eu-west-1")
    assert {f"acme-{name}-results-{ACCOUNTS['board']}" for name in ("board", "directors")} <= {
        one["Name"] for one in s3.list_buckets()["Buckets"]
    }

    shown_there = consumer("spare", BOARD)["spec"]["dashboards"]  # to people of that account
    lake.edit({"board": {"spec.account": ACCOUNTS["spare"], "spec.dashboards": shown_there}})
    said = json.loads(siloctl("plan", "--format", "json"))
    assert any(ACCOUNTS["board"] in note and "stays there" in note for note in said["notes"])
    siloctl("apply", "--yes", *WAIT)
    made = Deployed(("consumer/directors",))
    made.wanted(lake.read())
    assert made.happened() == made.said(said)
    assert links("spare") == {"orders"} == links("board"), "what the account before holds stays with it"
    assert siloctl("plan").startswith("No changes.")


@pytest.mark.parametrize("kind", ["Share", "Consumer"])
def test_no_field_is_left_out(kind: str) -> None:
    named = {one["metadata"]["name"] for one in MANIFESTS if one["kind"] == kind}
    edited = {field for one in ROUNDS for name in named & one.edits.keys() for field in one.edits[name]}
    other = OTHER if kind == "Consumer" else ()
    assert {".".join(where) for where in leaves(kind)} - {*edited, *other} == set()
