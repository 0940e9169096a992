"""Each fault of meaning, made in the acme lake by one change of its text, gives its own code at its own line."""

from __future__ import annotations

import re
from typing import NamedTuple

import pytest

from controller.model.problem import CODES, Severity

from .conftest import Change, Judge, acme

ORG = "organization.yaml"
SALES, LOGISTICS, FINANCE = "silos/sales.yaml", "silos/logistics.yaml", "silos/finance.yaml"
PLANT = "silos/manufacturing.yaml"
ORDERS, SHIPMENTS = "flows/orders.yaml", "flows/shipments.yaml"
READINGS, LEDGER, REPORTS = "flows/machine-readings.yaml", "flows/general-ledger.yaml", "flows/plant-reports.yaml"
FREIGHT, PULSE = "partners/fastfreight.yaml", "partners/marketpulse.yaml"
TO_ANALYTICS, COMPLAINTS = "shares/sales-to-analytics.yaml", "shares/complaints-to-analytics.yaml"
ANALYTICS = "consumers/group-analytics.yaml"
CERTIFICATE = "arn:aws:acm:us-east-1:200000000001:certificate/5f6f4c1e-0d3b-4c58-9a53-7f4e6c1f2a90"


class Fault(NamedTuple):
    code: str
    change: Change
    field: str
    hint: str = ""  # a part of it
    path: str = ""  # where it is reported, when not in the changed file
    warning: bool = False


def column(text: str) -> Change:
    return (ORDERS, "{name: items, type: int}", text)


def twin(file: str, old: str, new: str) -> str:
    """A second manifest from the first one's text."""
    from .conftest import acme

    return acme()[file].replace(old, new)


def session(name: str) -> str:
    return twin("flows/web-sessions.yaml", "name: web-sessions", f"name: {name}")


FAULTS: dict[str, Fault] = {
    # references
    "flow of no silo": Fault(
        "unknown-reference",
        (ORDERS, "silo: sales", "silo: sale"),
        "spec.silo",
        'did you mean "sales"? (silos/sales.yaml:5',
    ),
    "flow of no partner": Fault(
        "unknown-reference",
        (SHIPMENTS, "partner: fastfreight", "partner: fastfrieght"),
        "spec.source.partner",
        'did you mean "fastfreight"?',
    ),
    "partner of no silo": Fault("unknown-reference", (PULSE, "silo: sales", "silo: marketing"), "spec.access[0].silo"),
    "share of no silo": Fault("unknown-reference", (TO_ANALYTICS, "silo: sales", "silo: slaes"), "spec.from.silo"),
    "share of no flow": Fault(
        "unknown-reference", (TO_ANALYTICS, "[orders,", "[order,"), "spec.from.tables[0]", 'did you mean "orders"?'
    ),
    "a partner's pair as a source's password": Fault(
        "reserved-name",
        ("flows/complaints.yaml", "credentialsSecret: lake/crm", "credentialsSecret: lake/partners/sales/marketpulse"),
        "spec.source.credentialsSecret",
        "of their own",
    ),
    # names
    "two of one name": Fault(
        "duplicate-name", ("flows/z.yaml", "", twin(ORDERS, "x", "x")), "metadata.name", "flows/orders.yaml:6"
    ),
    "one CloudFormation name": Fault(
        "name-collision",
        ("flows/z.yaml", "", session("web-1x") + "---\n" + session("web1x")),
        "metadata.name",
        "rename",
    ),
    "long bucket": Fault(
        "name-too-long",
        (ORG, "name: acme\n", "name: acme-industries-international-ag\n"),
        "metadata.name",
        "take",
        "consumers/group-analytics.yaml",
    ),
    "long code bucket": Fault("name-too-long", (ORG, "acme-datalake-code", "a" * 60), "spec.regions[1]", "namePrefix"),
    "bucket name of S3's own": Fault(
        "reserved-name", (ORG, "acme-datalake-code", "sthree-code"), "spec.codeBucket.namePrefix"
    ),
    "long roles": Fault(
        "name-too-long",
        ("flows/z.yaml", "", twin(REPORTS, "name: plant-reports", "name: reports-of-all-the-plants-in-western-europe")),
        "metadata.name",
    ),
    # accounts, units, regions
    "one account twice": Fault(
        "duplicate-account", (SALES, '"200000000001"', '"200000000002"'), "spec.account", "logistics"
    ),
    "one account name twice": Fault(
        "duplicate-account",
        ("silos/z.yaml", "", twin(PLANT, "name: manufacturing", "name: plant").replace("aws+", "aws+second-")),
        "spec.account.create.name",
        "silos/manufacturing.yaml",
    ),
    "the master as a silo": Fault("duplicate-account", (SALES, '"200000000001"', '"100000000001"'), "spec.account"),
    "a consumer as a silo": Fault(
        "duplicate-account", (FINANCE, '"200000000003"', '"300000000001"'), "spec.account", "", ANALYTICS
    ),
    "no bucket in the region": Fault(
        "no-code-bucket", (FINANCE, "eu-central-1", "eu-central-2"), "spec.region", 'did you mean "eu-central-1"?'
    ),
    "home outside": Fault("no-code-bucket", (ORG, "homeRegion: eu-west-1", "homeRegion: eu-west-3"), "spec.homeRegion"),
    "silo in a consumer unit": Fault(
        "unit-outside", (SALES, "Lake/Silos/Commercial", "Lake/Analytics"), "spec.organizationalUnit", "Lake/Silos"
    ),
    "unit with a like name": Fault(
        "unit-outside", (SALES, "Lake/Silos/Commercial", "Lake/Silos2"), "spec.organizationalUnit"
    ),
    "consumer in a silo unit": Fault(
        "unit-outside", (ANALYTICS, "Lake/Analytics", "Lake/Silos/Finance"), "spec.organizationalUnit"
    ),
    "units inside units": Fault(
        "units-overlap",
        (ORG, "siloUnits: [Lake/Silos]", "siloUnits: [Lake/Silos, Lake/Silos/Finance]"),
        "spec.siloUnits[1]",
    ),
    "a unit of both": Fault(
        "units-overlap", (ORG, "[Lake/Analytics]", "[Lake/Analytics, Lake/Silos]"), "spec.consumerUnits[1]"
    ),
    # drop zones
    "one prefix twice": Fault(
        "prefix-overlap",
        (
            PULSE,
            "silo: logistics\n      dropzone: inbound/marketpulse",
            "silo: logistics\n      dropzone: inbound/fastfreight",
        ),
        "spec.access[1].dropzone",
        "fastfreight",
    ),
    "a prefix in another": Fault(
        "prefix-overlap",
        (
            PULSE,
            "silo: logistics\n      dropzone: inbound/marketpulse",
            "silo: logistics\n      dropzone: inbound/fastfreight/late",
        ),
        "spec.access[1].dropzone",
    ),
    "two prefixes of one partner": Fault(
        "duplicate-access",
        (PULSE, "silo: sales\n      dropzone: inbound/marketpulse", "silo: logistics\n      dropzone: inbound/pulse"),
        "spec.access[1].silo",
    ),
    "partner elsewhere": Fault(
        "partner-cannot-upload", (FREIGHT, "silo: logistics", "silo: sales"), "spec.source.partner", "", SHIPMENTS
    ),
    "partner that may not": Fault(
        "partner-cannot-upload", (FREIGHT, "[upload, list]", "[list]"), "spec.source.partner", "", SHIPMENTS
    ),
    # dates
    "past": Fault("expired", (FREIGHT, "2027-06-30", "2026-11-21"), "spec.credentials.expires", warning=True),
    "issued before all numbers": Fault(
        "issued-too-early",
        (FREIGHT, "rotateEveryDays: 60", "rotateEveryDays: 60\n    issued: 2019-12-31"),
        "spec.credentials.issued",
        "day of the last rotation",
    ),
    "more networks than a tag holds": Fault(
        "too-many-networks",
        (FREIGHT, "203.0.113.0/24", ", ".join(f'"2001:db8:{number}::/48"' for number in range(1, 20))),
        "spec.sourceCidrs",
        "wider networks",
    ),
    "soon": Fault("expires-soon", (FREIGHT, "2027-06-30", "2026-12-01"), "spec.credentials.expires", warning=True),
    "past share": Fault("expired", (COMPLAINTS, "2027-12-31", "2025-12-31"), "spec.expires", warning=True),
    "a sensitive column by policy": Fault(
        "needs-lakeformation", (TO_ANALYTICS, "[orders,", "[complaints, orders,"), "spec.from.tables[0]"
    ),
    # columns
    "upper case": Fault(
        "column-name",
        column("{name: ItemCount, type: int}"),
        "spec.contract.columns[6].name",
        "item_count, from: ItemCount",
    ),
    "column with a digit first": Fault(
        "column-name", column("{name: 1st, type: int}"), "spec.contract.columns[6].name"
    ),
    "long column": Fault("column-name", column(f"{{name: {'c' * 128}, type: int}}"), "spec.contract.columns[6].name"),
    "reserved in Redshift": Fault(
        "reserved-column", column("{name: tag, type: int}"), "spec.contract.columns[6].name", "tag_value"
    ),
    "reserved in Athena": Fault(
        "reserved-column", (SHIPMENTS, "name: status,", "name: table,"), "spec.contract.columns[4].name", warning=True
    ),
    "other type": Fault(
        "column-type", column("{name: items, type: integer}"), "spec.contract.columns[6].type", 'did you mean "int"?'
    ),
    "nested type": Fault("column-type", column('{name: items, type: "array<int>"}'), "spec.contract.columns[6].type"),
    "39 digits": Fault("column-type", (ORDERS, "decimal(12,2)", "decimal(39,2)"), "spec.contract.columns[5].type"),
    "more behind the point": Fault(
        "column-type", (ORDERS, "decimal(12,2)", "decimal(2,12)"), "spec.contract.columns[5].type"
    ),
    "one column twice": Fault("duplicate-column", column("{name: total, type: int}"), "spec.contract.columns[6].name"),
    "one field twice": Fault(
        "duplicate-column", column("{name: items, type: int, from: total}"), "spec.contract.columns[6].from"
    ),
    "called like the day of arrival": Fault(
        "duplicate-column", column("{name: dt, type: date}"), "spec.contract.columns[6].name", "dt_value"
    ),
    "called like the partition": Fault(
        "duplicate-column", column("{name: placed_at_day, type: date}"), "spec.contract.columns[6].name"
    ),
    "key that is no column": Fault(
        "unknown-column", (ORDERS, "key: [order_id]", "key: [order_ib]"), "spec.contract.key[0]", '"order_id"'
    ),
    "optional key": Fault(
        "key-not-required", (ORDERS, "key: [order_id]", "key: [country]"), "spec.contract.key[0]", "required: true"
    ),
    "partition by no column": Fault(
        "unknown-column", (ORDERS, "{column: placed_at,", "{column: placed,"), "spec.contract.partitionBy.column"
    ),
    "partition by text": Fault(
        "partition-type", (ORDERS, "{column: placed_at,", "{column: country,"), "spec.contract.partitionBy.column"
    ),
    "value of another type": Fault(
        "allowed-value",
        column('{name: items, type: int, allowed: ["1", two]}'),
        "spec.contract.columns[6].allowed[1]",
    ),
    # schedules
    "plural of one": Fault("bad-schedule", (ORDERS, "rate(1 hour)", "rate(1 hours)"), "spec.schedule", "rate(1 hour)"),
    "arrival without a drop zone": Fault("bad-schedule", (ORDERS, "rate(1 hour)", "on-arrival"), "spec.schedule"),
    # networks
    "host bits": Fault(
        "bad-cidr", (FREIGHT, "203.0.113.0/24", "203.0.113.7/24"), "spec.sourceCidrs[0]", "203.0.113.0/24"
    ),
    "no network": Fault("bad-cidr", (FREIGHT, "203.0.113.0/24", "203.0.113.0/33"), "spec.sourceCidrs[0]"),
    "everybody": Fault("open-cidr", (FREIGHT, "203.0.113.0/24", "0.0.0.0/0"), "spec.sourceCidrs[0]"),
    "host bits at the server": Fault(
        "bad-cidr", (LOGISTICS, "198.51.100.0/24", "198.51.100.9/24"), "spec.sftp.allowedCidrs[0]"
    ),
    # SFTP
    "network of a public endpoint": Fault(
        "sftp-mismatch",
        (SALES, "endpoint: public", "endpoint: public\n    network: {vpc: vpc-0f1e2d3c, subnets: [subnet-0f1e2d3c]}"),
        "spec.sftp.network",
        "endpoint: vpc",
    ),
    "addresses that are not one a subnet": Fault(
        "sftp-mismatch",
        (
            LOGISTICS,
            "endpoint: vpc,",
            "endpoint: vpc, network: {vpc: vpc-0f1e2d3c, subnets: [subnet-0f1e2d3c], "
            "addresses: [eipalloc-0f1e2d3c, eipalloc-1f1e2d3c]},",
        ),
        "spec.sftp.network.addresses",
    ),
    "partner of a silo without a server": Fault(
        "sftp-mismatch",
        (LOGISTICS, "sftp: {enabled: true,", "sftp: {enabled: false,"),
        "spec.access[0].protocols",
        path=FREIGHT,
        warning=True,
    ),
    # web apps
    "one admin in two writings": Fault(
        "repeated-item",
        (SALES, "[lake-admin@sales.acme.example]", "[lake-admin@sales.acme.example, Lake-Admin@sales.acme.example]"),
        "spec.webapp.signIn.admins[1]",
    ),
    "certificate of nothing": Fault(
        "webapp-mismatch",
        (SALES, "    domain: upload.sales.acme.example\n", f"    certificate: {CERTIFICATE}\n"),
        "spec.webapp.certificate",
        "say the domain",
    ),
    "certificate in the silo's region": Fault(
        "wrong-region",
        (SALES, "domain: upload", f"certificate: {CERTIFICATE.replace('us-east-1', 'eu-west-1')}\n    domain: upload"),
        "spec.webapp.certificate",
        "us-east-1",
    ),
    "certificate of another account": Fault(
        "webapp-mismatch",
        (
            SALES,
            "domain: upload",
            f"certificate: {CERTIFICATE.replace('200000000001', '200000000002')}\n    domain: upload",
        ),
        "spec.webapp.certificate",
        "the silo's own account",
    ),
    "partner that is called as if vended": Fault(
        "reserved-name", (PULSE, "name: marketpulse", "name: vended-marketpulse"), "metadata.name"
    ),
    "partner of a silo without a web app": Fault(
        "webapp-mismatch",
        (LOGISTICS, "webapp: {enabled: true,", "webapp: {enabled: false,"),
        "spec.access[0].protocols",
        path=FREIGHT,
        warning=True,
    ),
    # sources
    "grows by no column": Fault(
        "unknown-column", (READINGS, "{column: reading_id}", "{column: id}"), "spec.source.incremental.column"
    ),
    "engine and address": Fault("engine-url", (READINGS, "engine: postgresql", "engine: mysql"), "spec.source.url"),
    "zone elsewhere": Fault(
        "wrong-region", (READINGS, "eu-west-1a", "eu-west-2a"), "spec.source.network.availabilityZone"
    ),
    "agent elsewhere": Fault(
        "wrong-region", (REPORTS, "datasync:eu-west-1", "datasync:eu-west-2"), "spec.source.agent"
    ),
    # targets
    "no warehouse": Fault(
        "target-unavailable",
        (SALES, "  warehouse:\n    type: redshift-serverless\n    baseCapacity: 8\n", ""),
        "spec.targets[1].type",
        "silos/sales.yaml",
        ORDERS,
    ),
    "one table twice": Fault(
        "duplicate-target",
        (
            "flows/web-sessions.yaml",
            "- {type: processed}",
            "- {type: processed}\n    - {type: redshift, table: sales.orders}",
        ),
        "spec.targets[1].type",
    ),
    "reserved table": Fault("reserved-name", (ORDERS, "sales.orders", "sales.table"), "spec.targets[1].table"),
    "reserved schema": Fault("reserved-name", (ORDERS, "sales.orders", "user.orders"), "spec.targets[1].table"),
    "a schema of Redshift": Fault(
        "reserved-name", (ORDERS, "sales.orders", "pg_sales.orders"), "spec.targets[1].table"
    ),
    "a table of ours": Fault("reserved-name", (ORDERS, "sales.orders", "sales.lake_staging"), "spec.targets[1].table"),
    "too many digits": Fault(
        "column-type", (ORDERS, "decimal(12,2)", "decimal(38,38)"), "spec.contract.columns[5].type"
    ),
    "smaller than it begins": Fault(
        "capacity-order", (SALES, "baseCapacity: 8", "baseCapacity: 16\n    maxCapacity: 8"), "spec.warehouse"
    ),
    "principal elsewhere": Fault(
        "wrong-account", (SALES, ":200000000001:group", ":200000000009:group"), "spec.dashboards.principals[0]"
    ),
    # shares
    "pattern of nothing": Fault(
        "matches-nothing", (TO_ANALYTICS, '"web-*"', '"mail-*"'), "spec.from.tables[1]", warning=True
    ),
    "columns by policy": Fault(
        "needs-lakeformation", (COMPLAINTS, "via: lakeformation", "via: policy"), "spec.columns.exclude"
    ),
    "no such column": Fault("unknown-column", (COMPLAINTS, "[text]", "[txt]"), "spec.columns.exclude[0]"),
    "to nobody": Fault("shared-with-nobody", (COMPLAINTS, 'accounts: ["300000000001"]', "accounts: []"), "spec.to"),
    "to a stranger": Fault("unknown-account", (COMPLAINTS, "300000000001", "999999999999"), "spec.to.accounts[0]"),
    "to a unit outside": Fault(
        "unit-outside", (TO_ANALYTICS, "[Lake/Analytics]", "[Sandbox]"), "spec.to.organizationalUnits[0]"
    ),
    # storage
    "archived after the end": Fault(
        "life-cycle",
        (SALES, "archiveAfterDays: 90, expireAfterDays: 730", "archiveAfterDays: 90, expireAfterDays: 90"),
        "spec.storage.raw.archiveAfterDays",
    ),
    "locked after the end": Fault(
        "life-cycle", (FINANCE, "expireAfterDays: 3650", "expireAfterDays: 30"), "spec.storage.raw.objectLock.days"
    ),
    # waves
    "nobody is left": Fault(
        "wave-order",
        (ORG, "- name: early\n        percent: 30", "- name: early"),
        "spec.rollout.waves[2].name",
        "",
        "",
        True,
    ),
    "some are left": Fault("wave-order", (ORG, "      - name: everyone\n", ""), "spec.rollout.waves"),
    "label of nobody": Fault(
        "matches-nothing", (ORG, "{wave: canary}", "{wave: first}"), "spec.rollout.waves[0].silos", warning=True
    ),
    "bakes that no build waits for": Fault(
        "rollout-too-long", (ORG, "bake: 1s", "bake: 2h"), "spec.rollout.bake", "well below 120m"
    ),
    "one wave twice": Fault("duplicate-name", (ORG, "name: early", "name: canary"), "spec.rollout.waves[1].name"),
    # the organization
    "none": Fault("organization-missing", (ORG, "", ""), "", "", "lake"),
    "two": Fault("several-organizations", ("z.yaml", "", twin(ORG, "name: acme\n", "name: zeta\n")), "kind"),
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
def test_a_fault_of_meaning_has_its_code_at_its_field(fault: Fault, judge: Judge) -> None:
    resolution = judge(fault.change)
    found = [problem for problem in resolution.problems if problem.field == fault.field and problem.code == fault.code]
    assert found, [str(problem) for problem in resolution.problems]
    assert {problem.code for problem in resolution.problems} == {fault.code}, "one mistake is told once, without echoes"
    problem = found[0]
    assert problem.at.path == (fault.path or fault.change[0])
    assert fault.hint in problem.hint
    assert (problem.severity is Severity.WARNING) is fault.warning
    assert (resolution.lake is not None) is fault.warning
    assert problem.code in CODES


def test_a_flow_of_a_default_silo_is_told_how_to_declare_it(judge: Judge) -> None:
    flow = (ORDERS, "silo: sales", "silo: research")
    (problem,) = judge(flow, (ORG, "unmatchedAccounts: report", "unmatchedAccounts: default-silo")).problems
    assert (problem.code, problem.field) == ("unknown-reference", "spec.silo")
    assert "siloctl silo declare research" in problem.hint
    assert "declare" not in judge(flow).problems[0].hint


def test_a_data_set_needs_a_column_that_is_not_personal(judge: Judge) -> None:
    lake = judge().lake
    assert lake is not None
    text = acme()["flows/web-sessions.yaml"].replace("- {type: processed}", "- {type: quicksight, dataset: Sessions}")
    hidden = re.sub(r"\{(name: [a-z_]+, type: [a-z]+)", r"{\1, sensitive: true", text)
    found = judge(("flows/web-sessions.yaml", "", hidden)).problems
    assert ("target-unavailable", "spec.targets[0].type") in [(problem.code, problem.field) for problem in found]


def test_a_contract_that_no_statement_can_hold_is_told_before_it_is_loaded(judge: Judge) -> None:
    names = [f"a_column_with_a_rather_long_name_{index:03}" for index in range(400)]
    columns = "".join(f"      - {{name: {name}, type: string}}\n" for name in names)
    wide = (ORDERS, "      - {name: items, type: int}\n", f"      - {{name: items, type: int}}\n{columns}")
    (problem,) = judge(wide).problems
    assert (problem.code, problem.field) == ("template-too-large", "spec.contract.columns")


def test_the_acme_lake_has_no_fault(judge: Judge) -> None:
    resolution = judge()
    assert resolution.problems == ()
    lake = resolution.lake
    assert lake is not None
    assert list(lake.silos) == ["finance", "logistics", "manufacturing", "sales"]
    assert [flow.name for flow in lake.flows_of("sales")] == ["complaints", "orders", "web-sessions"]
    assert lake.flows_of("nobody") == ()
    assert set(lake.scripts) == {"transforms/orders.py"}


def test_all_faults_of_all_files_come_at_once_and_in_order(judge: Judge) -> None:
    problems = judge(
        FAULTS["plural of one"].change, FAULTS["everybody"].change, FAULTS["flow of no partner"].change
    ).problems
    assert [problem.code for problem in problems] == ["bad-schedule", "unknown-reference", "open-cidr"]
    assert [problem.at.path for problem in problems] == [ORDERS, SHIPMENTS, FREIGHT]


def test_a_manifest_with_faults_of_its_own_is_not_called_missing(judge: Judge) -> None:
    problems = judge((SALES, "owners:", "owner:")).problems
    assert {problem.at.path for problem in problems} == {SALES}


def test_a_file_that_cannot_be_read_is_not_called_missing(judge: Judge) -> None:
    problems = judge((SALES, "  owners:", "\towners:")).problems
    assert [problem.code for problem in problems] == ["yaml-syntax"]


@pytest.mark.parametrize(
    ("missing", "files"),
    [
        ("storage", {SALES, LOGISTICS, FINANCE, PLANT}),
        ("flows/http", {ORDERS}),
        ("webapp", {SALES, LOGISTICS, PLANT}),
        ("sftp", {SALES, LOGISTICS}),
        ("partners", {FREIGHT, PULSE}),
        ("sharing", {TO_ANALYTICS, COMPLAINTS, "shares/shipments-to-sales.yaml"}),
        ("consumer", {ANALYTICS}),
        ("warehouse", {SALES, FINANCE, ORDERS, LEDGER}),
        ("dashboards", {SALES, ORDERS, ANALYTICS}),
    ],
)
def test_what_no_blueprint_builds_is_said_where_it_is_asked_for(missing: str, files: set[str], judge: Judge) -> None:
    from .conftest import EVERY_BLUEPRINT

    resolution = judge(available=EVERY_BLUEPRINT - {missing})
    assert {problem.code for problem in resolution.problems} == {"no-blueprint-yet"}
    assert {problem.at.path for problem in resolution.problems} == files
    assert resolution.lake is None


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("there is no such file", "script-not-found"),
        (b"def transform(records:\n", "script-not-python"),
        (b"\0", "script-not-python"),
        (b"(" * 5000, "script-not-python"),
        (b"def change(records): ...\n", "script-not-python"),
    ],
    ids=["missing", "syntax", "binary", "nested", "without the function"],
)
def test_a_script_must_be_python_with_a_transform(content: bytes | str, code: str, judge: Judge) -> None:
    problems = judge(scripts={"transforms/orders.py": content}).problems
    assert [(problem.code, problem.at.path) for problem in problems] == [(code, ORDERS)]
