"""A silo of 60 flows, 150 partners and shares is within every limit, and one step beyond each is told at its line."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest

from controller.engine.validate import load_lake
from controller.model.bundle import Rendered
from controller.model.errors import ManifestsInvalid
from controller.model.problem import Problem
from controller.render.blueprint import Catalogue
from controller.render.limits import DYNAMIC, OPERATION, OUTPUTS, PARAMETERS, REFERENCES, RESOURCES, SHARE, SIZES
from controller.render.limits import TEMPLATE_BYTES as BYTES
from controller.render.partners import shard
from controller.render.silo import render_silo
from controller.render.size import Ruler

MANIFESTS = Path(__file__).parents[2] / "lakes" / "plain"
TODAY = date(2026, 11, 22)
TYPES = sorted(path.stem for path in (MANIFESTS / "flows").iterdir())
UNITS = ("Lake/Analytics", "Lake/Silos/Finance", "Lake/Silos/Operations")
COMPONENTS = """\
  sftp: {enabled: true, endpoint: public}
  warehouse: {type: redshift-serverless, baseCapacity: 8}
  dashboards: {type: quicksight, principals: ["arn:aws:quicksight:eu-west-1:200000000001:group/default/analysts"]}
"""
PARTNER = """\
apiVersion: lake/v1
kind: Partner
metadata:
  name: {name}
spec:
  contact: data@{name}.example
  access:
    - silo: sales
      dropzone: {prefix}
      protocols: [sftp, web, api]
      permissions: [upload, list, download, delete]
  credentials: {{expires: 2027-06-30, rotateEveryDays: 60}}
  sourceCidrs: [{cidrs}]
"""
SHARE_OF = """\
apiVersion: lake/v1
kind: Share
metadata:
  name: {name}
spec:
  from: {{silo: sales, tables: [{tables}]}}
  to: {{organizationalUnits: [{units}]}}
  via: {via}
"""

Write = Callable[[Path], None]


def empty(folder: Path) -> None:
    """The organization and the silo sales, with all that a silo can have."""
    for name in ("silos", "flows", "partners", "shares", "transforms"):
        (folder / name).mkdir()
    for name in ("organization.yaml", "transforms/orders.py"):
        (folder / name).write_bytes((MANIFESTS / name).read_bytes())
    silo = re.split(
        r"^  (?:webapp|sftp|warehouse|dashboards):", (MANIFESTS / "silos/sales.yaml").read_text(), flags=re.M
    )
    (folder / "silos/sales.yaml").write_text(silo[0] + COMPONENTS)


def flow(folder: Path, kind: str, number: int) -> Path:
    """One of the project's own flows under another name, in sales, with every target."""
    text = (MANIFESTS / f"flows/{kind}.yaml").read_text().replace("eu-central-1", "eu-west-1")
    text = re.sub(r"^  silo: .*", "  silo: sales", text, flags=re.M)
    text = re.sub(rf"^  name: {kind}$", f"  name: {kind}-{number:03}", text, flags=re.M)
    text = re.sub(r"^    (partner: |prefix: inbound/).*", f"    partner: partner-{number:03}", text, flags=re.M)
    targets = [
        "{type: processed}",
        f"{{type: redshift, table: sales.t{number}}}",
        f"{{type: quicksight, dataset: D{number}}}",
    ]
    said = "".join(f"    - {one}\n" for one in targets)
    path = folder / f"flows/{kind}-{number:03}.yaml"
    path.write_text(text[: text.index("  targets:")] + "  targets:\n" + said)
    return path


def partner(folder: Path, name: str, prefix: str = "", cidrs: str = "203.0.113.0/24") -> None:
    said = PARTNER.format(name=name, prefix=prefix or f"inbound/{name}", cidrs=cidrs)
    (folder / f"partners/{name}.yaml").write_text(said)


def share(folder: Path, name: str, tables: str, units: str, via: str = "policy") -> None:
    said = SHARE_OF.format(name=name, tables=tables, units=units, via=via)
    (folder / f"shares/{name}.yaml").write_text(said)


def full(folder: Path) -> None:
    for number in range(60):
        flow(folder, TYPES[number % len(TYPES)], number)
    for number in range(150):
        partner(folder, f"partner-{number:03}")
    for number in range(12):
        via = "lakeformation" if TYPES[number % len(TYPES)] == "complaints" else "policy"  # it has a sensitive column
        share(folder, f"share-{number}", f'"{TYPES[number % len(TYPES)]}-*"', UNITS[number % len(UNITS)], via)


def rendered(folder: Path, write: Write, catalogue: Catalogue) -> Rendered:
    empty(folder)
    write(folder)
    lake, _ = load_lake(folder, catalogue.available, TODAY)
    return render_silo(lake, "sales", catalogue)


def sizes(silo: Rendered) -> Iterator[tuple[float, str]]:
    """How much of each limit is used, and where."""
    templates = (silo.root, *silo.nested)
    yield sum(len(one.body["Resources"]) for one in templates) / OPERATION, "resources of one operation"
    for one in templates:
        body, at = one.body, one.address or "the root"
        yield len(body["Resources"]) / RESOURCES, f"resources of {at}"
        yield len(body.get("Parameters", {})) / PARAMETERS, f"parameters of {at}"
        yield len(body.get("Outputs", {})) / OUTPUTS, f"outputs of {at}"
        yield one.asset.content.count(DYNAMIC) / REFERENCES, f"dynamic references of {at}"
        yield len(one.asset.content) / BYTES, f"bytes of {at}"
        yield max(map(len, (*body["Resources"], *body.get("Parameters", {})))) / 255, f"longest name of {at}"
        yield len(body["Description"]) / 1024, f"description of {at}"
        ruler = Ruler(body["Resources"])
        for name, resource in body["Resources"].items():
            for key, limit in SIZES.get(resource["Type"], {}).items():
                value = resource["Properties"].get(key, [])
                documents = [each["PolicyDocument"] for each in value] if isinstance(value, list) else [value]
                yield sum(map(ruler.characters, documents)) / limit, f"{key} of {at}/{name}"
    yield len(silo.tags) / 50, "tags of the root"


def test_60_flows_and_150_partners_are_within_every_limit(tmp_path: Path, catalogue: Catalogue) -> None:
    found = sorted(sizes(rendered(tmp_path, full, catalogue)), reverse=True)
    table = "\n".join(f"{used:6.1%}  {what}" for used, what in found[:40])
    assert found[0][0] <= SHARE, table
    assert {what for used, what in found if used > SHARE / 2} > {"resources of one operation"}, table


def crowded(folder: Path) -> None:
    """One partner more than its stack holds: a partner's name decides its stack."""
    names = (name for name in map("partner-{:04}".format, range(2000)) if shard(name) == 0)
    for _ in range(151):
        partner(folder, next(names))


def grown(folder: Path) -> None:
    for number in range(80):
        flow(folder, "orders", number)


def long_prefix(folder: Path) -> None:
    partner(folder, "freight", "/".join(["p" * 99, "q" * 100]), ", ".join(f"203.0.{one}.0/24" for one in range(10)))


def many_tables(folder: Path) -> None:
    for number in range(116):
        flow(folder, "supplier-prices", number)
    share(folder, "everything", '"supplier-*"', UNITS[0])


def many_units(folder: Path) -> None:
    flow(folder, "orders", 0)
    for part in range(4):
        units = ", ".join(f"Lake/Silos/Finance/Team-{part}-{number}" for number in range(50))
        share(folder, f"teams-{part}", "orders-000", units)


def wide_contract(folder: Path) -> None:
    """As many columns as a contract may have, and a few values that each may have."""
    path = flow(folder, "orders", 0)
    allowed = ", ".join(f"v{number:099}" for number in range(3))
    wide = "".join(f"      - {{name: c{number}, type: string, allowed: [{allowed}]}}\n" for number in range(990))
    text = re.sub(r"^    - {type: redshift.*\n", "", path.read_text(), flags=re.M)
    path.write_text(re.sub(r"^    key: ", wide + "    key: ", text, flags=re.M))


def long_statement(folder: Path) -> None:
    path = flow(folder, "orders", 0)
    wide = "".join(f"      - {{name: {'c' * 60}{number}, type: string}}\n" for number in range(990))
    path.write_text(re.sub(r"^    key: ", wide + "    key: ", path.read_text(), flags=re.M))


def long_bucket(folder: Path) -> None:
    said = (folder / "organization.yaml").read_text()
    (folder / "organization.yaml").write_text(said.replace("name: acme\n", f"name: {'a' * 31}\n"))
    consumer = (
        'apiVersion: lake/v1\nkind: Consumer\nmetadata:\n  name: global-analytics\nspec:\n  account: "300000000001"\n'
    )
    rest = "  organizationalUnit: Lake/Analytics\n  region: eu-west-1\n  owners: [bi@acme.example]\n"
    (folder / "consumer.yaml").write_text(consumer + rest)


def many_networks(folder: Path) -> None:
    partner(folder, "freight", cidrs=", ".join(f"203.0.{one}.0/24" for one in range(100, 130)))


BEYOND = [
    pytest.param(crowded, "template-too-large", "silos/sales.yaml", "partners/0 has 453 resources", id="partners"),
    pytest.param(grown, "template-too-large", "silos/sales.yaml", "all templates together", id="operation"),
    pytest.param(long_prefix, "policy-too-large", "partners/freight.yaml", "FreightUser", id="user policy"),
    pytest.param(many_tables, "policy-too-large", "shares/everything.yaml", "CatalogPolicy", id="catalog policy"),
    pytest.param(many_units, "template-too-large", "silos/sales.yaml", "201 parameters", id="parameters"),
    pytest.param(wide_contract, "template-too-large", "flows/orders-000.yaml", "bytes", id="bytes"),
    pytest.param(long_statement, "template-too-large", "flows/orders-000.yaml", "statement", id="statement"),
    pytest.param(long_bucket, "name-too-long", "consumer.yaml", "-results-", id="bucket name"),
    pytest.param(many_networks, "too-many-networks", "partners/freight.yaml", "", id="tag"),
]


@pytest.mark.parametrize(("write", "code", "file", "says"), BEYOND)
def test_beyond_a_limit_is_a_problem_at_the_manifests_line(
    write: Write, code: str, file: str, says: str, tmp_path: Path, catalogue: Catalogue
) -> None:
    with pytest.raises(ManifestsInvalid) as refused:
        rendered(tmp_path, write, catalogue)
    found: list[Problem] = [one for one in refused.value.problems if one.code == code and says in one.message]
    told = [(Path(one.at.path).relative_to(tmp_path).as_posix(), one.at.line > 1) for one in found]
    assert (file, True) in told, refused.value.problems
    assert all(one.hint for one in found)
