"""Each blueprint's cases: values in, the template out. `--update-golden` writes the templates anew."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from controller.load.places import folder
from controller.render.blueprint import Catalogue

CATALOGUE = Catalogue.read()
CASES_LEAST = 3


class Plain(yaml.SafeDumper):
    """Without anchors: a template is read, not written by hand."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def place(blueprint: str) -> Path:
    above = "pipeline" if blueprint.startswith("pipeline/") else "blueprints"
    return folder(above) / blueprint.removeprefix("pipeline/")  # type: ignore[arg-type]


def cases() -> list[Any]:
    found = [(name, case) for name in sorted(CATALOGUE.available) for case in sorted(place(name).glob("cases/*"))]
    return [pytest.param(name, case, id=f"{name}-{case.name}") for name, case in found]


def text(body: dict[str, Any]) -> str:
    return yaml.dump(body, Dumper=Plain, sort_keys=False, width=120, allow_unicode=True)


@pytest.mark.parametrize(("blueprint", "case"), cases())
def test_a_case_renders_its_template(blueprint: str, case: Path, golden: Callable[[str, str], None]) -> None:
    values = yaml.safe_load((case / "values.yaml").read_text(encoding="utf-8"))
    golden(str(case / "template.yaml"), text(CATALOGUE.render(blueprint, values)))


@pytest.mark.parametrize("blueprint", sorted(CATALOGUE.available))
def test_every_blueprint_is_whole(blueprint: str) -> None:
    below = place(blueprint)
    assert [name for name in ("README.md", "schema.json", "example.yaml") if not (below / name).is_file()] == []
    assert len(list(below.glob("cases/*/values.yaml"))) >= CASES_LEAST
    assert [path for path in below.glob("cases/*") if not (path / "template.yaml").is_file()] == []


def test_no_two_cases_of_a_blueprint_are_the_same() -> None:
    for name in CATALOGUE.available:
        texts = [path.read_text(encoding="utf-8") for path in place(name).glob("cases/*/template.yaml")]
        assert len(set(texts)) == len(texts), name
