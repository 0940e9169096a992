"""Moments of a stack's life that an embedded AWS is too quick to show, from answers written by hand."""

from __future__ import annotations

import json
from collections import OrderedDict
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError

from controller.aws.client import Clients
from controller.aws.document import document
from controller.aws.stacks import AwsStacks
from controller.aws.waiting import LONGEST, pauses
from controller.model.errors import AwsError, StackFailed
from controller.model.observed import Absent, Unreadable

TEMPLATE = b'{"Resources": {}}'
OURS = [{"Key": "lake:managed-by", "Value": "siloctl"}]


class Scripted:
    """CloudFormation that says one status after the other, the last one for ever; empty: there is no such stack."""

    def __init__(self, *statuses: str, tags: list[dict[str, str]] = OURS, body: Any = None) -> None:
        self.statuses = list(statuses)
        self.tags = tags
        self.body = body
        self.asked: list[str] = []

    def of(self, service: str, region: str) -> Scripted:
        return self

    def describe_stacks(self, StackName: str) -> dict[str, Any]:  # noqa: N803 - boto3's own names
        status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
        if not status:
            raise ClientError({"Error": {"Code": "ValidationError", "Message": "does not exist"}}, "DescribeStacks")
        return {"Stacks": [{"StackStatus": status, "Tags": self.tags}]}

    def describe_change_set(self, **_: Any) -> dict[str, Any]:
        return {"Status": "CREATE_COMPLETE"}

    def get_template(self, **_: Any) -> dict[str, Any]:
        return {"TemplateBody": self.body}

    def get_paginator(self, _: str) -> Any:
        class Empty:
            def paginate(self, **_: Any) -> list[Any]:
                return []

        return Empty()

    def __getattr__(self, name: str) -> Any:
        def call(**arguments: Any) -> dict[str, Any]:
            self.asked.append(name if name != "create_change_set" else f"{name} {arguments['ChangeSetType']}")
            return {}

        return call


def write(api: Scripted) -> list[str]:
    said: list[str] = []
    stacks = AwsStacks(cast(Clients, api), sleep=lambda seconds: None)
    stacks.write("lake-master", "eu-west-1", TEMPLATE, {}, {}, said.append)
    return said


def test_a_creation_still_seen_in_review_after_its_execution_is_waited_for() -> None:
    api = Scripted("", "", "REVIEW_IN_PROGRESS", "REVIEW_IN_PROGRESS", "CREATE_IN_PROGRESS", "CREATE_COMPLETE")
    assert write(api)[-1] == "CREATE_COMPLETE"
    assert api.asked == ["create_change_set CREATE", "execute_change_set"]


def test_a_stack_left_in_review_by_a_run_that_died_is_created() -> None:
    api = Scripted("REVIEW_IN_PROGRESS", "REVIEW_IN_PROGRESS", "CREATE_COMPLETE")
    write(api)
    assert api.asked == ["delete_change_set", "create_change_set CREATE", "execute_change_set"]


def test_a_stack_that_cleans_up_is_waited_for_before_it_is_changed() -> None:
    api = Scripted("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "UPDATE_COMPLETE", "UPDATE_COMPLETE")
    assert write(api)[:2] == ["UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "UPDATE_COMPLETE"]
    assert api.asked[1] == "create_change_set UPDATE"


def test_a_failed_creation_that_is_not_ours_is_not_deleted() -> None:
    api = Scripted("ROLLBACK_COMPLETE", tags=[])
    with pytest.raises(StackFailed, match="siloctl did not make it"):
        write(api)
    assert api.asked == []


def test_a_failed_creation_of_ours_is_deleted_and_made_anew() -> None:
    api = Scripted("ROLLBACK_COMPLETE", "ROLLBACK_COMPLETE", "DELETE_IN_PROGRESS", "", "", "CREATE_COMPLETE")
    write(api)
    assert api.asked == ["delete_stack", "create_change_set CREATE", "execute_change_set"]


def test_an_update_that_rolls_back_fails() -> None:
    api = Scripted("CREATE_COMPLETE", "UPDATE_ROLLBACK_IN_PROGRESS", "UPDATE_ROLLBACK_COMPLETE")
    with pytest.raises(StackFailed, match="UPDATE_ROLLBACK_COMPLETE"):
        write(api)


def test_a_template_too_large_for_a_call_is_refused_before_any() -> None:
    api = Scripted("")
    with pytest.raises(AwsError, match="51200"):
        AwsStacks(cast(Clients, api)).write("lake-master", "eu-west-1", b" " * 51_201, {}, {}, lambda said: None)
    assert api.asked == []


def test_a_stack_in_review_is_absent() -> None:
    api = Scripted("REVIEW_IN_PROGRESS")
    assert AwsStacks(cast(Clients, api)).read("lake-master", "eu-west-1") == Absent()


def test_a_stack_whose_template_is_not_json_is_somebody_elses_and_unreadable() -> None:
    api = Scripted("CREATE_COMPLETE", body="Resources:\n  A: {Type: AWS::S3::Bucket}\n")
    found = AwsStacks(cast(Clients, api)).read("lake-master", "eu-west-1")
    assert isinstance(found, Unreadable)
    assert "not one of ours" in found.why


class TestDocuments:
    @pytest.mark.parametrize("body", ['{"a": {"b": [1]}}', OrderedDict(a=OrderedDict(b=[1]))], ids=["text", "ordered"])
    def test_text_and_ordered_mappings_are_plain_values(self, body: Any) -> None:
        found = document(body, "it")
        assert found == {"a": {"b": [1]}}
        assert type(found["a"]) is dict

    @pytest.mark.parametrize("body", ["", "a: b", "[]", '"text"', "null"])
    def test_anything_else_is_not_ours(self, body: str) -> None:
        with pytest.raises(AwsError, match="not one of ours"):
            document(body, "it")


def test_pauses_grow_to_their_longest() -> None:
    made = pauses()
    found = [next(made) for _ in range(20)]
    assert found == sorted(found)
    assert found[-1] == LONGEST


def test_a_template_of_a_stack_set_may_be_text() -> None:
    assert document(json.dumps({"Resources": {}}), "set") == {"Resources": {}}
