from __future__ import annotations

from typing import Any

import pytest

from controller.diff.literal import StackFacts, UnresolvedError
from controller.model.live import LiveResource

FACTS = StackFacts(
    template={
        "Parameters": {"Units": {"Type": "CommaDelimitedList"}},
        "Conditions": {
            "Home": {"Fn::Equals": [{"Ref": "AWS::Region"}, "eu-west-1"]},
            "Away": {"Fn::Not": [{"Condition": "Home"}]},
            "Either": {"Fn::Or": [{"Condition": "Away"}, {"Condition": "Home"}]},
            "Both": {"Fn::And": [{"Condition": "Away"}, {"Condition": "Home"}]},
        },
    },
    parameters={"Units": "o-1/a,o-1/b", "Name": "x"},
    resources={
        "RawBucket": LiveResource("RawBucket", "acme-raw", "AWS::S3::Bucket", "CREATE_COMPLETE"),
        "Key": LiveResource("Key", "1234", "AWS::KMS::Key", "CREATE_COMPLETE"),
    },
    account="200000000001",
    region="eu-west-1",
    stack="storage",
)


@pytest.mark.parametrize(
    ("value", "answer"),
    [
        ({"Ref": "RawBucket"}, "acme-raw"),
        ({"Ref": "Units"}, ["o-1/a", "o-1/b"]),
        ({"Fn::GetAtt": ["RawBucket", "Arn"]}, "arn:aws:s3:::acme-raw"),
        ({"Fn::GetAtt": "Key.Arn"}, "arn:aws:kms:eu-west-1:200000000001:key/1234"),
        (
            {"Fn::Sub": "${RawBucket.Arn}/${AWS::AccountId}/${!literally}"},
            "arn:aws:s3:::acme-raw/200000000001/${literally}",
        ),
        ({"Fn::Sub": ["${Own}-${Name}", {"Own": {"Ref": "Key"}}]}, "1234-x"),
        ({"Fn::Join": ["/", ["a", {"Ref": "Name"}]]}, "a/x"),
        ({"Fn::Split": [",", {"Fn::Join": [",", {"Ref": "Units"}]}]}, ["o-1/a", "o-1/b"]),
        ({"Fn::If": ["Home", "yes", "no"]}, "yes"),
        ({"Fn::If": ["Both", "yes", "no"]}, "no"),
        ({"Fn::If": ["Either", "yes", "no"]}, "yes"),
        ({"keep": 1, "drop": {"Ref": "AWS::NoValue"}, "list": [{"Ref": "AWS::NoValue"}, 2]}, {"keep": 1, "list": [2]}),
    ],
)
def test_functions_are_answered_by_what_the_stack_has(value: Any, answer: Any) -> None:
    assert FACTS.literal(value) == answer


@pytest.mark.parametrize("value", [{"Ref": "Nobody"}, {"Fn::GetAtt": ["RawBucket", "Other"]}, {"Fn::GetAZs": ""}])
def test_what_cannot_be_told_is_not_guessed(value: Any) -> None:
    with pytest.raises(UnresolvedError):
        FACTS.literal(value)
