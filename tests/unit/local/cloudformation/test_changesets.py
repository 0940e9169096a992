"""Change sets say what an operation would do, and do it when they are executed."""

from __future__ import annotations

from typing import Any

import pytest

from controller.local.cloudformation.errors import Refused
from controller.local.cloudformation.stacks import StackBackend
from tests.fakes.things import Things, body, created, parameters, settled, thing

TEMPLATE = body(
    {
        "A": thing(Name={"Ref": "Name"}, Size="1"),
        "B": thing(Uses={"Fn::GetAtt": "A.Arn"}),
        "Gone": {**thing(), "DeletionPolicy": "Retain"},
    },
    Parameters={"Name": {"Type": "String", "Default": "x"}},
)
LATER = body(
    {"A": thing(Name={"Ref": "Name"}, Size="2"), "B": thing(Uses={"Fn::GetAtt": "A.Arn"}), "New": thing()},
    Parameters={"Name": {"Type": "String", "Default": "x"}},
)


def proposed(backend: StackBackend, template: str, **more: Any) -> dict[str, dict[str, Any]]:
    """The changes of a new change set by logical id, with values."""
    made = backend.create_change_set({"StackName": "one", "ChangeSetName": "next", "TemplateBody": template, **more})
    told = made.described(values=True)
    assert told["Status"] == "CREATE_COMPLETE", told["StatusReason"]
    return {item["ResourceChange"]["LogicalResourceId"]: item["ResourceChange"] for item in told["Changes"]}


def test_an_update_in_place_an_addition_and_a_removal(backend: StackBackend) -> None:
    created(backend, "one", TEMPLATE)
    changes = proposed(backend, LATER)
    assert {name: change["Action"] for name, change in changes.items()} == {
        "A": "Modify",
        "New": "Add",
        "Gone": "Remove",
    }
    assert changes["A"]["Replacement"] == "False"
    assert changes["A"]["Scope"] == ["Properties"]
    assert changes["A"]["Details"] == [
        {
            "Target": {
                "Attribute": "Properties",
                "Name": "Size",
                "Path": "/Properties/Size",
                "RequiresRecreation": "Never",
                "BeforeValue": "1",
                "AfterValue": "2",
                "AttributeChangeType": "Modify",
            },
            "Evaluation": "Static",
            "ChangeSource": "DirectModification",
            "CausingEntity": None,
        }
    ]
    assert changes["Gone"]["PolicyAction"] == "Retain"


def test_a_parameter_that_names_a_resource_replaces_it_and_touches_its_users(backend: StackBackend) -> None:
    created(backend, "one", TEMPLATE)
    changes = proposed(backend, TEMPLATE, Parameters=parameters(Name="y"))
    assert (changes["A"]["Replacement"], changes["A"]["PolicyAction"]) == ("True", "ReplaceAndDelete")
    assert changes["A"]["Details"][0]["ChangeSource"] == "ParameterReference"
    assert changes["A"]["Details"][0]["CausingEntity"] == "Name"
    user = changes["B"]["Details"][0]
    assert (user["Evaluation"], user["ChangeSource"], user["CausingEntity"]) == ("Dynamic", "ResourceAttribute", "A")
    assert user["Target"]["AfterValue"] == "{{changeSet:KNOWN_AFTER_APPLY}}"


def test_a_replacement_that_hangs_on_what_is_not_known_yet_is_conditional(backend: StackBackend) -> None:
    fixed = thing(Fixed={"Fn::GetAtt": "A.Arn"})
    created(backend, "one", body({"A": thing(Fixed="x"), "B": fixed}))
    changes = proposed(backend, body({"A": thing(Fixed="y"), "B": fixed}))
    assert (changes["A"]["Replacement"], changes["B"]["Replacement"]) == ("True", "Conditional")


def test_executing_does_what_was_said_and_ends_the_other_change_sets(backend: StackBackend, things: Things) -> None:
    stack = created(backend, "one", TEMPLATE)
    proposed(backend, LATER)
    backend.create_change_set({"StackName": "one", "ChangeSetName": "other", "TemplateBody": LATER})
    backend.execute_change_set({"StackName": "one", "ChangeSetName": "next"})
    assert settled(backend, "one").status == "UPDATE_COMPLETE"
    assert things.there["x"]["Size"] == "2"
    assert backend.change_sets.of(stack) == []
    with pytest.raises(Refused) as refused:
        backend.change_set("next", "one")
    assert refused.value.code == "ChangeSetNotFound"


def test_a_change_set_without_a_change_has_failed_and_cannot_be_executed(backend: StackBackend) -> None:
    created(backend, "one", TEMPLATE)
    made = backend.create_change_set({"StackName": "one", "ChangeSetName": "next", "UsePreviousTemplate": True})
    assert (made.status, made.execution) == ("FAILED", "UNAVAILABLE")
    assert "didn't contain changes" in str(made.reason)
    with pytest.raises(Refused) as refused:
        backend.execute_change_set({"ChangeSetName": made.id})
    assert refused.value.code == "InvalidChangeSetStatus"


def test_a_change_set_for_a_new_stack_leaves_it_in_review(backend: StackBackend, things: Things) -> None:
    changes = proposed(backend, TEMPLATE, ChangeSetType="CREATE")
    stack = backend.get("one")
    assert (stack.status, stack.busy, things.there) == ("REVIEW_IN_PROGRESS", False, {})
    assert {change["Action"] for change in changes.values()} == {"Add"}
    with pytest.raises(Refused, match="REVIEW_IN_PROGRESS state and can not be updated"):
        backend.create_change_set({"StackName": "one", "ChangeSetName": "b", "TemplateBody": TEMPLATE})
    backend.execute_change_set({"StackName": "one", "ChangeSetName": "next"})
    assert settled(backend, "one").status == "CREATE_COMPLETE"


def test_a_change_set_may_ask_that_a_failed_new_stack_goes(backend: StackBackend, things: Things) -> None:
    proposed(backend, TEMPLATE, ChangeSetType="CREATE", OnStackFailure="DELETE")
    things.refuse["create", "B"] = "no room"
    stack = backend.execute_change_set({"StackName": "one", "ChangeSetName": "next"})
    assert settled(backend, stack.id).status == "DELETE_COMPLETE"


def test_a_change_set_of_a_stack_that_is_not_there_is_refused(backend: StackBackend) -> None:
    with pytest.raises(Refused, match=r"Stack \[one\] does not exist"):
        backend.create_change_set({"StackName": "one", "ChangeSetName": "next", "TemplateBody": TEMPLATE})
    created(backend, "one", TEMPLATE)
    with pytest.raises(Refused, match="already exists"):
        backend.create_change_set(
            {"StackName": "one", "ChangeSetName": "n", "TemplateBody": TEMPLATE, "ChangeSetType": "CREATE"}
        )


def test_only_metadata_is_a_change_of_its_own_scope(backend: StackBackend) -> None:
    created(backend, "one", body({"A": thing()}))
    changes = proposed(backend, body({"A": {**thing(), "Metadata": {"why": "x"}}}))
    assert (changes["A"]["Scope"], changes["A"]["Replacement"]) == (["Metadata"], "False")
    backend.execute_change_set({"StackName": "one", "ChangeSetName": "next"})
    assert settled(backend, "one").resources["A"].metadata == {"why": "x"}
