"""What holds for any two templates: equal ones differ in nothing, unequal ones in something, always the same way."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from controller.diff.change import Verb
from controller.diff.template import DATA_TYPES, compare
from controller.model.source import Source

names = st.text("ABCab01", min_size=1, max_size=4)
scalars = st.none() | st.booleans() | st.integers(-3, 3) | st.text("ab.[]/ ", max_size=3)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3), max_leaves=8
)
types = st.sampled_from(["AWS::S3::Bucket", "AWS::SQS::Queue", "AWS::CloudFormation::Stack", "AWS::DynamoDB::Table"])
resources = st.fixed_dictionaries(
    {"Type": types, "Properties": st.dictionaries(names, values, max_size=3)},
    optional={"DeletionPolicy": st.sampled_from(["Retain", "Delete"])},
)
templates = st.fixed_dictionaries(
    {"Resources": st.dictionaries(names, resources, max_size=4)},
    optional={"Outputs": st.dictionaries(names, values, max_size=2)},
)
Template = dict[str, Any]


def no_fixed(_: str) -> frozenset[str]:
    return frozenset()


def changes(before: Template, after: Template) -> list[Any]:
    return list(compare("silo/sales/storage", before, after, {"A": Source("silos/sales.yaml")}, no_fixed))


@given(templates)
def test_a_template_does_not_differ_from_itself(template: Template) -> None:
    assert changes(template, deepcopy(template)) == []


@given(templates, templates)
def test_two_templates_that_differ_have_a_change(before: Template, after: Template) -> None:
    if json.dumps(before, sort_keys=True) != json.dumps(after, sort_keys=True) and before != after:
        assert changes(before, after)


@given(templates, templates)
def test_each_address_is_told_once_and_in_order(before: Template, after: Template) -> None:
    found = [change.address for change in changes(before, after)]
    assert found == sorted(set(found))


@given(templates, templates)
def test_what_is_only_in_one_is_created_or_deleted(before: Template, after: Template) -> None:
    found = {change.address.rpartition("/")[2]: change.verb for change in changes(before, after)}
    old, new = before["Resources"], after["Resources"]
    assert {name for name, verb in found.items() if verb is Verb.CREATE} == set(new) - set(old)
    assert {name for name, verb in found.items() if verb is Verb.DELETE} == set(old) - set(new)


@given(templates, templates)
def test_data_is_lost_only_by_deletion_or_replacement_and_never_silently(before: Template, after: Template) -> None:
    old = before["Resources"]
    for change in changes(before, after):
        name = change.address.rpartition("/")[2]
        if change.destroys_data:
            assert change.verb in (Verb.DELETE, Verb.REPLACE)
        kept = old.get(name, {}).get("DeletionPolicy") == "Retain"
        if change.verb is Verb.DELETE and old[name]["Type"] in DATA_TYPES and not kept:
            assert change.destroys_data
