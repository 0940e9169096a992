"""An account that enters a silo unit by hand gets a silo; a manifest takes it over; it leaves with what it holds."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from controller.aws.organization import AwsOrganizations
from controller.cli import run
from controller.cli.exit import Exit
from controller.local.clients import client
from controller.model.observed import Unreadable
from controller.model.ownership import INDEX_KEY
from controller.model.world import Unit

pytestmark = pytest.mark.emulator

MASTER, REGION = "100000000001", "eu-west-1"
WAIT = ("--wait", "--timeout", "300s")
NAME, UNIT = "Research & Development", "Lake/Silos"

Siloctl = Callable[..., str]


@pytest.fixture
def folder(two_silos: str) -> Path:
    """Sales and finance, and whoever is in the silo units besides."""
    organization = Path(two_silos, "organization.yaml")
    said = organization.read_text()
    assert "unmatchedAccounts: report" in said
    organization.write_text(said.replace("unmatchedAccounts: report", "unmatchedAccounts: default-silo"))
    return Path(two_silos)


@pytest.fixture
def siloctl(folder: Path, capsys: pytest.CaptureFixture[str]) -> Siloctl:
    def called(*words: str, exits: Exit | None = Exit.OK) -> str:
        capsys.readouterr()
        status = run(["--manifests", str(folder), *words])
        out, err = capsys.readouterr()
        assert exits in (None, status), f"{words}: {status}\n{out}\n{err}"
        return out + err

    return called


class ByHand:
    """What somebody does in the management account's console."""

    def __init__(self, management: str) -> None:
        self.api = client("organizations", management, "us-east-1")
        self.root = self.api.list_roots()["Roots"][0]["Id"]

    def unit(self, path: str) -> str:
        at = self.root
        for name in path.split("/") if path else ():
            listed = self.api.list_organizational_units_for_parent(ParentId=at)["OrganizationalUnits"]
            at = next(one["Id"] for one in listed if one["Name"] == name)
        return at

    def account(self, name: str, email: str, path: str = UNIT) -> str:
        made = self.api.create_account(AccountName=name, Email=email)["CreateAccountStatus"]["AccountId"]
        self.move(made, path)
        return made

    def move(self, account: str, path: str) -> None:
        here = self.api.list_parents(ChildId=account)["Parents"][0]["Id"]
        self.api.move_account(AccountId=account, SourceParentId=here, DestinationParentId=self.unit(path))


@pytest.fixture
def by_hand(folder: Path) -> ByHand:
    api = client("organizations", MASTER, "us-east-1")
    return ByHand(api.describe_organization()["Organization"]["MasterAccountId"])


def published() -> dict[str, tuple[str, bool]]:
    stored = client("s3", MASTER, REGION).get_object(Bucket="acme-datalake-code-eu-west-1", Key=INDEX_KEY)
    return {
        name: (one["account"], one.get("default", False))
        for name, one in json.loads(stored["Body"].read())["silos"].items()
    }


def buckets(account: str) -> set[str]:
    return {one["Name"] for one in client("s3", account, REGION).list_buckets()["Buckets"] if "acme-" in one["Name"]}


def test_an_account_comes_is_taken_over_and_goes(folder: Path, siloctl: Siloctl, by_hand: ByHand) -> None:
    siloctl("apply", "--yes", *WAIT)
    account = by_hand.account(NAME, "aws+rnd@acme.example")

    said = siloctl("plan")
    assert f"account {account} ({NAME})" in " ".join(said.split())
    assert "it gets a default silo research-development" in " ".join(said.split())
    changes = json.loads(siloctl("plan", "--format", "json"))["changes"]
    assert {one["source"]["line"] for one in changes if one["address"].startswith("silo/")} == {20}
    siloctl("apply", "--yes", *WAIT)
    assert "3 silos" in siloctl("plan", "--detailed-exitcode")
    assert "a default silo: no manifest names" in siloctl("status")
    assert siloctl("drift", "--detailed-exitcode").startswith("No drift. 3 silos")
    held = buckets(account)
    assert f"acme-research-development-raw-{account}" in held
    siloctl("render", "--out", str(folder.parent / "rendered"))
    assert (folder.parent / "rendered" / "research-development").is_dir()

    siloctl("silo", "declare", account, "--write", str(folder / "silos/research.yaml"))
    assert "No changes." in siloctl("plan", "--detailed-exitcode")
    siloctl("apply", "--yes", *WAIT)
    assert published()["research-development"] == (account, False)
    assert siloctl("plan", "--detailed-exitcode").startswith("No changes.")
    assert buckets(account) == held


def test_a_manifest_of_another_name_takes_it_over(folder: Path, siloctl: Siloctl, by_hand: ByHand) -> None:
    account = by_hand.account(NAME, "aws+rnd@acme.example")
    siloctl("apply", "--yes", *WAIT)
    held = buckets(account)
    s3 = client("s3", account, REGION)
    s3.put_object(Bucket=f"acme-research-development-raw-{account}", Key="by-hand", Body=b"kept")

    manifest = siloctl("silo", "declare", "research-development").partition("then keep")[0]
    (folder / "silos/research.yaml").write_text(manifest.replace('name: "research-development"', "name: genetics"))
    said = siloctl("plan")
    assert "[leaves-behind]" in said and "destroyed with its data" not in said
    siloctl("apply", "--yes", *WAIT)
    assert siloctl("plan", "--detailed-exitcode").startswith("No changes.")
    assert siloctl("drift", "--detailed-exitcode").startswith("No drift.")
    assert published() == {
        "finance": ("200000000003", False),
        "genetics": (account, False),
        "sales": ("200000000001", False),
    }
    assert buckets(account) > held
    body = s3.get_object(Bucket=f"acme-research-development-raw-{account}", Key="by-hand")["Body"].read()
    assert body == b"kept"


def test_one_that_leaves_is_forgotten_and_goes_on_running(siloctl: Siloctl, by_hand: ByHand) -> None:
    account = by_hand.account(NAME, "aws+rnd@acme.example")
    siloctl("apply", "--yes", *WAIT)
    held = buckets(account)
    by_hand.move(account, "")

    assert f"account {account} left the silo units" in " ".join(siloctl("status", exits=Exit.ERROR).split())
    said = siloctl("plan", "--detailed-exitcode", exits=Exit.CHANGES)
    assert "silo/research-development/bundle will be given up, AWS keeps it" in said
    siloctl("apply", "--yes", *WAIT)
    assert siloctl("plan", "--detailed-exitcode").startswith("No changes.")
    assert "research-development" not in published() and buckets(account) == held

    by_hand.move(account, UNIT)
    siloctl("apply", "--yes", exits=None)  # the baseline's stack that stayed may be in the way already, or will be
    assert published()["research-development"] == (account, True)


def test_a_suspended_account_gets_none_and_two_of_one_name_are_told_apart(siloctl: Siloctl, by_hand: ByHand) -> None:
    first = by_hand.account(NAME, "aws+one@acme.example")
    second = by_hand.account(NAME, "aws+two@acme.example", "Lake/Silos/Commercial")
    closed = by_hand.account("Closed", "aws+closed@acme.example")
    by_hand.api.close_account(AccountId=closed)
    siloctl("apply", "--yes", *WAIT)
    assert {name: who for name, (who, default) in published().items() if default} == {
        f"account-{first}": first,
        f"account-{second}": second,
    }
    assert "No changes. 2 regions and 4 silos" in siloctl("plan", "--detailed-exitcode")
    said = siloctl("silo", "declare", closed, exits=Exit.MISUSE)
    assert f"there are account-{first} ({first}), account-{second} ({second})" in " ".join(said.split())


def test_by_report_the_manifest_is_printed_all_the_same(folder: Path, siloctl: Siloctl, by_hand: ByHand) -> None:
    organization = folder / "organization.yaml"
    organization.write_text(organization.read_text().replace("default-silo", "report"))
    siloctl("apply", "--yes", *WAIT)
    account = by_hand.account(NAME, "aws+rnd@acme.example")
    assert f"siloctl silo declare {account} prints one" in siloctl("drift")
    siloctl("silo", "declare", account, "--write", str(folder / "silos/research.yaml"))
    siloctl("apply", "--yes", *WAIT)
    assert published()["research-development"] == (account, False)
    siloctl("silo", "declare", account, exits=Exit.MISUSE)


def test_what_cannot_be_read_departs_nowhere(
    folder: Path, siloctl: Siloctl, by_hand: ByHand, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = by_hand.account(NAME, "aws+rnd@acme.example")
    siloctl("apply", "--yes", *WAIT)

    def refused(self: AwsOrganizations, tops: Sequence[Unit]) -> Unreadable:
        return Unreadable("AccessDeniedException (organizations:ListAccountsForParent)")

    monkeypatch.setattr(AwsOrganizations, "residents", refused)
    assert "organization/accounts could not be read" in siloctl("plan", exits=Exit.BLOCKED)
    assert "Unknown" in siloctl("status", exits=Exit.ERROR)
    assert "organization/accounts could not be read" in siloctl("drift", exits=Exit.ERROR)
    siloctl("render", "--out", str(folder.parent / "all"), exits=Exit.ERROR)
    siloctl("render", "--out", str(folder.parent / "sales"), "--silo", "sales")
    assert "sales" in siloctl("status", "--silo", "sales")
    assert "No drift." in siloctl("drift", "--silo", "sales")
    assert "AccessDenied" in siloctl("status", "--silo", "research-development", exits=Exit.ERROR)
    assert published()["research-development"] == (account, True)
