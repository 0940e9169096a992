"""Every template through cfn-lint: each case of each blueprint, and all that the project's own lake renders."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from cfnlint.config import ConfigMixIn
from cfnlint.decode import decode_str
from cfnlint.runner import Runner

from controller.engine.validate import load_lake
from controller.load.places import folder
from controller.model.bundle import Template
from controller.render.accounts import render_baseline, render_master
from controller.render.blueprint import Catalogue
from controller.render.silo import render_silo

ROOT = Path(__file__).parents[2]
TODAY = date(2026, 1, 1)  # before any expiry in the project's lake


def templates() -> Iterator[tuple[str, str, str]]:
    """Name, region and text."""
    yield from _of_cases()
    catalogue = Catalogue.read()
    lake, _ = load_lake(ROOT / "manifests", catalogue.available, TODAY)
    organization = lake.organization
    for region in organization.regions:
        yield _named("master", region, render_master(organization, region, catalogue))
        yield _named("baseline", region, render_baseline(organization, catalogue))
    for name, silo in lake.silos.items():
        rendered = render_silo(lake, name, catalogue)
        for template in (rendered.root, *rendered.nested):
            yield _named(f"{name}/{template.address}", silo.region, template)


def _of_cases() -> Iterator[tuple[str, str, str]]:
    for above in ("blueprints", "pipeline"):
        for path in sorted(folder(above).glob("**/cases/*/template.yaml")):  # type: ignore[arg-type]
            body = yaml.safe_load(path.read_text(encoding="utf-8"))
            yield path.relative_to(folder(above)).as_posix(), "eu-west-1", json.dumps(body)  # type: ignore[arg-type]


def _named(name: str, region: str, template: Template) -> tuple[str, str, str]:
    return name, region, template.asset.content.decode()


@cache
def runner(region: str) -> Any:
    """Loading the rules takes longer than judging a template by them."""
    return Runner(ConfigMixIn(regions=[region]))


@cache
def findings(region: str, text: str) -> tuple[str, ...]:
    template, errors = decode_str(text)
    found = [*errors, *(runner(region).validate_template(template) if template else ())]
    return tuple(f"{one.rule.id} {one.path_string}: {one.message}" for one in found)


@pytest.fixture(scope="module")
def judged() -> dict[str, Any]:
    return {f"{name} in {region}": findings(region, text) for name, region, text in templates()}


def test_no_template_has_an_error_or_a_warning(judged: dict[str, Any]) -> None:
    assert {name: found for name, found in judged.items() if found} == {}


def test_all_templates_were_judged(judged: dict[str, Any]) -> None:
    home, other = {"master in eu-west-1", "sales/ in eu-west-1"}, {"master in eu-central-1", "baseline in eu-central-1"}
    assert home | other <= set(judged)


def test_the_linter_sees_a_property_that_does_not_exist() -> None:
    body = {"Resources": {"Bucket": {"Type": "AWS::S3::Bucket", "Properties": {"Colour": "red"}}}}
    assert findings("eu-west-1", json.dumps(body))


def test_no_template_silences_the_linter() -> None:
    """A reason to ignore a rule would have to stand beside the resource, and here too."""
    assert [name for name, _, text in templates() if '"cfn-lint"' in text] == []
