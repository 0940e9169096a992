from __future__ import annotations

from typing import Any

import pytest
import yaml

from controller.render.environment import Environment
from controller.render.intrinsic import TemplateError, parse

SCHEMA = b'{"type": "object", "properties": {"value": {"type": "string"}}}'


def rendered(template: str, value: Any) -> Any:
    files = {"one/template.yaml.j2": template.encode(), "one/schema.json": SCHEMA}
    return Environment(files).render("one", {"value": value})


READ_BY_YAML = ["no", "012", "a: b", "- x", "!Ref X", "&a", "*a", "# x", "'", '"', "~", "1e3", "2026-01-01", "<<", "="]
READ_BY_JINJA = ["{{ 1 }}", "{% raw %}", "{# x #}"]
HARD_TO_WRITE = ["\\", "a\nb", "\t", "", "\x00", "\x7f", "\x85", "\u2028", "\ufeff", "é", "😀", "\U0010ffff", "\ue000"]


@pytest.mark.parametrize("value", [*READ_BY_YAML, *READ_BY_JINJA, *HARD_TO_WRITE])
def test_quoted_text_is_read_as_itself(value: str) -> None:
    assert rendered("Resources: {A: {{ value | yaml }}}", value) == {"Resources": {"A": value}}


def test_a_value_that_is_not_quoted_does_not_render() -> None:
    with pytest.raises(TemplateError, match="not quoted"):
        rendered("Resources: {A: {{ value }}}", "harmless")


def test_a_value_that_is_missing_does_not_render() -> None:
    with pytest.raises(TemplateError, match="valeu"):
        rendered("Resources: {A: {{ valeu | yaml }}}", "x")


def test_values_that_do_not_fit_the_schema_are_refused() -> None:
    with pytest.raises(TemplateError, match="value"):
        rendered("Resources: {}", 12)


def test_text_inside_sub_stays_text() -> None:
    made = rendered('Resources: {A: !Sub {{ (value | sub ~ "-${AWS::AccountId}") | yaml }}}', "${AWS::Region}")
    assert made == {"Resources": {"A": {"Fn::Sub": "${!AWS::Region}-${AWS::AccountId}"}}}


@pytest.mark.parametrize("value", ["a-b", "a: b", "${x}", "", "A\n"])
def test_a_logical_id_is_letters_and_digits(value: str) -> None:
    with pytest.raises(TemplateError, match="logical id"):
        rendered("Resources: {X{{ value | id }}: 1}", value)


def test_short_tags_become_long_forms() -> None:
    made = parse(
        "A: !Ref B\nC: !GetAtt D.E.F\nG: !Join ['', [!Ref B, x]]\nH: !Sub ['${x}', {x: !Ref B}]\nI: !If [J, 1, 2]"
    )
    assert made == {
        "A": {"Ref": "B"},
        "C": {"Fn::GetAtt": ["D", "E.F"]},
        "G": {"Fn::Join": ["", [{"Ref": "B"}, "x"]]},
        "H": {"Fn::Sub": ["${x}", {"x": {"Ref": "B"}}]},
        "I": {"Fn::If": ["J", 1, 2]},
    }


def test_json_in_text_keeps_its_references_alive_and_its_text_inert() -> None:
    made = parse("A: !Json {b: !Ref B, c: !GetAtt C.Arn, d: !Sub 'x/${D}', e: '${E}', f: [1, true, null]}")
    assert made["A"] == {
        "Fn::Sub": '{"b":"${B}","c":"${C.Arn}","d":"x/${D}","e":"${!E}","f":[1,true,null]}',
    }


def test_json_without_references_is_plain_text() -> None:
    assert parse("A: !Json {b: '${B}'}") == {"A": '{"b":"${B}"}'}


def test_a_policy_version_is_text_not_a_date() -> None:
    assert parse("Version: 2012-10-17") == {"Version": "2012-10-17"}


@pytest.mark.parametrize("text", ["A: 1\nA: 2", "A: {b: 1, b: 2}", "[1]", "A: !!python/name:os.system x", "A: !Nope 1"])
def test_a_template_that_is_not_plain_data_is_refused(text: str) -> None:
    with pytest.raises((TemplateError, yaml.YAMLError)):
        parse(text)
