"""Rendering as algebra: text never becomes structure, and the same lake always gives the same bytes."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from controller.engine.release import build
from controller.engine.validate import load_lake
from controller.kinds.flow import Flow
from controller.kinds.partner import Access, Partner
from controller.kinds.silo import Silo
from controller.model.errors import ManifestsInvalid
from controller.render.accounts import render_master
from controller.render.blueprint import Catalogue
from controller.render.intrinsic import TemplateError
from controller.render.silo import inputs, render_silo
from controller.resolve.credentials import credential
from controller.resolve.lake import Lake

ROOT = Path(__file__).parents[2]
CATALOGUE = Catalogue.read()
LAKE: Lake = load_lake(ROOT / "tests" / "lakes" / "plain", CATALOGUE.available, date(2026, 1, 1))[0]
NEUTRAL = "neutral"

HOSTILE = (
    "{{ 1 }}", "{{ 7*7 }}", "{% for x in range(9) %}x{% endfor %}", "{# x #}", "{{ lake }}", "{{ self.__init__ }}",
    "${AWS::AccountId}", "${Key.Arn}", "${!AWS::Region}", "$${AWS::AccountId}", "${", "}", "${{AWS::Region}}",
    "!Ref Key", "!Sub '${Key}'", "!GetAtt Key.Arn", "!!python/object/apply:os.system [ls]", "!Json {a: 1}",
    '{"Ref": "Key"}', '{"Fn::GetAtt": ["Key", "Arn"]}', "Fn::Sub: x", "{Ref: Key}", "[a, b]", "Ref", "AWS::NoValue",
    "a: b", "a:\n  b: c", "- a", "&a b", "*a", "<<: *a", "# comment", "x # comment", "| x", "> x", "---", "...",
    "%YAML 1.1", '"', "'", "\\", '"}], "Resources": {"Evil": {}}, "x": [{"', "no", "~", "null", "012", "1e9",
    "2026-01-01", "0x1F", "=", "\x00", "\x07", "\x1b[31m", "\x7f", "\x85", "\u2028", "\ufeff", "\n", "\r\n", "\t",
    " ", "", "é", "😀", "\U0010ffff", "$context.authorizer", "#set($x=1)", "$.object", "States.Format('{}')",
    "!{timestamp:yyyy}", "%{x}", "#{Manifests.CommitId}",
)  # fmt: skip


def poisoned(text: str) -> Lake:
    """The project's lake with `text` in every field whose text the schemas leave free, and in some that they do not."""
    organization = replace(
        LAKE.organization,
        tags={"owner": text},
        notification_emails=(f"{text}@acme.example",),
        source=replace(LAKE.organization.source, repository=text or "x", branch=text or "x"),
    )
    silos = {name: _silo(silo, text) for name, silo in LAKE.silos.items()}
    flows = {name: _flow(flow, text) for name, flow in LAKE.flows.items()}
    by_silo = {name: tuple(flows[flow.name] for flow in LAKE.flows_of(name)) for name in LAKE.flows_by_silo}
    partner = _partner(text)
    return replace(
        LAKE,
        organization=organization,
        silos=silos,
        partners={"hostile": partner},
        credentials={"hostile": credential(partner, date(2026, 1, 1))},
        flows=flows,
        flows_by_silo=by_silo,
    )


def _partner(text: str) -> Partner:
    """Its prefix is of the one form that schemas let pass, so only the address can be hostile."""
    access = (Access("logistics", "inbound/hostile", ("api",), ("upload",)),)
    contact, until = f"{text}@acme.example", date(2030, 1, 1)
    return Partner(LAKE.organization.manifest, "hostile", contact, access, until, None, None, False, (), None)


def _silo(silo: Silo, text: str) -> Silo:
    return replace(silo, owners=(f"{text}@acme.example",))


def _flow(flow: Flow, text: str) -> Flow:
    first, *rest = flow.contract.columns
    column = replace(first, allowed=(text, f"{text}2"), source_name=f"{text}3")
    source = flow.source
    if flow.source_type == "dropzone":
        source = {**{key: value for key, value in source.items() if key != "prefix"}, "partner": "hostile"}
    contract = replace(flow.contract, columns=(column, *rest))
    return replace(flow, schedule=text or "x", source=source, contract=contract)


def texts(lake: Lake) -> list[Any]:
    organization = lake.organization
    bodies = [render_master(organization, organization.home_region, CATALOGUE).body]
    for name in ("finance", "sales", "logistics"):  # flows of each type but jdbc, which is as mongodb
        rendered = render_silo(lake, name, CATALOGUE)
        bodies += [rendered.root.body, *(template.body for template in rendered.nested)]
    return bodies


def shape(node: Any, text: str) -> Any:
    """Keys and types, with the author's own text as a key put back to the neutral one."""
    match node:
        case dict():
            return {_name(key, text): shape(child, text) for key, child in node.items()}
        case list():
            return [shape(child, text) for child in node]
        case _:
            return type(node).__name__


def _name(key: str, text: str) -> str:
    """Ids that are digests of a text or of an API, and the names of a record's fields, are the author's to choose."""
    if key == f"{text}3":
        return f"{NEUTRAL}3"
    return re.sub(r"^(Owner|Reader|Deployment)[0-9a-f]{8}$", r"\1", key)


NEUTRAL_SHAPE = shape(texts(poisoned(NEUTRAL)), NEUTRAL)


def alive(node: Any) -> list[str]:
    """All that CloudFormation would act on: what is substituted, and references."""
    match node:
        case {"Fn::Sub": str(text)}:
            return re.findall(r"\$\{(?!!)[^}]*\}", text)
        case {"Ref": str(name)}:
            return [_name(name, "")]
        case dict():
            return [found for child in node.values() for found in alive(child)]
        case list():
            return [found for child in node for found in alive(child)]
        case _:
            return []


NEUTRAL_ALIVE = alive(texts(poisoned(NEUTRAL)))


def assert_inert(text: str) -> None:
    lake = poisoned(text)
    made = texts(lake)
    assert sorted_ids(shape(made, text)) == sorted_ids(NEUTRAL_SHAPE)
    assert sorted(alive(made)) == sorted(NEUTRAL_ALIVE)


def sorted_ids(node: Any) -> Any:
    """A mapping has no order; canonical JSON sorts it."""
    match node:
        case dict():
            return sorted((key, sorted_ids(child)) for key, child in node.items())
        case list():
            return [sorted_ids(child) for child in node]
        case _:
            return node


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_stays_text(text: str) -> None:
    assert_inert(text)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=30).filter(lambda text: "{{resolve:" not in text))
def test_any_text_stays_text(text: str) -> None:
    assert_inert(text)


@pytest.mark.parametrize("canary", ["{{resolve:ssm:canary}}", "x{{resolve:secretsmanager:canary:SecretString}}y"])
@pytest.mark.parametrize("field", ["owners", "labels"])
def test_a_dynamic_reference_never_reaches_a_template(canary: str, field: str) -> None:
    silo = LAKE.silos["sales"]
    spec = {**silo.manifest.data["spec"], field: [canary]}
    manifest = replace(silo.manifest, data={**silo.manifest.data, "spec": spec})
    lake = replace(LAKE, silos={**LAKE.silos, "sales": replace(silo, manifest=manifest)})
    with pytest.raises(ManifestsInvalid) as raised:
        build(lake, "sales", CATALOGUE, "abc")
    assert {problem.code for problem in raised.value.problems} == {"dynamic-reference"}


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.randoms(use_true_random=False))
def test_the_order_of_what_comes_in_does_not_matter(random: Any) -> None:
    def shuffled(values: Any) -> dict[str, Any]:
        entries = list(values.items())
        random.shuffle(entries)
        return dict(entries)

    organization = replace(LAKE.organization, tags=shuffled(LAKE.organization.tags))
    mixed = replace(
        LAKE,
        organization=organization,
        silos=shuffled(LAKE.silos),
        flows=shuffled(LAKE.flows),
        scripts=shuffled(LAKE.scripts),
    )
    files = Catalogue(shuffled(CATALOGUE.files))
    for name in LAKE.silos:
        assert inputs(mixed, name, files) == inputs(LAKE, name, CATALOGUE)
        assert build(mixed, name, files, "abc")[1].content == build(LAKE, name, CATALOGUE, "abc")[1].content


PRINT_DIGESTS = """
import sys, hashlib
from datetime import date
from pathlib import Path
from controller.engine.release import build, files_of_master, files_of_silo
from controller.engine.validate import load_lake
from controller.render.blueprint import Catalogue
catalogue = Catalogue.read()
lake, _ = load_lake(Path(sys.argv[1]), catalogue.available, date(2026, 1, 1))
files = dict(files_of_master(lake, catalogue))
for name in lake.silos:
    files |= files_of_silo(*build(lake, name, catalogue, "abc"))
for name, content in sorted(files.items()):
    print(name, hashlib.sha256(content).hexdigest())
"""


def test_two_processes_and_two_folders_give_the_same_bytes(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.symlink_to(ROOT / "tests" / "lakes" / "plain", target_is_directory=True)

    def printed(seed: str, folder: Path) -> str:
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        command = [sys.executable, "-c", PRINT_DIGESTS, str(folder)]
        return subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout

    first = printed("1", ROOT / "tests" / "lakes" / "plain")
    assert "sales/bundle.zip" in first
    assert first == printed("4242", elsewhere)


@pytest.mark.parametrize("text", ["${AWS::AccountId}", "{{resolve:ssm:x}}", "a b", "../x", "{{ 1 }}"])
def test_no_prefix_but_a_plain_one_reaches_a_template(text: str) -> None:
    partner = replace(_partner("x"), access=(Access("logistics", f"{text}/x", ("api",), ("upload",)),))
    with pytest.raises(TemplateError, match="prefix"):
        render_silo(replace(poisoned("x"), partners={"hostile": partner}), "logistics", CATALOGUE)
