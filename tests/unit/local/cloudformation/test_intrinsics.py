from __future__ import annotations

import json
from typing import Any

import pytest

from controller.local.cloudformation import parameters
from controller.local.cloudformation.errors import Refused, TemplateError
from controller.local.cloudformation.intrinsics import KNOWN_AFTER_APPLY, Evaluator
from controller.local.cloudformation.template import parse

TEMPLATE = json.dumps(
    {
        "Mappings": {"Sizes": {"eu-west-1": {"Memory": 128}}},
        "Conditions": {
            "Big": {"Fn::Equals": [{"Ref": "Size"}, "big"]},
            "Both": {"Fn::And": [{"Condition": "Big"}, {"Fn::Not": [{"Fn::Equals": ["a", "b"]}]}]},
        },
        "Parameters": {"Size": {"Type": "String"}, "Paths": {"Type": "CommaDelimitedList"}},
        "Resources": {"Bucket": {"Type": "X"}},
    }
)


def evaluator() -> Evaluator:
    def answer(name: str, attribute: str | None) -> Any:
        return f"{name}-id" if attribute is None else f"{name}:{attribute}"

    values = {"Size": "big", "Paths": ["o-1/r-1/", "o-1/r-2/"]}
    pseudo = {"AWS::Region": "eu-west-1", "AWS::AccountId": "111111111111"}
    return Evaluator(parse(TEMPLATE), values, pseudo, answer, lambda name: f"imported {name}")


@pytest.mark.parametrize(
    ("node", "value"),
    [
        ({"Ref": "Size"}, "big"),
        ({"Ref": "Bucket"}, "Bucket-id"),
        ({"Fn::GetAtt": ["Bucket", "Arn"]}, "Bucket:Arn"),
        ({"Fn::GetAtt": "Bucket.Outputs.Name"}, "Bucket:Outputs.Name"),
        (
            {"Fn::Sub": "${Bucket}/${Bucket.Arn}/${!Literal}/${AWS::AccountId}"},
            "Bucket-id/Bucket:Arn/${Literal}/111111111111",
        ),
        ({"Fn::Sub": ["${A}-${Size}", {"A": {"Ref": "Bucket"}}]}, "Bucket-id-big"),
        ({"Fn::Join": ["+", ["a", {"Ref": "Size"}, 1, True]]}, "a+big+1+true"),
        ({"Fn::Select": ["1", {"Ref": "Paths"}]}, "o-1/r-2/"),
        ({"Fn::Select": [1, {"Fn::Split": ["|", "a|b"]}]}, "b"),
        ({"Fn::If": ["Both", "yes", "no"]}, "yes"),
        ({"A": {"Fn::If": ["Big", {"Ref": "AWS::NoValue"}, "x"]}, "B": 1}, {"B": 1}),
        ([{"Ref": "AWS::NoValue"}, "x"], ["x"]),
        ({"Fn::FindInMap": ["Sizes", {"Ref": "AWS::Region"}, "Memory"]}, 128),
        ({"Fn::Base64": "hi"}, "aGk="),
        ({"Fn::ImportValue": {"Fn::Sub": "${Size}-key"}}, "imported big-key"),
        ({"Fn::GetAZs": ""}, ["eu-west-1a", "eu-west-1b", "eu-west-1c"]),
        ({"Condition": {"StringEquals": {"a": "b"}}}, {"Condition": {"StringEquals": {"a": "b"}}}),
        ({"Fn::Select": [0, {"Fn::Split": [":", KNOWN_AFTER_APPLY]}]}, KNOWN_AFTER_APPLY),
    ],
)
def test_functions_give_what_aws_gives(node: Any, value: Any) -> None:
    assert evaluator().value(node) == value


@pytest.mark.parametrize(
    ("node", "message"),
    [
        ({"Fn::Select": [3, ["a"]]}, "cannot select nonexistent value at index 3"),
        ({"Fn::FindInMap": ["Sizes", "mars", "Memory"]}, "Unable to get mapping for Sizes::mars::Memory"),
        ({"Fn::If": ["Unknown", 1, 2]}, "unresolved condition dependency Unknown"),
        ({"Fn::Nope": 1}, "Encountered unsupported function: Fn::Nope"),
        ({"Ref": "Nobody"}, "Unresolved resource dependencies [Nobody]"),
    ],
)
def test_functions_refuse_what_aws_refuses(node: Any, message: str) -> None:
    with pytest.raises(TemplateError) as refused:
        evaluator().value(node)
    assert message in refused.value.message


DECLARED = parse(
    json.dumps(
        {
            "Parameters": {
                "Size": {"Type": "String", "AllowedValues": ["s", "m"], "Default": "s"},
                "Code": {"Type": "String", "AllowedPattern": "[a-z]+"},
                "Count": {"Type": "Number", "Default": 1, "MaxValue": 3},
                "Secret": {"Type": "String", "NoEcho": True, "Default": "x"},
            },
            "Resources": {"A": {"Type": "X"}},
        }
    )
)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "Parameters: [Code] must have values"),
        ({"Code": "a", "Colour": "red"}, "Parameters: [Colour] do not exist in the template"),
        ({"Code": "a", "Size": "xl"}, "Parameter 'Size' must be one of AllowedValues"),
        ({"Code": "A1"}, "Parameter 'Code' must match pattern [a-z]+"),
        ({"Code": "a", "Count": "many"}, "Parameter 'Count' must be a number"),
        ({"Code": "a", "Count": "9"}, "Parameter 'Count' must be between"),
    ],
)
def test_parameters_that_do_not_fit_are_refused(given: dict[str, str | None], message: str) -> None:
    with pytest.raises(Refused) as refused:
        parameters.texts(DECLARED, given)
    assert message in refused.value.message


def test_a_parameter_may_keep_its_previous_value_and_secrets_are_not_told() -> None:
    texts = parameters.texts(DECLARED, {"Code": None}, {"Code": "before"})
    assert texts == {"Size": "s", "Code": "before", "Count": "1", "Secret": "x"}
    assert parameters.shown(DECLARED, texts)["Secret"] == "****"
