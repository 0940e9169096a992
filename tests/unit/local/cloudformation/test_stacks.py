"""Stacks made, changed, undone and deleted, with the events that tell of it."""

from __future__ import annotations

import itertools
import json
import queue
import threading
import time

import pytest

from controller.local.cloudformation import service
from controller.local.cloudformation.errors import Refused
from controller.local.cloudformation.stacks import StackBackend
from tests.fakes.things import (
    ACCOUNT,
    THING,
    Things,
    body,
    created,
    parameters,
    reason,
    settled,
    thing,
    told,
    updated,
)

ONE = body(
    {
        "User": thing(Uses={"Fn::GetAtt": "Used.Arn"}, Who={"Ref": "AWS::AccountId"}),
        "Used": thing(Size={"Ref": "Size"}),
    },
    Parameters={"Size": {"Type": "String", "Default": "1"}},
    Outputs={"Arn": {"Value": {"Fn::GetAtt": "Used.Arn"}, "Export": {"Name": "used-arn"}}},
)


def test_a_stack_is_made_in_the_order_of_its_references(backend: StackBackend, things: Things) -> None:
    stack = created(backend, "one", ONE)
    assert things.log == ["create Used", "create User"]
    assert things.there["user-2"] == {"Uses": "arn:thing:used-1", "Who": ACCOUNT}
    assert told(stack) == ["CREATE_IN_PROGRESS", "CREATE_COMPLETE"]
    assert told(stack, "User") == ["CREATE_IN_PROGRESS", "CREATE_COMPLETE"]
    assert {key: output.value for key, output in stack.outputs.items()} == {"Arn": "arn:thing:used-1"}


def test_the_call_returns_while_the_work_goes_on(backend: StackBackend, things: Things) -> None:
    things.gate.clear()
    stack = backend.create_stack({"StackName": "one", "TemplateBody": ONE})
    assert stack.status == "CREATE_IN_PROGRESS"
    with pytest.raises(Refused, match=r"is in CREATE_IN_PROGRESS state and can not be updated"):
        backend.update_stack({"StackName": "one", "TemplateBody": ONE})
    things.gate.set()
    assert settled(backend, "one").status == "CREATE_COMPLETE"


def test_a_reset_ends_what_runs(backend: StackBackend, things: Things) -> None:
    things.gate.clear()
    stack = backend.create_stack({"StackName": "one", "TemplateBody": ONE})
    service.reset()
    things.gate.set()
    assert stack.wait_settled(5)
    assert told(stack) == ["CREATE_IN_PROGRESS"]


def test_a_creation_that_fails_is_rolled_back_with_the_reason_at_its_resource(
    backend: StackBackend, things: Things
) -> None:
    things.refuse["create", "User"] = "no room"
    stack = created(backend, "one", ONE)
    assert stack.status == "ROLLBACK_COMPLETE"
    assert reason(stack, "User", "CREATE_FAILED") == "no room"
    assert reason(stack, "one", "ROLLBACK_IN_PROGRESS") == (
        "The following resource(s) failed to create: [User]. Rollback requested by user."
    )
    assert things.there == {}
    with pytest.raises(Refused, match="ROLLBACK_COMPLETE state and can not be updated"):
        backend.update_stack({"StackName": "one", "TemplateBody": ONE})


@pytest.mark.parametrize(
    ("asked", "status", "left"),
    [
        ({"DisableRollback": True}, "CREATE_FAILED", 1),
        ({"OnFailure": "DO_NOTHING"}, "CREATE_FAILED", 1),
        ({"OnFailure": "DELETE"}, "DELETE_COMPLETE", 0),
    ],
)
def test_the_caller_says_what_a_failed_creation_leaves(
    backend: StackBackend, things: Things, asked: dict[str, object], status: str, left: int
) -> None:
    things.refuse["create", "User"] = "no room"
    assert created(backend, "one", ONE, **asked).status == status
    assert len(things.there) == left


def test_a_resource_that_cannot_be_deleted_leaves_the_stack_delete_failed(
    backend: StackBackend, things: Things
) -> None:
    created(backend, "one", ONE)
    things.refuse["delete", "User"] = "The bucket you tried to delete is not empty"
    backend.delete_stack({"StackName": "one"})
    stack = settled(backend, "one")
    assert (stack.status, stack.reason) == (
        "DELETE_FAILED",
        "The following resource(s) failed to delete: [User]. ",
    )
    assert "delete Used" not in things.log  # User, which is still there, uses it
    backend.delete_stack({"StackName": "one", "RetainResources": ["User"]})
    assert settled(backend, stack.id).status == "DELETE_COMPLETE"
    assert list(things.there) == ["user-2"]


def test_deletion_policies_decide_what_stays(backend: StackBackend, things: Things) -> None:
    kept = {
        "Kept": {**thing(Name="kept"), "DeletionPolicy": "Retain"},
        "KeptLater": {**thing(Name="later"), "DeletionPolicy": "RetainExceptOnCreate"},
        "Gone": thing(Name="gone"),
    }
    stack = created(backend, "one", body(kept))
    backend.delete_stack({"StackName": "one"})
    assert settled(backend, stack.id).status == "DELETE_COMPLETE"
    assert sorted(things.there) == ["kept", "later"]
    assert told(stack, "Kept")[-1] == "DELETE_SKIPPED"
    things.there.clear()
    things.refuse["create", "Gone"] = "no"
    created(backend, "two", body(kept))
    assert sorted(things.there) == ["kept"]


def test_an_update_changes_in_place_what_it_can_and_keeps_the_rest(backend: StackBackend, things: Things) -> None:
    stack = created(backend, "one", ONE)
    things.log.clear()
    updated(backend, "one", ONE, Parameters=parameters(Size="2"))
    assert things.log == ["update Used"]
    assert things.there["used-1"]["Size"] == "2"
    assert told(stack)[2:] == ["UPDATE_IN_PROGRESS", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "UPDATE_COMPLETE"]


def test_a_create_only_change_makes_the_new_before_the_old_goes(backend: StackBackend, things: Things) -> None:
    created(backend, "one", body({"A": thing(Fixed="x"), "B": thing(Arn={"Fn::GetAtt": "A.Arn"})}))
    things.log.clear()
    updated(backend, "one", body({"A": thing(Fixed="y"), "B": thing(Arn={"Fn::GetAtt": "A.Arn"})}))
    assert things.log == ["create A", "update B", "delete A"]
    assert things.there["b-2"]["Arn"] == "arn:thing:a-3"


def test_a_replaced_resource_stays_where_its_policy_says_so(backend: StackBackend, things: Things) -> None:
    keep = {"UpdateReplacePolicy": "Retain"}
    created(backend, "one", body({"A": {**thing(Fixed="x"), **keep}}))
    updated(backend, "one", body({"A": {**thing(Fixed="y"), **keep}}))
    assert sorted(things.there) == ["a-1", "a-2"]


def test_a_custom_named_resource_cannot_be_replaced_under_its_name(backend: StackBackend, things: Things) -> None:
    created(backend, "one", body({"A": thing(Name="mine", Fixed="x")}))
    stack = updated(backend, "one", body({"A": thing(Name="mine", Fixed="y")}))
    assert stack.status == "UPDATE_ROLLBACK_COMPLETE"
    assert "cannot update a stack when a custom-named resource requires replacing" in str(
        reason(stack, "A", "UPDATE_FAILED")
    )
    assert things.there["mine"]["Fixed"] == "x"


def test_a_failed_update_brings_everything_back(backend: StackBackend, things: Things) -> None:
    before = body({"A": thing(Size="1"), "B": thing(Fixed="x"), "C": thing(Name="c")}, Outputs={"S": {"Value": "1"}})
    after = body(
        {
            "A": thing(Size="2"),
            "B": thing(Fixed="y"),
            "New": thing(Name="new"),
            "Z": {**thing(), "DependsOn": ["A", "B", "New"]},
        },
        Outputs={"S": {"Value": "2"}},
    )
    created(backend, "one", before)
    was = json.loads(json.dumps(things.there))
    things.refuse["create", "Z"] = "no room"
    stack = updated(backend, "one", after)
    assert stack.status == "UPDATE_ROLLBACK_COMPLETE"
    assert reason(stack, "one", "UPDATE_ROLLBACK_IN_PROGRESS") == "The following resource(s) failed to create: [Z]."
    assert things.there == was
    assert {name: item.physical_id for name, item in stack.resources.items()} == {"A": "a-1", "B": "b-2", "C": "c"}
    assert stack.outputs["S"].value == "1"
    assert stack.template.text == before
    del things.refuse["create", "Z"]
    assert updated(backend, "one", after).status == "UPDATE_COMPLETE"
    assert "c" not in things.there


def test_a_rollback_that_fails_can_be_continued_or_skipped(backend: StackBackend, things: Things) -> None:
    created(backend, "one", body({"A": thing(Size="1"), "B": {**thing(Size="1"), "DependsOn": "A"}}))
    things.refuse["update", "B"] = "broken"
    stack = updated(backend, "one", body({"A": thing(Size="2"), "B": {**thing(Size="2"), "DependsOn": "A"}}))
    assert stack.status == "UPDATE_ROLLBACK_FAILED"
    backend.continue_rollback({"StackName": "one"})
    assert settled(backend, "one").status == "UPDATE_ROLLBACK_FAILED"
    backend.continue_rollback({"StackName": "one", "ResourcesToSkip": ["B"]})
    assert settled(backend, "one").status == "UPDATE_ROLLBACK_COMPLETE"
    assert things.there["a-1"]["Size"] == "1"


def test_a_cancelled_update_is_rolled_back(backend: StackBackend, things: Things) -> None:
    created(backend, "one", body({"A": thing(Size="1"), "B": thing(Size="1")}))
    things.gate.clear()
    backend.update_stack({"StackName": "one", "TemplateBody": body({"A": thing(Size="2"), "B": thing(Size="2")})})
    backend.cancel_update({"StackName": "one"})
    things.gate.set()
    assert settled(backend, "one").status == "UPDATE_ROLLBACK_COMPLETE"
    assert things.there["a-1"]["Size"] == "1"


def test_an_update_without_a_change_is_refused(backend: StackBackend) -> None:
    created(backend, "one", ONE)
    with pytest.raises(Refused, match=r"No updates are to be performed\."):
        backend.update_stack({"StackName": "one", "TemplateBody": json.dumps(json.loads(ONE), indent=1)})


def test_an_output_alone_is_a_change(backend: StackBackend) -> None:
    created(backend, "one", body({"A": thing()}, Outputs={"V": {"Value": "1"}}))
    assert updated(backend, "one", body({"A": thing()}, Outputs={"V": {"Value": "2"}})).outputs["V"].value == "2"


def test_the_type_of_a_resource_cannot_change(backend: StackBackend) -> None:
    created(backend, "one", body({"A": thing()}))
    with pytest.raises(Refused, match="Update of resource type is not permitted"):
        backend.update_stack({"StackName": "one", "TemplateBody": body({"A": {"Type": "AWS::SQS::Queue"}})})


def test_an_export_in_use_holds_its_stack(backend: StackBackend, things: Things) -> None:
    stack = created(backend, "one", ONE)
    two = created(backend, "two", body({"A": thing(Arn={"Fn::ImportValue": "used-arn"})}))
    backend.delete_stack({"StackName": "one"})
    assert settled(backend, "one").reason == "Cannot delete export used-arn as it is in use by two"
    assert created(backend, "three", ONE).status == "ROLLBACK_COMPLETE"  # the name is taken
    backend.delete_stack({"StackName": "two"})
    two.wait_settled(10)
    backend.delete_stack({"StackName": "one"})
    assert settled(backend, stack.id).status == "DELETE_COMPLETE"


def test_stack_tags_reach_what_the_stack_makes(backend: StackBackend, things: Things) -> None:
    tags = [{"Key": "lake:silo", "Value": "sales"}]
    stack = created(backend, "one", body({"A": thing()}), Tags=tags)
    assert things.tags["a-1"] == {
        "lake:silo": "sales",
        "aws:cloudformation:stack-name": "one",
        "aws:cloudformation:stack-id": stack.id,
        "aws:cloudformation:logical-id": "A",
    }
    updated(backend, "one", body({"A": thing()}), Tags=[{"Key": "lake:silo", "Value": "plant"}])
    assert things.tags["a-1"]["lake:silo"] == "plant"


def test_a_stack_policy_denies_a_replacement(backend: StackBackend, things: Things) -> None:
    policy = {
        "Statement": [
            {"Effect": "Allow", "Action": "Update:*", "Principal": "*", "Resource": "*"},
            {"Effect": "Deny", "Action": "Update:Replace", "Principal": "*", "Resource": "LogicalResourceId/A"},
        ]
    }
    created(backend, "one", body({"A": thing(Fixed="x")}), StackPolicyBody=json.dumps(policy))
    stack = updated(backend, "one", body({"A": thing(Fixed="y")}))
    assert stack.status == "UPDATE_ROLLBACK_COMPLETE"
    assert "Action denied by stack policy" in str(reason(stack, "A", "UPDATE_FAILED"))
    assert updated(backend, "one", body({"A": thing(Fixed="x", Size="2")})).status == "UPDATE_COMPLETE"


def test_termination_protection_refuses_the_deletion(backend: StackBackend) -> None:
    created(backend, "one", ONE, EnableTerminationProtection=True)
    with pytest.raises(Refused, match="cannot be deleted while TerminationProtection is enabled"):
        backend.delete_stack({"StackName": "one"})
    backend.protect("one", enabled=False)
    backend.delete_stack({"StackName": "one"})


@pytest.mark.parametrize(
    ("template", "message", "code"),
    [
        (body({"A": {"Type": "AWS::Nope::Nope"}}), "Unrecognized resource types: [AWS::Nope::Nope]", "ValidationError"),
        (
            body({"A": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "r"}}}),
            "Requires capabilities : [CAPABILITY_NAMED_IAM]",
            "InsufficientCapabilitiesException",
        ),
        (
            body({"A": {"Type": "AWS::IAM::Role", "Properties": {}}}),
            "Requires capabilities : [CAPABILITY_IAM]",
            "InsufficientCapabilitiesException",
        ),
        (
            body({"A": thing(Other={"Ref": "B"}), "B": thing(Other={"Ref": "A"})}),
            "Circular dependency between resources: [A, B]",
            "ValidationError",
        ),
    ],
)
def test_what_is_known_wrong_is_refused_before_anything_runs(
    backend: StackBackend, template: str, message: str, code: str
) -> None:
    with pytest.raises(Refused) as refused:
        backend.create_stack({"StackName": "one", "TemplateBody": template})
    assert (refused.value.code, message in refused.value.message) == (code, True)
    assert backend.find("one") is None


def test_a_condition_leaves_a_resource_out_and_later_brings_it(backend: StackBackend, things: Things) -> None:
    template = body(
        {"A": thing(), "B": {**thing(), "Condition": "Wide"}},
        Parameters={"Wide": {"Type": "String"}},
        Conditions={"Wide": {"Fn::Equals": [{"Ref": "Wide"}, "yes"]}},
    )
    created(backend, "one", template, Parameters=parameters(Wide="no"))
    assert list(things.there) == ["a-1"]
    updated(backend, "one", template, Parameters=parameters(Wide="yes"))
    assert list(things.there) == ["a-1", "b-2"]
    updated(backend, "one", template, Parameters=parameters(Wide="no"))
    assert list(things.there) == ["a-1"]


def test_an_unknown_attribute_fails_at_the_resource_that_asks(backend: StackBackend) -> None:
    stack = created(backend, "one", body({"A": thing(), "B": thing(X={"Fn::GetAtt": "A.Nope"})}))
    assert "resource A does not support attribute type Nope in Fn::GetAtt" in str(reason(stack, "B", "CREATE_FAILED"))


def test_a_hundred_resources_take_no_time(backend: StackBackend) -> None:
    names = [f"A{number}" for number in range(100)]
    chain = {name: thing(Before={"Ref": before}) for before, name in itertools.pairwise(names)}
    began = time.process_time()
    assert created(backend, "one", body({"A0": {"Type": THING}, **chain})).status == "CREATE_COMPLETE"
    assert time.process_time() - began < 0.5


def test_a_fault_of_a_handler_ends_in_a_failed_stack_not_a_busy_one(
    backend: StackBackend, things: Things, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise KeyError("a bug")

    raised: queue.Queue[threading.ExceptHookArgs] = queue.Queue()
    monkeypatch.setattr(threading, "excepthook", raised.put)
    monkeypatch.setattr(things, "create", broken)
    stack = created(backend, "one", ONE)
    assert (stack.status, stack.reason) == ("CREATE_FAILED", "Internal Failure")
    assert raised.get(timeout=10).exc_type is KeyError  # it is not swallowed


def test_of_many_updates_at_once_one_is_taken(backend: StackBackend, things: Things) -> None:
    created(backend, "one", ONE)
    things.gate.clear()
    answers: list[str] = []

    def ask(size: str) -> None:
        try:
            backend.update_stack({"StackName": "one", "TemplateBody": ONE, "Parameters": parameters(Size=size)})
            answers.append("taken")
        except Refused as refused:
            answers.append(refused.message[-47:])

    callers = [threading.Thread(target=ask, args=(str(size),)) for size in range(2, 10)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join(10)
    things.gate.set()
    assert sorted(answers) == ["is in UPDATE_IN_PROGRESS state and can not be updated."[-47:]] * 7 + ["taken"]
    assert settled(backend, "one").status == "UPDATE_COMPLETE"


def test_a_failed_update_that_was_left_as_it_is_can_be_tried_again(backend: StackBackend, things: Things) -> None:
    created(backend, "one", body({"A": thing(Size="1"), "B": {**thing(Size="1"), "DependsOn": "A"}}))
    later = body({"A": thing(Size="2"), "B": {**thing(Size="2"), "DependsOn": "A"}})
    things.refuse["update", "B"] = "no room"
    assert updated(backend, "one", later, DisableRollback=True).status == "UPDATE_FAILED"
    assert (things.there["a-1"]["Size"], things.there["b-2"]["Size"]) == ("2", "1")
    things.refuse.clear()
    things.log.clear()
    assert updated(backend, "one", later).status == "UPDATE_COMPLETE"
    assert things.log == ["update B"]
    assert things.there["b-2"]["Size"] == "2"


def test_a_failed_creation_that_was_left_as_it_is_can_be_completed(backend: StackBackend, things: Things) -> None:
    things.refuse["create", "User"] = "no room"
    assert created(backend, "one", ONE, DisableRollback=True).status == "CREATE_FAILED"
    things.refuse.clear()
    assert updated(backend, "one", ONE).status == "UPDATE_COMPLETE"
    assert list(things.there) == ["used-1", "user-2"]
