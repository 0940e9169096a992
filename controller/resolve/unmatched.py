"""Silos for accounts that no manifest names: what `spec.enrolment.unmatchedAccounts: default-silo` asks for.

A default silo is what the shortest valid manifest of its account would make: to write that manifest changes nothing.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from controller.kinds import silo as kind
from controller.kinds.organization import Organization
from controller.kinds.silo import NewAccount, Silo
from controller.load.schema import valid
from controller.model.index import Entry, Index
from controller.model.manifest import Manifest
from controller.model.source import Source
from controller.model.world import Account, Resident, Unit
from controller.resolve.defaults import complete
from controller.resolve.lake import Defaults, Lake
from controller.resolve.names import silo_name_max

FIELD = "spec.enrolment.unmatchedAccounts"
NAME_MAX = 24  # of a Silo; schemas/silo.schema.json
ADDRESS = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+([.][A-Za-z0-9-]+)*[.][A-Za-z]{2,}")  # as spec.owners has it


@dataclass(frozen=True, slots=True)
class _Line:
    """The positions of a manifest that nobody wrote: whatever is looked for, the line that asks for it."""

    source: Source

    def at(self, field: str) -> Source:
        return self.source


def wanted(organization: Organization) -> bool:
    return organization.unmatched_accounts == "default-silo"


def holders(lake: Lake, residents: Iterable[Resident] = ()) -> dict[str, str]:
    """Whose an account is, as far as manifests tell: by its id, or by the e-mail address that it is created with."""
    members = ((key, lake.member(key).account) for key in lake.members)
    by_email = {account.email.lower(): key for key, account in members if isinstance(account, NewAccount)}
    found = {one.account.id: by_email.get(one.account.email.lower(), "") for one in residents}
    known = {account: key for account, key in found.items() if key}
    return known | {account: key for key in lake.members if isinstance(account := lake.member(key).account, str)}


def nobodys(
    lake: Lake, residents: Sequence[Resident], management: str, entries: Mapping[str, Entry]
) -> tuple[Resident, ...]:
    """The active accounts that are to have a default silo, in the order of their ids.

    An account whose silo was declared once, and that only lost its manifest, is not among them: it would lose flows.
    """
    named = {*holders(lake, residents), lake.organization.master_account, management}
    named |= {entry.account for entry in entries.values() if not entry.default}
    free = (one for one in residents if one.account.id not in named and one.account.state == "ACTIVE")
    return tuple(sorted(free, key=lambda one: one.account.id))


def with_silos(
    lake: Lake,
    residents: Sequence[Resident],
    nobody: Sequence[Resident],
    entries: Mapping[str, Entry],
    lying: Mapping[str, str],
    refused: Mapping[str, str],
) -> Lake:
    """The lake with a default silo for each of `nobody`, but for those in `refused`, which says why by account.

    `lying` has the names of default silos that the index lost, by account: what was published under a name keeps it.
    """
    known = {entry.account: name for name, entry in entries.items() if entry.default} | dict(lying)
    free = [one for one in nobody if one.account.id not in refused]
    own = {(one.account.id, known.get(one.account.id)) for one in free}
    others = {name for name, entry in entries.items() if (entry.account, name) not in own}
    named = _names(lake, [one.account for one in free], known, {*lake.silos, *others})
    silos: dict[str, Silo] = {}
    homes: dict[str, Resident] = {}
    why = dict(refused)
    for one in free:
        name = named.get(one.account.id, "")
        reason = _unfit(lake.organization, one, name)
        if reason:
            why[one.account.id] = reason
        else:
            silos[name], homes[name] = _silo(lake.organization, name, one), one
    closed = {one.account.id: one.account.state for one in residents if one.account.state != "ACTIVE"}
    defaults = Defaults(homes, holders(lake, residents), closed, why)
    return replace(lake, silos=dict(sorted({**lake.silos, **silos}.items())), defaults=defaults)


def _names(lake: Lake, accounts: Sequence[Account], known: Mapping[str, str], taken: Container[str]) -> dict[str, str]:
    """By account: the name that it was published under, else one of the account's name, else one of its id.

    Of two new accounts with one name neither has it, so that no order decides.
    """
    found = {one.id: known[one.id] for one in accounts if known.get(one.id, "") and known[one.id] not in taken}
    longest = min(NAME_MAX, silo_name_max(lake.organization.name))
    wished = {one.id: slug(one.name, longest) for one in accounts if one.id not in found}
    for account, wish in wished.items():
        choice = (wish, f"account-{account}", f"a{account}")
        used = {*found.values(), *(other for key, other in wished.items() if key != account)}
        fits = (name for name in choice if name and len(name) <= longest and name not in taken and name not in used)
        if name := next(fits, ""):
            found[account] = name
    return found


def slug(name: str, longest: int) -> str:
    """What a silo may be called of an account's name; empty where too little of it is left."""
    letters = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "-", letters).strip("-")[:longest].strip("-")
    return words if len(words) > 1 and words[0].isalpha() else ""


def _unfit(organization: Organization, one: Resident, name: str) -> str:
    """Why no manifest could declare it; empty where one could."""
    if not name:
        return "no name is left for it that is short enough: declare it under another"
    if not _owners(organization, one.account):
        return "nobody would answer for it: set spec.notifications.email of the Organization"
    if not _nameable(one.unit) or not valid("Silo", _data(organization, name, one)):
        return f"no manifest can name its unit {one.unit.path}: rename the unit"
    return ""


def _nameable(unit: Unit) -> bool:
    """Whether its path has a word for each id: a unit whose own name has a slash looks like two."""
    return unit.path.count("/") + 1 == unit.id_path.count("/") - 2  # without the organization and the root


def _silo(organization: Organization, name: str, one: Resident) -> Silo:
    line = _Line(organization.manifest.at(FIELD))
    data = complete("Silo", _data(organization, name, one))
    return kind.read(Manifest(organization.manifest.path, "Silo", name, data, organization.manifest.digest, line))


def _data(organization: Organization, name: str, one: Resident) -> dict[str, object]:
    spec = {
        "account": one.account.id,
        "organizationalUnit": one.unit.path,
        "region": organization.home_region,
        "owners": list(_owners(organization, one.account)),
    }
    return {"apiVersion": "lake/v1", "kind": "Silo", "metadata": {"name": name}, "spec": spec}


def _owners(organization: Organization, account: Account) -> tuple[str, ...]:
    """Who hears of the lake's failures; where nobody does, the account's own address."""
    own = (account.email,) if len(account.email) <= 64 and ADDRESS.fullmatch(account.email) else ()
    return organization.notification_emails or own


def declaration(silo: Silo) -> str:
    """The manifest that declares a default silo as it is; JSON's texts are YAML's."""
    lines = [
        "apiVersion: lake/v1",
        "kind: Silo",
        "metadata:",
        f"  name: {json.dumps(silo.name)}",
        "spec:",
        f"  account: {json.dumps(silo.account)}",
        f"  organizationalUnit: {json.dumps(silo.organizational_unit)}",
        f"  region: {silo.region}",
        f"  owners: {json.dumps(list(silo.owners))}",
    ]
    return "\n".join(lines) + "\n"


def rekeyed(lake: Lake, index: Index) -> Index:
    """The index with what was published for a default silo under the member that has its account now.

    A name that a manifest took for another account tells nothing of that one.
    """
    entries = {name: entry for name, entry in index.silos.items() if not entry.default}
    found = {**holders(lake), **lake.defaults.holders}
    for name, entry in index.silos.items():
        if entry.default and (key := _heir(lake, name, entry, found)):
            entries.setdefault(key, entry)
    return replace(index, silos=dict(sorted(entries.items())))


def _heir(lake: Lake, name: str, entry: Entry, found: Mapping[str, str]) -> str:
    """The member that has the account; the name itself where none has, unless a manifest uses it for another."""
    if key := found.get(entry.account, ""):
        return key
    return "" if name in lake.members else name


def orphaned(lake: Lake, index: Index) -> Iterator[tuple[str, Entry]]:
    """Default silos that were published and are no silo any more; none while nobody can tell."""
    for name, entry in index.silos.items():
        if entry.default and name not in lake.members and not lake.defaults.unread:
            yield name, entry
