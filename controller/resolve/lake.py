"""The whole lake as it is wanted: what every later stage reads, and nothing else of the manifests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePath

from controller.kinds.consumer import Consumer
from controller.kinds.flow import Flow
from controller.kinds.organization import Organization
from controller.kinds.partner import Partner
from controller.kinds.share import Share
from controller.kinds.silo import Silo
from controller.model.ownership import CONSUMER
from controller.model.world import Resident
from controller.resolve.credentials import Credential

Member = Silo | Consumer


@dataclass(frozen=True, slots=True)
class Defaults:
    """What was seen of the silo units' accounts, where the Organization gives those that no manifest names a silo."""

    residents: Mapping[str, Resident] = field(default_factory=dict)  # by the name of the default silo that it gets
    holders: Mapping[str, str] = field(default_factory=dict)  # account -> key of the member whose manifest names it
    closed: Mapping[str, str] = field(default_factory=dict)  # account -> its state, which is not ACTIVE
    refused: Mapping[str, str] = field(default_factory=dict)  # account -> why it gets none
    unread: str = ""  # why nobody knows which accounts there are; empty where it is known


@dataclass(frozen=True, slots=True)
class Lake:
    """Specs by name, each mapping in the order of its names."""

    organization: Organization
    silos: Mapping[str, Silo]
    consumers: Mapping[str, Consumer]
    partners: Mapping[str, Partner]
    flows: Mapping[str, Flow]
    shares: Mapping[str, Share]  # those that have not expired
    scripts: Mapping[str, bytes]  # transform scripts by the path that the manifests use
    flows_by_silo: Mapping[str, tuple[Flow, ...]]  # in the order of their names; a silo without flows is not in it
    credentials: Mapping[str, Credential] = field(default_factory=dict)  # by partner: its keys as of today
    defaults: Defaults = field(default_factory=Defaults)

    def flows_of(self, silo: str) -> tuple[Flow, ...]:
        return self.flows_by_silo.get(silo, ())

    @property
    def folder(self) -> str:
        """The lake's folder as the user typed it: where the Organization's manifest lies."""
        return PurePath(self.organization.manifest.path).parent.as_posix()

    @property
    def members(self) -> tuple[str, ...]:
        """The keys of all that get a bundle: silos, then consumers, each by their names."""
        return (*self.silos, *(consumer.key for consumer in self.consumers.values()))

    def member(self, key: str) -> Member:
        """Raises KeyError for a key that no manifest has."""
        if key.startswith(CONSUMER):
            return self.consumers[key.removeprefix(CONSUMER)]
        return self.silos[key]


def retired(member: Member) -> bool:
    return isinstance(member, Silo) and member.lifecycle == "retired"
