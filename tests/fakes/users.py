"""Users of partners in memory; a key that sticks says that it was made inactive and is not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from controller.model.credential import LiveUser
from controller.model.live import Place
from controller.model.observed import Observed, Present, Unreadable


@dataclass
class FakeUsers:
    """The same in every account, unless `account` names the only one that has them."""

    there: dict[str, LiveUser] = field(default_factory=dict)
    refuses: str = ""
    sticks: bool = False
    account: str = ""

    def users(self, place: Place) -> Observed[Sequence[LiveUser]]:
        if self.refuses:
            return Unreadable(self.refuses)
        return Present(tuple(self.there.values()) if self.account in ("", place.account) else ())

    def disable(self, place: Place, user: str, key: str) -> None:
        if not self.sticks:
            keys = (replace(each, active=each.active and each.id != key) for each in self.there[user].keys)
            self.there[user] = replace(self.there[user], keys=tuple(keys))

    def delete(self, place: Place, user: str, key: str) -> None:
        keys = tuple(each for each in self.there[user].keys if each.id != key)
        self.there[user] = replace(self.there[user], keys=keys)
