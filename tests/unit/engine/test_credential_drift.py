"""Drift of credentials: each way that a partner's key can be other than its stack made it and git says today."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from controller.diff.drift import DriftClass, Finding
from controller.engine.credential_drift import CredentialDrift, Made, made
from controller.kinds.partner import Access, Partner
from controller.model.credential import LiveKey, LiveUser
from controller.model.live import LiveResource
from controller.publish.origin import Origin
from controller.resolve.credentials import credential
from tests.conftest import manifest
from tests.fakes import lakes

TODAY = date(2026, 12, 10)
PULSE = Partner(
    manifest("Partner", "pulse"),
    name="pulse",
    contact="data@pulse.example",
    access=(Access("sales", "inbound/pulse", ("api",), ("upload",)),),
    expires=date(2027, 1, 31),
    rotate_every_days=30,
    issued=date(2026, 12, 1),
    revoked=False,
    source_cidrs=(),
    max_object_mib=None,
)
ORIGIN = Origin("sales", {})


def stack(status: str = "Active") -> Made:
    """A stack of partners as it was deployed: one user, one key."""
    key = {"Type": "AWS::IAM::AccessKey", "Properties": {"UserName": {"Ref": "PulseUser"}, "Status": status}}
    template = {"Resources": {"PulseUser": {"Type": "AWS::IAM::User", "Properties": {}}, "PulseKeyA": key}}
    resources = (
        LiveResource("PulseUser", "pulse", "AWS::IAM::User", "CREATE_COMPLETE"),
        LiveResource("PulseKeyA", "AKIA1", "AWS::IAM::AccessKey", "CREATE_COMPLETE"),
    )
    return made("Partners0", template, resources, ORIGIN)


def user(*keys: LiveKey, name: str = "pulse") -> LiveUser:
    return LiveUser(name, "/partners/sales/", {}, keys, "2026-12-01T08:00:00Z")


OURS = LiveKey("AKIA1", True, date(2026, 12, 1), "")
THEIRS = LiveKey("AKIA2", True, date(2026, 12, 5), "")


def look(users: Sequence[LiveUser], made: Made | None = None, **changed: Any) -> list[Finding]:
    partner = replace(PULSE, **changed)
    lake = replace(
        lakes.lake(lakes.sales()), partners={"pulse": partner}, credentials={"pulse": credential(partner, TODAY)}
    )
    drift = CredentialDrift(lake, "sales", lakes.SALES, stack() if made is None else made)
    return list(drift.findings(users))


def test_a_key_as_its_stack_made_it_is_no_drift() -> None:
    assert look([user(OURS)]) == []
    assert look([user(replace(OURS, active=False))], stack("Inactive"), revoked=True) == []


@pytest.mark.parametrize(
    ("users", "made", "changed", "kind", "is_", "says"),
    [
        ([user(OURS)], None, {"expires": date(2026, 12, 9)}, DriftClass.CREDENTIAL_EXPIRED, "Active", "siloctl apply"),
        ([user(OURS)], None, {"revoked": True}, DriftClass.CREDENTIAL_EXPIRED, "Active", "siloctl apply"),
        (
            [user(replace(OURS, created=date(2026, 11, 1)))],
            None,
            {},
            DriftClass.CREDENTIAL_UNROTATED,
            "2026-11-01",
            "siloctl apply",
        ),
        (
            [user(replace(OURS, active=False))],
            None,
            {},
            DriftClass.CREDENTIAL_CHANGED,
            "Inactive",
            "update-access-key --user-name pulse --access-key-id AKIA1 --status Active",
        ),
        (
            [user(OURS)],
            stack("Inactive"),
            {"revoked": True},
            DriftClass.CREDENTIAL_CHANGED,
            "Active",
            "update-access-key --user-name pulse --access-key-id AKIA1 --status Inactive",
        ),
        ([user()], None, {}, DriftClass.CREDENTIAL_CHANGED, None, "siloctl partner rotate pulse"),
        (
            [user(OURS, THEIRS)],
            None,
            {},
            DriftClass.CREDENTIAL_FOREIGN,
            "Active",
            "delete-access-key --user-name pulse --access-key-id AKIA2",
        ),
        (
            [user(OURS), user(name="sneaky")],
            None,
            {},
            DriftClass.CREDENTIAL_FOREIGN,
            "/partners/sales/sneaky",
            "delete-user --user-name sneaky",
        ),
    ],
    ids=["expired", "revoked", "unrotated", "ended by hand", "woken by hand", "deleted", "key added", "user added"],
)
def test_each_difference_has_one_class_and_its_way_back(
    users: list[LiveUser], made: Made | None, changed: dict[str, Any], kind: DriftClass, is_: str | None, says: str
) -> None:
    (finding,) = look(users, made, **changed)
    assert (finding.kind, finding.details[0].after) == (kind, is_)
    assert says in finding.reassert and finding.accept
    assert finding.address == f"silo/sales/partner/{users[-1].name}"
    assert (finding.source is None) == (users[-1].name == "sneaky")


def test_a_difference_says_since_when_where_aws_tells() -> None:
    assert [one.since for one in look([user(OURS, THEIRS)])] == ["2026-12-05"]
    assert [one.since for one in look([user(OURS), user(name="sneaky")])] == ["2026-12-01T08:00:00Z"]
    assert [one.since for one in look([user(OURS)], expires=date(2026, 12, 9))] == ["2026-12-09T23:59:59Z"]


def test_a_user_that_is_gone_as_a_whole_is_left_to_cloudformation() -> None:
    assert look([]) == []
