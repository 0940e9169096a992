"""Where silos live before anything was published for them: is the account there, and has the baseline reached it?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from controller.engine.ports import Ports
from controller.kinds.silo import NewAccount
from controller.model.index import Entry
from controller.model.live import Place
from controller.model.observed import Absent, Present, Unreadable
from controller.model.ownership import BASELINE_SET
from controller.resolve.lake import Lake, Member


@dataclass(frozen=True, slots=True)
class Residence:
    """`created` are accounts that are there and that the index does not know yet, by silo."""

    created: Mapping[str, str]
    enrolled: frozenset[str] | None  # accounts that have a baseline; None where nobody looked, or could
    unread: str = ""  # why nobody knows which accounts were created; empty where it is known

    def place(self, silo: Member, entry: Entry | None) -> Place | None:
        """Where it lives; None while its account does not exist."""
        account = silo.account if isinstance(silo.account, str) else entry.account if entry else ""
        account = account or self.created.get(silo.key, "")
        return Place(account, silo.region) if account else None

    def outside(self, place: Place, entry: Entry | None) -> bool:
        """Whether nobody can read there yet: nothing was published, and no baseline made the roles to read with."""
        return entry is None and self.enrolled is not None and place.account not in self.enrolled


UNASKED = Residence({}, None)


def place_of(silo: Member, entry: Entry | None) -> Place | None:
    """Where the silo lives, as far as manifests and index tell; None where they do not."""
    return UNASKED.place(silo, entry)


def residence(lake: Lake, ports: Ports, entries: Mapping[str, Entry], names: Sequence[str]) -> Residence:
    """Asks nothing where all of `names` were published before."""
    new = [lake.member(name) for name in names if name not in entries]
    if not new:
        return UNASKED
    emails = {one.account.email.lower(): one.key for one in new if isinstance(one.account, NewAccount)}
    created: dict[str, str] = {}
    unread = ""
    if emails:
        match ports.organizations.accounts():
            case Present(accounts):
                created = {emails[one.email.lower()]: one.id for one in accounts if one.email.lower() in emails}
            case Unreadable(why):
                unread = f"the organization's accounts could not be read: {why}"
            case Absent():
                pass
    match ports.stack_sets.read(BASELINE_SET, sorted({one.region for one in new})):
        case Present(baseline):
            return Residence(created, frozenset(account for account, _ in baseline.instances), unread)
        case Absent():
            return Residence(created, frozenset(), unread)
        case Unreadable():
            return Residence(created, None, unread)
