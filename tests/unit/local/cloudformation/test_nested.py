"""Stacks in stacks: made, changed and undone within their parent's operation."""

from __future__ import annotations

from typing import Any

import pytest

from controller.local.cloudformation import nested
from controller.local.cloudformation.errors import Refused
from controller.local.cloudformation.stack import STACK, Stack
from controller.local.cloudformation.stacks import StackBackend
from tests.fakes.things import Things, body, created, reason, settled, thing, told, updated

CHILD = body(
    {"A": thing(Size={"Ref": "Size"})},
    Parameters={"Size": {"Type": "String"}},
    Outputs={"Size": {"Value": {"Fn::GetAtt": "A.Size"}}},
)


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Templates by URL; what is not there is denied."""
    held: dict[str, str] = {"child": CHILD}

    def read(url: str, *_: Any) -> str:
        if url not in held:
            raise Refused("S3 error: Access Denied")
        return held[url]

    monkeypatch.setattr(nested, "read_url", read)
    return held


def parent(url: str = "child", size: str = "1", **more: Any) -> str:
    child = {"Type": STACK, "Properties": {"TemplateURL": url, "Parameters": {"Size": size}}}
    return body({"Storage": child, "User": thing(Of={"Fn::GetAtt": "Storage.Outputs.Size"}), **more})


def child_of(backend: StackBackend, stack: Stack) -> Stack:
    return backend.get(stack.resources["Storage"].physical_id)


@pytest.mark.usefixtures("bucket")
def test_a_nested_stack_is_a_stack_of_its_own_with_outputs_for_its_parent(
    backend: StackBackend, things: Things
) -> None:
    stack = created(backend, "root", parent(), Tags=[{"Key": "lake:silo", "Value": "sales"}])
    child = child_of(backend, stack)
    assert stack.status == child.status == "CREATE_COMPLETE"
    assert (child.parent_id, child.root_id) == (stack.id, stack.id)
    assert child.name.startswith("root-Storage-")
    assert child.wanted.tags == {"lake:silo": "sales"}
    assert things.there["user-2"] == {"Of": "1"}


@pytest.mark.usefixtures("bucket")
def test_a_failure_inside_bubbles_up_and_both_are_undone(backend: StackBackend, things: Things) -> None:
    things.refuse["create", "A"] = "no room"
    stack = created(backend, "root", parent())
    told_why = str(reason(stack, "Storage", "CREATE_FAILED"))
    assert told_why.startswith("Embedded stack arn:aws:cloudformation:")
    assert "was not successfully created: The following resource(s) failed to create: [A]." in told_why
    assert stack.status == "ROLLBACK_COMPLETE"
    assert child_of(backend, stack).status == "DELETE_COMPLETE"


def test_a_template_that_may_not_be_read_fails_its_resource(backend: StackBackend, bucket: dict[str, str]) -> None:
    del bucket["child"]
    stack = created(backend, "root", parent())
    assert reason(stack, "Storage", "CREATE_FAILED") == "S3 error: Access Denied"


def test_a_change_inside_reaches_the_nested_stack_and_its_users(
    backend: StackBackend, things: Things, bucket: dict[str, str]
) -> None:
    stack = created(backend, "root", parent())
    bucket["child-2"] = CHILD.replace('"Outputs"', '"Description": "second", "Outputs"')
    updated(backend, "root", parent("child-2", "2"))
    child = child_of(backend, stack)
    assert told(child)[-1] == "UPDATE_COMPLETE"
    assert things.there == {"a-1": {"Size": "2"}, "user-2": {"Of": "2"}}


@pytest.mark.usefixtures("bucket")
def test_an_untouched_nested_stack_stays_as_it_is(backend: StackBackend) -> None:
    stack = created(backend, "root", parent())
    updated(backend, "root", parent(Other=thing()))
    assert told(child_of(backend, stack)) == ["CREATE_IN_PROGRESS", "CREATE_COMPLETE"]


def test_a_nested_stack_is_brought_back_when_a_sibling_fails_after_it(
    backend: StackBackend, things: Things, bucket: dict[str, str]
) -> None:
    bucket["smaller"] = CHILD
    bucket["larger"] = body(
        {"A": thing(Size={"Ref": "Size"}), "Precious": thing(Name="precious")},
        Parameters={"Size": {"Type": "String"}},
        Outputs={"Size": {"Value": {"Fn::GetAtt": "A.Size"}}},
    )
    stack = created(backend, "root", parent("larger"))
    things.refuse["update", "User"] = "no room"
    late = "delete Precious"
    backend.update_stack({"StackName": "root", "TemplateBody": parent("smaller", "2")})
    settled(backend, "root")
    assert late not in things.log  # what an update leaves out goes only when nothing can fail any more
    assert child_of(backend, stack).status == "UPDATE_ROLLBACK_COMPLETE"
    assert things.there["a-1"] == {"Size": "1"}
    del things.refuse["update", "User"]
    backend.continue_rollback({"StackName": "root"})
    assert settled(backend, "root").status == "UPDATE_ROLLBACK_COMPLETE"
    assert updated(backend, "root", parent("smaller", "2")).status == "UPDATE_COMPLETE"
    assert late in things.log


@pytest.mark.usefixtures("bucket")
def test_a_nested_stack_goes_with_its_parent(backend: StackBackend, things: Things) -> None:
    stack = created(backend, "root", parent())
    backend.delete_stack({"StackName": "root"})
    assert settled(backend, stack.id).status == "DELETE_COMPLETE"
    assert child_of(backend, stack).status == "DELETE_COMPLETE"
    assert things.there == {}


@pytest.mark.usefixtures("bucket")
def test_a_nested_stack_that_cannot_go_keeps_its_parent(backend: StackBackend, things: Things) -> None:
    stack = created(backend, "root", parent())
    things.refuse["delete", "A"] = "not empty"
    backend.delete_stack({"StackName": "root"})
    assert settled(backend, "root").status == "DELETE_FAILED"
    assert "was not successfully deleted" in str(reason(stack, "Storage", "DELETE_FAILED"))


def test_a_change_set_may_look_into_nested_stacks(
    backend: StackBackend, things: Things, bucket: dict[str, str]
) -> None:
    stack = created(backend, "root", parent())
    bucket["child"] = CHILD.replace('"Outputs"', '"Description": "the same", "Outputs"')
    asked = {"StackName": "root", "ChangeSetName": "next", "TemplateBody": parent(), "IncludeNestedStacks": True}
    assert "didn't contain changes" in str(backend.create_change_set(asked).reason)
    backend.delete_change_set(asked)

    bucket["child"] = CHILD.replace('{"Ref": "Size"}', '"fixed"')
    made = backend.create_change_set(asked)
    (change,) = (item["ResourceChange"] for item in made.described()["Changes"])
    assert (change["LogicalResourceId"], change["Details"][0]["ChangeSource"]) == ("Storage", "Automatic")
    inner = backend.change_set(change["ChangeSetId"])
    assert (inner.parent_id, inner.root_id, inner.stack) == (made.id, made.id, child_of(backend, stack))
    assert [item.logical_id for item in inner.changes] == ["A"]
    backend.execute_change_set({"ChangeSetName": made.id})
    assert settled(backend, "root").status == "UPDATE_COMPLETE"
    assert things.there["a-1"] == {"Size": "fixed"}
    assert len(backend.change_sets) == 0


def test_a_nested_change_that_cannot_be_worked_out_fails_the_whole(
    backend: StackBackend, bucket: dict[str, str]
) -> None:
    created(backend, "root", parent())
    del bucket["child"]
    asked = {"StackName": "root", "ChangeSetName": "next", "TemplateBody": parent(), "IncludeNestedStacks": True}
    made = backend.create_change_set(asked)
    assert (made.status, made.reason) == ("FAILED", "S3 error: Access Denied")


def test_a_nested_stack_added_by_an_update_that_fails_leaves_nothing(
    backend: StackBackend, things: Things, bucket: dict[str, str]
) -> None:
    bucket["child"] = CHILD.replace('"Properties"', '"DeletionPolicy": "RetainExceptOnCreate", "Properties"')
    created(backend, "root", body({"First": thing()}))
    things.refuse["create", "User"] = "no room"
    stack = updated(backend, "root", parent(First=thing()))
    assert stack.status == "UPDATE_ROLLBACK_COMPLETE"
    assert list(things.there) == ["first-1"]
