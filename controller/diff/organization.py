"""Accounts and units: where they are, and where the manifests want them."""

from __future__ import annotations

from collections.abc import Iterable

from controller.diff.change import Change, Detail, Later, Verb
from controller.kinds.consumer import Consumer
from controller.kinds.silo import NewAccount, Silo
from controller.model.observed import Absent, Observed, Present, Unreadable
from controller.model.world import Account, Tree

ROOT = "(the root)"


def missing_units(wanted: Iterable[str], tree: Tree) -> tuple[str, ...]:
    """The units to create, parents first: every step on the way to a wanted path that is not there."""
    steps = {"/".join(path.split("/")[: depth + 1]) for path in wanted for depth in range(path.count("/") + 1)}
    return tuple(sorted(step for step in steps if step not in tree.units))


def unit_change(path: str) -> Change:
    return Change(f"unit/{path}", "AWS::Organizations::OrganizationalUnit", Verb.CREATE, "does not exist yet")


def account_change(silo: Silo | Consumer, observed: Observed[Account], tree: Tree, known: str = "") -> Change | None:
    """What brings a silo's account into its unit; None when it is there. `known` is its id where that was known.

    A known account that the organization does not have is blocked: only its owner can accept an invitation, and a
    second one of the same e-mail address cannot be created.
    """
    address, wanted = f"account/{silo.key}", silo.organizational_unit
    created = silo.account if isinstance(silo.account, NewAccount) else None
    at = silo.manifest.at("spec.account")
    match observed:
        case Unreadable(why):
            return Change(address, "account", Verb.BLOCKED, f"could not be read: {why}", source=at)
        case Absent() if created is not None and not known:
            details = (
                Detail("Name", None, created.name),
                Detail("Email", None, created.email),
                Detail("OrganizationalUnit", None, wanted),
                Detail("Id", None, Later(address, "Id")),
            )
            return Change(address, "account", Verb.CREATE, "no account has its e-mail address", details, at)
        case Absent():
            reason = f"account {known or silo.account} is not in the organization: invite it, or correct the manifest"
            return Change(address, "account", Verb.BLOCKED, reason, source=at)
        case Present(account) if account.state != "ACTIVE":
            return Change(address, "account", Verb.BLOCKED, f"account {account.id} is {account.state}", source=at)
        case Present(account):
            unit = tree.units.get(wanted)
            if unit is not None and account.parent == unit.id:
                return None
            here = next((u.path for u in tree.units.values() if u.id == account.parent), "")
            here = ROOT if account.parent == tree.root.id else here or account.parent
            move = (Detail("OrganizationalUnit", here, wanted),)
            at = silo.manifest.at("spec.organizationalUnit")
            return Change(address, "account", Verb.UPDATE, "it is in another unit", move, at)
