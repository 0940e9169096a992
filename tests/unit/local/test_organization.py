"""The seeded organization, and what Organizations answers about it."""

from __future__ import annotations

import configparser
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from controller.local import organization
from controller.local.organization import people
from controller.model.ownership import role_arn

Aws = Callable[..., Any]


def managing(embedded: Any, aws: Aws) -> Any:
    return aws("organizations", role_arn(embedded.seeded.management, "lake-organization"))


def accounts(client: Any) -> dict[str, Any]:
    pages = client.get_paginator("list_accounts").paginate()
    return {account["Id"]: account for page in pages for account in page["Accounts"]}


def test_accounts_that_manifests_name_exist_in_their_units_and_others_do_not(embedded: Any, aws: Aws) -> None:
    found = accounts(aws("organizations"))

    assert set(found) == {embedded.seeded.management, "100000000001", "200000000001", "200000000003"}
    assert embedded.seeded.management != "100000000001", "the master is not the management account"
    commercial = organization.unit_id(embedded.seeded.management, "Lake/Silos/Commercial")
    assert found["200000000001"]["Paths"][0].endswith(f"/{commercial}/200000000001/")
    assert found["200000000001"]["State"] == "ACTIVE"


def test_the_master_reads_the_tree_by_delegation_and_may_not_change_it(embedded: Any, aws: Aws) -> None:
    client = aws("organizations")
    root = client.list_roots()["Roots"][0]["Id"]
    lake = client.list_organizational_units_for_parent(ParentId=root)["OrganizationalUnits"][0]

    assert lake["Name"] == "Lake"
    assert lake["Path"] == f"{embedded.seeded.organization}/{root}/{lake['Id']}/"
    assert client.describe_organization()["Organization"]["MasterAccountId"] == embedded.seeded.management
    with pytest.raises(ClientError, match="AccessDenied"):
        client.create_account(AccountName="x", Email="x@acme.example")


def test_a_silo_may_not_read_the_tree(embedded: Any, aws: Aws) -> None:
    from controller.local import clients

    silo = clients.client("organizations", "200000000001", "eu-west-1")

    assert silo.describe_organization()["Organization"]["Id"] == embedded.seeded.organization
    with pytest.raises(ClientError, match="AccessDenied"):
        silo.list_accounts()


def test_the_same_lake_is_the_same_organization_again(embedded: Any, small_lake: Any) -> None:
    before = embedded.seeded

    embedded.reset(small_lake)

    assert embedded.seeded == before


def test_a_created_account_gets_an_id_that_follows_from_its_address(embedded: Any, aws: Aws, small_lake: Any) -> None:
    request = {"AccountName": "plant", "Email": "aws+plant@acme.example"}
    first = managing(embedded, aws).create_account(**request)["CreateAccountStatus"]
    embedded.reset(small_lake)
    second = managing(embedded, aws).create_account(**request)["CreateAccountStatus"]

    assert (first["State"], first["AccountId"]) == ("SUCCEEDED", second["AccountId"])
    assert accounts(aws("organizations"))[second["AccountId"]]["Email"] == "aws+plant@acme.example"


def test_an_account_that_the_lake_creates_is_called_as_its_silo(embedded: Any, aws: Aws) -> None:
    request = {"AccountName": "acme-plant", "Email": "aws+plant@acme.example"}
    made = managing(embedded, aws).create_account(**request)["CreateAccountStatus"]["AccountId"]

    assert embedded.name(made) == "plant"
    assert embedded.roles["plant"] == f"arn:aws:iam::{made}:role/OrganizationAccountAccessRole"


def test_whoever_keeps_profiles_hears_of_a_new_account_when_one_can_act_in_it(embedded: Any, aws: Aws) -> None:
    heard: list[set[str]] = []
    before = set(embedded.roles)
    embedded.when_accounts_change(lambda: heard.append(set(embedded.roles)))
    managing(embedded, aws).create_account(AccountName="acme-plant", Email="aws+plant@acme.example")
    assert heard == [before | {"plant"}]


def test_a_profile_names_its_session_so_that_no_cache_gives_that_of_a_former_one() -> None:
    told = configparser.ConfigParser()
    told.read_string(people.config({"sales": "arn:aws:iam::200000000001:role/r"}, "eu-west-1", "siloctl-x1"))
    assert told["profile sales"]["role_session_name"] == "siloctl-x1"
    assert told["profile sales"]["role_arn"] == "arn:aws:iam::200000000001:role/r"


def test_a_second_account_of_one_address_fails_as_in_aws(embedded: Any, aws: Aws) -> None:
    client = managing(embedded, aws)
    client.create_account(AccountName="plant", Email="aws+plant@acme.example")

    status = client.create_account(AccountName="other", Email="aws+plant@acme.example")["CreateAccountStatus"]

    described = client.describe_create_account_status(CreateAccountRequestId=status["Id"])["CreateAccountStatus"]
    assert (described["State"], described["FailureReason"]) == ("FAILED", "EMAIL_ALREADY_EXISTS")


def test_a_move_changes_the_path_and_a_wrong_source_is_refused(embedded: Any, aws: Aws) -> None:
    client = managing(embedded, aws)
    management = embedded.seeded.management
    commercial, finance = (organization.unit_id(management, f"Lake/Silos/{unit}") for unit in ("Commercial", "Finance"))

    with pytest.raises(ClientError, match="SourceParentNotFound"):
        client.move_account(AccountId="200000000001", SourceParentId=finance, DestinationParentId=finance)
    client.move_account(AccountId="200000000001", SourceParentId=commercial, DestinationParentId=finance)

    assert client.list_parents(ChildId="200000000001")["Parents"][0]["Id"] == finance
    assert (organization.organization_path("200000000001") or "").endswith(f"/{finance}/")


def test_accounts_come_in_pages_of_twenty_each_once(embedded: Any, aws: Aws, small_lake: Any) -> None:
    embedded.reset(small_lake, places={f"{number:012}": "Lake/Silos/Commercial" for number in range(300, 345)})
    client = aws("organizations")
    unit = organization.unit_id(embedded.seeded.management, "Lake/Silos/Commercial")

    pages = list(client.get_paginator("list_accounts").paginate())
    children = list(client.get_paginator("list_children").paginate(ParentId=unit, ChildType="ACCOUNT"))
    members = list(client.get_paginator("list_accounts_for_parent").paginate(ParentId=unit))

    assert [len(page["Accounts"]) for page in pages] == [20, 20, 9]
    assert [len(page["Children"]) for page in children] == [20, 20, 6]
    assert [len(page["Accounts"]) for page in members] == [20, 20, 6]
    assert len({account["Id"] for page in pages for account in page["Accounts"]}) == 49


def test_an_account_outside_of_the_organization_has_no_path(embedded: Any, small_lake: Any) -> None:
    embedded.reset(small_lake, places={"200000000001": None})

    assert organization.organization_path("200000000001") is None
    assert organization.organization_id("200000000001") is None


def test_two_units_of_one_name_below_one_parent_are_refused(embedded: Any, aws: Aws) -> None:
    with pytest.raises(ClientError, match="DuplicateOrganizationalUnit"):
        managing(embedded, aws).create_organizational_unit(ParentId=embedded.seeded.root, Name="Lake")
