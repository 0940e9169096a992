"""The pages of the blueprints: their table names tests that exist, and their links lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from controller.render.blueprint import Catalogue
from tools.generate import DOCS
from tools.pages import blueprints

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(("system", "built", "test"), blueprints.SYSTEMS)
def test_each_system_names_blueprints_and_a_test_that_exist(system: str, built: tuple[str, ...], test: str) -> None:
    assert set(built) <= set(blueprints.names())
    path, name = test.split("::")
    assert re.search(rf"^def {name}\(", (ROOT / path).read_text(encoding="utf-8"), re.MULTILINE)


def test_every_blueprint_builds_one_of_the_systems() -> None:
    assert {name for _, built, _ in blueprints.SYSTEMS for name in built} >= Catalogue.read().available


def test_every_blueprint_has_a_page_with_its_readme_and_its_values() -> None:
    pages = blueprints.pages()
    assert {blueprints.file_of(name) for name in blueprints.names()} | {"blueprints/README.md"} == set(pages)
    page = pages["blueprints/flows-http.md"]()
    assert "# flows/http" in page
    assert "\n| `source.buffer.seconds` | number |" in page


def test_every_link_of_a_page_leads_to_a_file() -> None:
    for name, page in blueprints.pages().items():
        for link in re.findall(r"\]\(([^)\s]+)\)", page()):
            assert "://" in link or (DOCS / name).parent.joinpath(link).exists(), (name, link)


def test_no_page_is_left_of_a_blueprint_that_is_gone() -> None:
    there = {path.relative_to(DOCS).as_posix() for path in (DOCS / "blueprints").iterdir()}
    assert there == set(blueprints.pages())
