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


def test_every_blueprint_has_cases_and_a_readme() -> None:
    for name in CATALOGUE.available:
        assert any(place(name).glob("cases/*/values.yaml")), name
        assert (place(name) / "README.md").is_file(), name
