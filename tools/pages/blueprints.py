"""docs/blueprints/: a page a blueprint, from its README and its schema, and what of the lake each of them builds."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

from controller.load.places import folder
from controller.load.schema import document, target
from controller.render.blueprint import Catalogue
from tools.pages import NOTE

Schema = Mapping[str, Any]
LINK = re.compile(r"\]\((?!\w+:|#)([^)\s]+)\)")

# What the lake consists of, the blueprints that build it, and a test that runs it.
SYSTEMS: tuple[tuple[str, tuple[str, ...], str], ...] = (
    (
        "Accounts and units, and a baseline in each account by a StackSet that deploys by itself",
        ("pipeline/silo-baseline",),
        "tests/e2e/test_apply.py::test_the_lake_is_applied_once_and_an_edit_of_one_line_is_one_change",
    ),
    (
        "First leg: the manifests' repository and the builds that plan, apply and look for drift",
        ("pipeline/master",),
        "tests/unit/render/test_master.py::test_every_service_acts_for_this_account_alone",
    ),
    (
        "Code bucket, read by organizational unit",
        ("pipeline/master",),
        "tests/e2e/test_code_bucket.py::test_each_read_is_answered_and_decided_as_it_should_be",
    ),
    (
        "Second leg: each account's own pipeline, which polls the code bucket and deploys",
        ("pipeline/silo-baseline", "silo"),
        "tests/e2e/test_whole_lake.py::test_the_lake_of_every_kind_is_made_kept_and_changed",
    ),
    (
        "Drop zone, raw and processed buckets, catalog, keys, query workgroup",
        ("storage",),
        "tests/e2e/test_drift.py::test_drift_finds_what_was_changed_by_hand_and_nothing_else",
    ),
    (
        "Credentials of partners that git declares",
        ("partners",),
        "tests/e2e/test_partners.py::test_a_partner_works_with_its_pair_and_for_nothing_else",
    ),
    (
        "Credential vending without a database: its state is a template",
        ("webapp",),
        "tests/e2e/test_vending.py::test_a_pair_is_vended_used_and_revoked_by_the_roles_of_the_template",
    ),
    (
        "Upload site",
        ("webapp",),
        "tests/browser/test_site.py::test_an_admin_gives_access_and_a_partner_delivers_over_a_connection_that_breaks",
    ),
    (
        "SFTP with the same credentials",
        ("sftp",),
        "tests/e2e/test_sftp.py::test_openssh_logs_in_with_the_pair",
    ),
    (
        "Records over HTTP: API Gateway, Firehose, parquet by the Glue table",
        ("flows/http",),
        "tests/e2e/test_flow_types.py::test_flows_of_every_type_deploy_change_in_place_and_go",
    ),
    (
        "Files of partners, from the moment that they are whole",
        ("flows/dropzone",),
        "tests/e2e/test_flow_types.py::test_flows_of_every_type_deploy_change_in_place_and_go",
    ),
    (
        "SAP by AppFlow; SQL, document and key-value databases by Glue; Samba shares and object storage by DataSync",
        ("flows/sap-odata", "flows/jdbc", "flows/mongodb", "flows/cassandra", "flows/smb", "flows/s3"),
        "tests/e2e/test_flow_types.py::test_flows_of_every_type_deploy_change_in_place_and_go",
    ),
    (
        "Crawlers, job, quarantine, targets: what every flow does with what it landed",
        ("flows/_processing",),
        "tests/spark/test_process.py::test_what_breaks_the_contract_is_kept_apart_with_the_reason_and_counted",
    ),
    (
        "Warehouse",
        ("warehouse",),
        "tests/e2e/test_warehouse.py::test_each_field_does_what_the_plan_said",
    ),
    (
        "Dashboards",
        ("dashboards",),
        "tests/unit/render/test_targets.py::test_dashboards_are_there_before_the_first_data_set",
    ),
    (
        "Sharing by organizational unit: bucket, key and catalog policies",
        ("sharing", "storage"),
        "tests/e2e/test_sharing.py::test_who_is_given_a_table_reads_it_until_the_share_goes",
    ),
    (
        "Lake Formation, without some columns",
        ("sharing", "catalogs"),
        "tests/e2e/test_sharing.py::test_lake_formation_gives_a_table_without_its_sensitive_columns",
    ),
    (
        "Global analytics: accounts that read what is shared",
        ("consumer", "catalogs"),
        "tests/e2e/test_whole_lake.py::test_the_lake_of_every_kind_is_made_kept_and_changed",
    ),
)


def names() -> tuple[str, ...]:
    """The blueprints, and what flows share."""
    return (*sorted(Catalogue.read().available), "flows/_processing")


def file_of(name: str) -> str:
    return f"blueprints/{name.replace('/', '-')}.md"


def pages() -> dict[str, Any]:
    return {"blueprints/README.md": index, **{file_of(name): partial(page, name) for name in names()}}


def index() -> str:
    rows = "".join(f"| {system} | {', '.join(map(_linked, built))} | `{test}` |\n" for system, built, test in SYSTEMS)
    title = {name: _title(name) for name in sorted(names())}
    listed = "".join(f"| {_linked(name)} | {title[name]} |\n" for name in title)
    return f"""{NOTE}
# Blueprints

A blueprint is a folder with one CloudFormation template and all that it deploys. Adding a flow type is adding a folder.

| blueprint | builds |
|---|---|
{listed}
## What of the lake is built where, and which test runs it

| system | blueprint | test |
|---|---|---|
{rows}"""


def page(name: str) -> str:
    text = (_place(name) / "README.md").read_text(encoding="utf-8").rstrip("\n")
    return f"{NOTE}\n{LINK.sub(partial(_relinked, name), text)}\n{_values(name)}"


def _title(name: str) -> str:
    first = (_place(name) / "README.md").read_text(encoding="utf-8").split("\n", 1)[0]
    return first.removeprefix("# ").partition(": ")[2] or first.removeprefix("# ")


def _linked(name: str) -> str:
    return f"[{name}]({file_of(name).removeprefix('blueprints/')})"


def _place(name: str) -> Path:
    above, _, below = name.rpartition("/") if name.startswith("pipeline/") else ("blueprints", "/", name)
    return Path(str(folder(above))) / below


def _relinked(name: str, found: re.Match[str]) -> str:
    """A link from the blueprint's folder as one from docs/blueprints/; to another blueprint's README: to its page."""
    root = PurePosixPath(name if name.startswith("pipeline/") else f"blueprints/{name}")
    parts: list[str] = []
    for part in (root / found[1]).parts:
        parts = parts[:-1] if part == ".." else [*parts, part]
    path = "/".join(parts)
    other = path.removeprefix("blueprints/").removesuffix("/README.md")
    if path.endswith("/README.md") and other in names():
        return f"]({file_of(other).removeprefix('blueprints/')})"
    return f"](../{path.removeprefix('docs/')})" if path.startswith("docs/") else f"](../../{path})"


def _values(name: str) -> str:
    base = f"file:///{name if name.startswith('pipeline/') else f'blueprints/{name}'}/schema.json"
    schema = document(base)
    rows = list(_rows(schema, "", base)) if "properties" in schema else list(_shared(schema, base))
    body = "".join(f"| {' | '.join(map(_cell, row))} |\n" for row in rows)
    head = (
        "\n## Values\n\nWhat the template takes, once the manifests are resolved.\n\n| value | is | |\n|---|---|---|\n"
    )
    return f"{head}{body}"


def _shared(schema: Schema, base: str) -> Iterator[tuple[str, str, str]]:
    """Values that the blueprints of flows refer to."""
    for name, about in schema["$defs"].items():
        yield f"`{name}`", _is(about), about.get("description", "")
        yield from _rows(about, name, base)


def _rows(schema: Schema, place: str, base: str) -> Iterator[tuple[str, str, str]]:
    for name, about in schema.get("properties", {}).items():
        found, within = target(about["$ref"], base) if "$ref" in about else (about, base)
        value = f"{place}.{name}" if place else name
        yield f"`{value}`", _is(found), {**found, **about}.get("description", "")
        yield from _rows(found, value, within)
        yield from _rows(found.get("items", {}), f"{value}[]", within)


def _is(schema: Schema) -> str:
    if "enum" in schema:
        return " or ".join(f"`{value}`" for value in schema["enum"])
    kinds = schema.get("type", "one of several forms" if "anyOf" in schema else "text")
    words: Mapping[str, str] = {
        "array": "list",
        "object": "mapping",
        "string": "text",
        "integer": "number",
        "null": "null",
    }
    return " or ".join(words.get(kind, str(kind)) for kind in (kinds if isinstance(kinds, list) else [kinds]))


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")
