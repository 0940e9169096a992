"""Credentials that web apps vended: their states, what status tells of them, and the manifest that takes one over."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import yaml

from controller.engine.partners import held, look, with_partners
from controller.engine.validate import load_lake
from controller.engine.vended import handed, remarks, troubles
from controller.load.places import blueprints
from controller.model.credential import LiveKey, LiveUser, State
from controller.model.health import Delivery, Health, SiloStatus, Sync
from controller.model.live import LiveResource, Place
from controller.model.vended import ChangeSet, Vended, VendedStack, VendedState
from controller.report.status_text import status_text
from controller.resolve.adoption import adopted, partner_name
from tests.fakes import lakes
from tests.fakes.users import FakeUsers
from tests.fakes.vendings import FakeVendings

NOW = datetime(2026, 12, 10, 12, tzinfo=UTC)
PLACE = Place(lakes.SALES, "eu-west-1")
SAID = {
    "prefix": "inbound/probe",
    "protocols": ["api", "sftp"],
    "permissions": ["list", "upload"],
    "note": "trial of the new feed",
    "by": "ana@acme.example",
    "at": "2026-12-09T08:00:00Z",
    "expires": "2026-12-12T08:00:00Z",
    "reveal": "0" * 64,
}
MANIFESTS = Path(__file__).parents[2] / "lakes/plain"


def stack(status: str = "UPDATE_COMPLETE", unseen: frozenset[str] = frozenset(), **said: object) -> VendedStack:
    template = {"Metadata": {"lake:vended": {"probe": {**SAID, **said}}}}
    resources = (LiveResource("ProbeUser", "vended-probe", "AWS::IAM::User", "CREATE_COMPLETE"),)
    return VendedStack(status, "", (), template, resources, (), unseen)


def user(*, active: bool = True) -> LiveUser:
    return LiveUser("vended-probe", "/partners/sales/", {}, (LiveKey("AKIA1", active, date(2026, 12, 9), ""),))


@pytest.mark.parametrize(
    ("made", "live", "state"),
    [
        (stack(), user(), VendedState.ACTIVE),
        (stack("UPDATE_IN_PROGRESS"), None, VendedState.MAKING),
        (stack(), None, VendedState.MISSING),
        (stack(), user(active=False), VendedState.DISABLED),
        (stack(expires="2026-12-10T11:59:00Z"), user(), VendedState.EXPIRED),
        (stack(expires="2026-12-10T09:00:00Z"), user(), VendedState.STILL_ACTIVE),
        (stack(expires="2026-12-10T09:00:00Z", active=False), user(active=False), VendedState.EXPIRED),
    ],
    ids=["active", "being made", "without a user", "ended by hand", "just over", "not swept", "swept"],
)
def test_a_vended_credential_is_judged_by_its_stack_its_user_and_the_hour(
    made: VendedStack, live: LiveUser | None, state: VendedState
) -> None:
    users = {live.name: live} if live else {}
    (one,) = handed(made, users, NOW)
    assert one.state is state
    quiet = state in (VendedState.ACTIVE, VendedState.MAKING, VendedState.EXPIRED)
    assert (list(troubles("sales", made, (one,))) == []) is quiet


def test_a_stack_that_failed_is_trouble_and_one_that_was_brought_back_is_not() -> None:
    assert [part.health for part in troubles("sales", stack("UPDATE_ROLLBACK_FAILED"), ())] == [Health.DEGRADED]
    assert list(troubles("sales", stack("UPDATE_ROLLBACK_COMPLETE"), ())) == []


def test_a_change_set_that_nobody_carried_out_is_told_once_it_is_old() -> None:
    left = replace(
        stack(), change_sets=(ChangeSet("c-1", "2026-12-10T11:00:00Z"), ChangeSet("c-2", "2026-12-10T11:59:00Z"))
    )
    (told,) = remarks(PLACE, left, NOW)
    assert "c-1" in told and "delete-change-set" in told and lakes.SALES in told


def test_status_lists_what_was_vended_below_its_silo_and_stays_good() -> None:
    status = SiloStatus("sales", lakes.SALES, "eu-west-1", Sync.SYNCED, "runs 1", Delivery(published="1"), ())
    vendings = FakeVendings({"sales": stack(unseen=frozenset({"probe"}))})
    users = FakeUsers({"vended-probe": user()})
    (found,) = with_partners([status], lakes.lake(lakes.sales()), users, vendings, NOW)
    assert found.good
    text = status_text([found])
    assert (
        "vended: probe is active until 2026-12-12T08:00:00Z, by ana@acme.example; nobody was shown its secret" in text
    )


def test_a_vended_user_is_nobody_elses() -> None:
    lake, places = lakes.lake(lakes.sales()), {"sales": PLACE}
    people = look(places, FakeUsers({"vended-probe": user()}), FakeVendings({"sales": stack()}), NOW)
    (one,) = held(lake, places, people)
    assert (one.state, one.vended is not None, one.source) == (State.VENDED, True, None)
    (stranger,) = held(lake, places, look(places, FakeUsers({"vended-probe": user()}), FakeVendings(), NOW))
    assert stranger.state is State.FOREIGN


def test_the_manifest_of_a_vended_credential_is_valid_and_says_the_same(tmp_path: Path) -> None:
    (one,) = stack(cidrs=["203.0.113.0/24"], maxObjectMiB=5).credentials
    later = replace(one, expires="2027-06-30T08:00:00Z")
    (tmp_path / "silos").mkdir()
    for name in ("organization.yaml", "silos/sales.yaml"):
        (tmp_path / name).write_text((MANIFESTS / name).read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "probe.yaml").write_text(adopted(lakes.small(), "sales", later), encoding="utf-8")
    lake, _ = load_lake(tmp_path, blueprints(), NOW.date())
    partner = lake.partners["probe"]
    (access,) = partner.access
    assert (access.silo, access.dropzone) == ("sales", one.prefix)
    assert set(access.protocols) == set(one.protocols) and set(access.permissions) == set(one.permissions)
    assert (partner.contact, partner.source_cidrs, partner.max_object_mib) == (one.by, one.cidrs, 5)


@pytest.mark.parametrize(
    ("name", "called"),
    [
        ("probe", "probe"),
        ("ab", "ab-partner"),
        ("a--b-", "a-b"),
        ("x" * 41, "x" * 32),
        ("true", "true"),
        ("off", "off"),
    ],
)
def test_a_vended_name_becomes_one_that_a_partner_may_have(name: str, called: str) -> None:
    (one,) = stack().credentials
    renamed: Vended = replace(one, name=name)
    assert partner_name(renamed) == called
    assert yaml.safe_load(adopted(lakes.small(), "sales", renamed))["metadata"]["name"] == partner_name(renamed)


def test_a_prefix_that_is_a_flows_or_another_partners_is_told_beside_the_manifest() -> None:
    (one,) = stack(prefix="inbound/shipments/probe").credentials
    reads = replace(lakes.flow(), source_type="dropzone", source={"prefix": "inbound/shipments"})
    text = adopted(lakes.lake(lakes.sales(), flows=[reads]), "sales", one)
    assert "# beside it, at flows/orders.yaml:1: replace prefix by  partner: probe" in text
    assert "wider than what was vended" in text
    assert "#" not in adopted(lakes.lake(lakes.sales()), "sales", one).partition("access")[2]
