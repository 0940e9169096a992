"""Accounts whose creation another run began: taken for ours only where the address is ours."""

from __future__ import annotations

from typing import Any, cast

import pytest

from controller.aws.client import Clients
from controller.aws.organization import AwsOrganizations
from controller.model.errors import AwsError

OURS, THEIRS = "aws+plant@acme.example", "plant@other.example"


class Creating:
    """Organizations that creates `under_way`, by account and e-mail address, all of the same name."""

    def __init__(self, under_way: dict[str, str], ends: str = "SUCCEEDED") -> None:
        self.emails = dict(under_way)
        self.begun = list(under_way)
        self.ends = ends
        self.asked: list[str] = []

    def of(self, *_: str) -> Creating:
        return self

    def get_paginator(self, _: str) -> Creating:
        return self

    def paginate(self, **_: Any) -> list[dict[str, Any]]:
        begun = [{"Id": one, "State": "IN_PROGRESS", "AccountName": "acme-plant"} for one in self.begun]
        return [{"CreateAccountStatuses": begun}]

    def describe_create_account_status(self, **asked: Any) -> dict[str, Any]:
        account = asked["CreateAccountRequestId"]
        return {"CreateAccountStatus": {"Id": account, "State": self.ends, "AccountId": account}}

    def describe_account(self, **asked: Any) -> dict[str, Any]:
        return {"Account": {"Email": self.emails[asked["AccountId"]]}}

    def create_account(self, **asked: Any) -> dict[str, Any]:
        self.asked.append(asked["Email"])
        return {"CreateAccountStatus": {"Id": "300000000009", "State": "IN_PROGRESS"}}


def create(api: Creating) -> str:
    made = AwsOrganizations(cast(Clients, api), "eu-west-1", lambda _: None)
    return made.create_account("acme-plant", OURS, "999999999999")


def test_a_creation_of_our_address_is_waited_for() -> None:
    api = Creating({"300000000001": THEIRS, "300000000002": OURS.upper()})
    assert (create(api), api.asked) == ("300000000002", [])


def test_an_account_of_the_same_name_and_another_address_is_not_taken_for_ours() -> None:
    api = Creating({"300000000001": THEIRS})
    assert (create(api), api.asked) == ("300000000009", [OURS])


@pytest.mark.parametrize("under_way", [{}, {"300000000001": OURS}])
def test_a_creation_that_does_not_end_is_an_error_and_no_reason_for_another(under_way: dict[str, str]) -> None:
    api = Creating(under_way, ends="IN_PROGRESS")
    with pytest.raises(AwsError, match="still IN_PROGRESS"):
        create(api)
    assert api.asked == ([] if under_way else [OURS])
