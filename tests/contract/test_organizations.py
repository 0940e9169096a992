"""Units and accounts: what reads tell, and what writes do once."""

from __future__ import annotations

import pytest

from controller.model.errors import AwsError
from controller.model.observed import Absent, Present
from controller.model.world import Account, Tree
from tests.contract.conftest import OUTSIDER, SALES, Side
from tests.fakes.lakes import FINANCE


def tree(side: Side, *paths: str) -> Tree:
    found = side.ports.organizations.tree(paths)
    assert isinstance(found, Present)
    return found.value


def account(side: Side, id: str) -> Account:
    found = side.ports.organizations.account(id)
    assert isinstance(found, Present)
    return found.value


def test_the_caller_is_the_master(side: Side) -> None:
    assert side.ports.organizations.caller() == side.lake.organization.master_account


def test_a_tree_has_what_is_on_the_way_and_beside_it_but_nothing_below(side: Side) -> None:
    found = tree(side, "Lake/Silos")
    assert {"Lake", "Lake/Silos", "Lake/Analytics"} <= set(found.units)
    assert "Lake/Silos/Commercial" not in found.units


def test_a_path_of_ids_leads_from_the_organization_to_the_unit(side: Side) -> None:
    found = tree(side, "Lake/Silos")
    above, unit = found.units["Lake"], found.units["Lake/Silos"]
    assert found.root.id_path == f"{found.organization_id}/{found.root.id}/"
    assert unit.id_path == f"{above.id_path}{unit.id}/" == f"{found.root.id_path}{above.id}/{unit.id}/"


def test_a_unit_that_does_not_exist_is_not_in_the_tree(side: Side) -> None:
    assert "Lake/Nowhere/Deep" not in tree(side, "Lake/Nowhere/Deep").units


def test_an_account_is_read_with_its_unit(side: Side) -> None:
    found = account(side, SALES)
    assert found.state == "ACTIVE"
    assert found.parent == tree(side, "Lake/Silos/Commercial").units["Lake/Silos/Commercial"].id


def test_an_account_outside_of_the_organization_is_absent(side: Side) -> None:
    assert side.ports.organizations.account(OUTSIDER) == Absent()


def test_all_accounts_are_listed(side: Side) -> None:
    found = side.ports.organizations.accounts()
    assert isinstance(found, Present)
    assert {silo.account for silo in side.lake.silos.values()} <= {one.id for one in found.value}


def test_residents_are_the_accounts_of_the_units_and_all_below_them(side: Side) -> None:
    units = tree(side, "Lake/Silos/Commercial").units
    found = side.ports.organizations.residents([units["Lake/Silos"]])
    assert isinstance(found, Present)
    homes = {one.account.id: one.unit.path for one in found.value}
    assert homes == {SALES: "Lake/Silos/Commercial", FINANCE: "Lake/Silos/Finance"}
    assert all(one.account.parent == one.unit.id and one.account.state == "ACTIVE" for one in found.value)
    assert side.ports.organizations.residents([units["Lake/Analytics"]]) == Present([])


def test_a_created_unit_is_there_and_cannot_be_created_twice(side: Side) -> None:
    parent = tree(side, "Lake/Silos").units["Lake/Silos"]
    made = side.ports.organizations.create_unit(parent, "North", side.management)
    assert tree(side, "Lake/Silos/North").units["Lake/Silos/North"] == made
    with pytest.raises(AwsError, match="DuplicateOrganizationalUnit"):
        side.ports.organizations.create_unit(parent, "North", side.management)


def test_a_created_account_is_active_below_the_root_under_its_address(side: Side) -> None:
    made = side.ports.organizations.create_account("acme-plant", "aws+plant@acme.example", side.management)
    found = account(side, made)
    assert (found.name, found.email, found.state) == ("acme-plant", "aws+plant@acme.example", "ACTIVE")
    assert found.parent == tree(side, "Lake").root.id


def test_a_second_account_of_one_address_is_refused(side: Side) -> None:
    side.ports.organizations.create_account("acme-plant", "aws+plant@acme.example", side.management)
    with pytest.raises(AwsError, match="EMAIL_ALREADY_EXISTS"):
        side.ports.organizations.create_account("acme-plant-2", "aws+plant@acme.example", side.management)


def test_a_moved_account_is_in_its_new_unit(side: Side) -> None:
    target = tree(side, "Lake/Silos").units["Lake/Silos"].id
    side.ports.organizations.move(SALES, account(side, SALES).parent, target, side.management)
    assert account(side, SALES).parent == target


def test_a_move_from_where_the_account_is_not_is_refused(side: Side) -> None:
    found = tree(side, "Lake/Silos", "Lake/Analytics")
    with pytest.raises(AwsError, match="SourceParentNotFound"):
        side.ports.organizations.move(
            SALES, found.units["Lake/Analytics"].id, found.units["Lake/Silos"].id, side.management
        )
    assert account(side, SALES).parent != found.units["Lake/Silos"].id
