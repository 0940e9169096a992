"""Resource import: what exists becomes part of a stack that is there, and nothing else changes."""

from __future__ import annotations

from typing import Any

import pytest

from controller.local.cloudformation import nested
from controller.local.cloudformation.changeset import ChangeSet
from controller.local.cloudformation.errors import Refused
from controller.local.cloudformation.stack import STACK
from controller.local.cloudformation.stacks import StackBackend
from tests.fakes.things import THING, Things, body, created, settled, thing

CHILD = body({"A": thing(Name="a", Size="1")}, Outputs={"Size": {"Value": {"Fn::GetAtt": "A.Size"}}})
KEPT = {**thing(Name="kept", Size="7"), "DeletionPolicy": "Retain"}


@pytest.fixture
def _child(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nested, "read_url", lambda url, *_: CHILD if url == "child" else body({"B": thing(Name="b")}))


def nest(url: str = "child") -> dict[str, Any]:
    return {"Type": STACK, "DeletionPolicy": "Retain", "Properties": {"TemplateURL": url}}


def importing(backend: StackBackend, template: str, *wanted: tuple[str, str, str]) -> ChangeSet:
    """`wanted` are logical id, type and physical id."""
    keys = {STACK: "StackId", THING: "Name"}
    return backend.create_change_set(
        {
            "StackName": "root",
            "ChangeSetName": "import",
            "ChangeSetType": "IMPORT",
            "TemplateBody": template,
            "ResourcesToImport": [
                {"LogicalResourceId": name, "ResourceType": kind, "ResourceIdentifier": {keys[kind]: physical}}
                for name, kind, physical in wanted
            ],
        }
    )


def test_what_is_there_is_taken_in_and_stays_as_it_is(backend: StackBackend, things: Things) -> None:
    stack = created(backend, "root", body({"First": thing()}))
    things.there["kept"] = {"Name": "kept", "Size": "9"}
    told = importing(backend, body({"First": thing(), "Kept": KEPT}), ("Kept", THING, "kept")).described()
    (change,) = [one["ResourceChange"] for one in told["Changes"]]
    assert (told["Status"], change["Action"], change["PhysicalResourceId"]) == ("CREATE_COMPLETE", "Import", "kept")
    backend.execute_change_set({"StackName": "root", "ChangeSetName": "import"})
    assert settled(backend, stack.id).status == "IMPORT_COMPLETE"
    assert stack.resources["Kept"].status == "IMPORT_COMPLETE" and stack.resources["Kept"].physical_id == "kept"
    assert "create Kept" not in things.log


@pytest.mark.usefixtures("_child")
def test_a_stack_that_outlived_its_parent_is_nested_again_with_its_outputs(
    backend: StackBackend, things: Things
) -> None:
    first = created(backend, "root", body({"Storage": nest()}), Tags=[{"Key": "lake:silo", "Value": "sales"}])
    child = first.resources["Storage"].physical_id
    backend.delete_stack({"StackName": "root"})
    settled(backend, first.id)
    again = created(backend, "root", body({"First": thing()}), Tags=[{"Key": "lake:silo", "Value": "sales"}])
    user = thing(Of={"Fn::GetAtt": "Storage.Outputs.Size"})
    importing(backend, body({"First": thing(), "Storage": nest()}), ("Storage", STACK, child))
    backend.execute_change_set({"StackName": "root", "ChangeSetName": "import"})
    assert settled(backend, again.id).status == "IMPORT_COMPLETE"
    assert backend.get(child).parent_id == again.id
    backend.update_stack(
        {"StackName": "root", "TemplateBody": body({"First": thing(), "Storage": nest(), "User": user})}
    )
    assert settled(backend, again.id).status == "UPDATE_COMPLETE"
    assert any(one == {"Of": "1"} for one in things.there.values())


@pytest.mark.usefixtures("_child")
@pytest.mark.parametrize(
    ("url", "tags", "why"), [("other", "sales", "template of Storage"), ("child", "finance", "tags of Storage")]
)
def test_a_stack_of_another_template_or_other_tags_is_not_nested(
    backend: StackBackend, url: str, tags: str, why: str
) -> None:
    child = created(backend, "alone", CHILD, Tags=[{"Key": "lake:silo", "Value": tags}])
    created(backend, "root", body({"First": thing()}), Tags=[{"Key": "lake:silo", "Value": "sales"}])
    change_set = importing(backend, body({"First": thing(), "Storage": nest(url)}), ("Storage", STACK, child.id))
    assert change_set.status == "FAILED" and why in str(change_set.reason)


@pytest.mark.parametrize(
    ("resources", "physical", "why"),
    [
        ({"First": thing(), "Kept": KEPT}, "absent", "does not exist"),
        ({"First": thing(Size="2"), "Kept": KEPT}, "kept", "not imported"),
        ({"Kept": KEPT}, "kept", "not imported"),
        ({"First": thing(), "Kept": KEPT}, "owned", "already managed by"),
    ],
)
def test_an_import_does_nothing_else_and_takes_nothing_twice(
    backend: StackBackend, things: Things, resources: dict[str, Any], physical: str, why: str
) -> None:
    created(backend, "root", body({"First": thing()}))
    created(backend, "other", body({"Owned": thing(Name="owned")}))
    things.there["kept"] = {"Name": "kept"}
    change_set = importing(backend, body(resources), ("Kept", THING, physical))
    assert change_set.status == "FAILED" and why in str(change_set.reason)


def test_an_import_leaves_outputs_alone(backend: StackBackend, things: Things) -> None:
    created(backend, "root", body({"First": thing()}))
    things.there["kept"] = {"Name": "kept"}
    template = body({"First": thing(), "Kept": KEPT}, Outputs={"New": {"Value": "x"}})
    change_set = importing(backend, template, ("Kept", THING, "kept"))
    assert change_set.status == "FAILED" and "[Outputs]" in str(change_set.reason)


def test_what_is_imported_needs_a_deletion_policy_and_a_place_in_the_template(
    backend: StackBackend, things: Things
) -> None:
    created(backend, "root", body({"First": thing()}))
    with pytest.raises(Refused, match="needs a DeletionPolicy"):
        importing(backend, body({"First": thing(), "Kept": thing(Name="kept")}), ("Kept", THING, "kept"))
    with pytest.raises(Refused, match="missing from the template"):
        importing(backend, body({"First": thing()}), ("Kept", THING, "kept"))
    with pytest.raises(Refused, match="at least one resource"):
        importing(backend, body({"First": thing()}))
