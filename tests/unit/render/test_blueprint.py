from __future__ import annotations

import subprocess
import sys

from controller.render.blueprint import Catalogue

FILES = {
    "_shared/roles.yaml.j2": b"1",
    "flows/_processing/resources.yaml.j2": b"2",
    "flows/http/template.yaml.j2": b"3",
    "flows/http/schema.json": b"{}",
    "storage/template.yaml.j2": b"4",
    "draft/notes.txt": b"5",
}


def test_a_blueprint_is_there_with_its_template() -> None:
    assert Catalogue(FILES).available == {"flows/http", "storage"}


def test_the_project_has_the_blueprints_of_its_first_lake() -> None:
    wanted = {"silo", "storage", "flows/http", "flows/dropzone", "pipeline/silo-baseline", "pipeline/master"}
    assert wanted <= Catalogue.read().available


def test_a_blueprints_digest_is_its_own() -> None:
    before, after = Catalogue(FILES), Catalogue(FILES | {"flows/http/schema.json": b"{ }"})
    assert before.digest_of(["flows/http"]) != after.digest_of(["flows/http"])
    assert before.digest_of(["storage"]) == after.digest_of(["storage"])


def test_what_is_shared_is_part_of_every_digest() -> None:
    for shared in ("_shared/roles.yaml.j2", "flows/_processing/resources.yaml.j2"):
        changed = Catalogue(FILES | {shared: b"changed"})
        assert Catalogue(FILES).digest_of(["storage"]) != changed.digest_of(["storage"])


def test_the_order_of_names_does_not_matter() -> None:
    catalogue = Catalogue(FILES)
    assert catalogue.digest_of(["storage", "flows/http"]) == catalogue.digest_of(["flows/http", "storage", "storage"])


def test_readmes_examples_and_cases_are_not_in_the_catalogue() -> None:
    names = Catalogue.read().files
    assert not [name for name in names if "/cases/" in name or name.endswith(("README.md", "example.yaml"))]


def test_hashing_needs_neither_jinja_nor_a_schema_nor_cfn_lint() -> None:
    code = (
        "import sys; from controller.render.silo import inputs; from controller.render.blueprint import Catalogue; "
        "Catalogue.read().digest_of(['storage']); "
        "print([m for m in ('jinja2', 'jsonschema_rs', 'cfnlint', 'boto3') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
