"""Whether what is shared can be read: each table, as a role of the account that it is shared with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from controller.engine.accounts import account_id
from controller.engine.silos import Silos
from controller.kinds.flow import Flow
from controller.kinds.share import Share
from controller.model.health import Health, Part
from controller.model.index import Index
from controller.model.live import Place, SharedTable
from controller.model.observed import Absent, Present, Unreadable
from controller.model.ownership import SILO_STACK, member_address
from controller.render.sharing import reaches
from controller.render.values import database
from controller.resolve.lake import Lake, Member, retired
from controller.resolve.reach import matched


@dataclass(frozen=True, slots=True)
class ShareReader:
    """Reads what is shared with members; `wanted` has the input digests of all members that were asked for."""

    lake: Lake
    silos: Silos
    index: Index
    wanted: Mapping[str, str]

    def parts(self, member: Member, place: Place) -> Iterator[Part]:
        """One part a share that reaches the member, in the order of their names."""
        for share in self.lake.shares.values():
            giver = self.lake.silos[share.silo]
            if share.silo == member.key or not reaches(share, member) or retired(member) or retired(giver):
                continue
            yield self._part(share, place)

    def _part(self, share: Share, place: Place) -> Part:
        """The first table that cannot be read decides."""
        address, at = f"share/{share.name}", share.manifest.at()
        giver = self._giver(share)
        if giver is None:
            return Part(address, Health.PROGRESSING, f"the account of silo/{share.silo} does not exist yet", "", at)
        flows = matched(share, self.lake.flows_of(share.silo))
        for flow in flows:
            if self._refusal(share, flow, giver, place):
                if waiting := self._waiting(share, giver):
                    return Part(address, Health.PROGRESSING, waiting, "", at)
                # The giving silo may have become ready after the refusal: only one that comes now says something.
                if not (why := self._refusal(share, flow, giver, place)):
                    continue
                reason = f"{flow.table} cannot be read from account {place.account}: {why}"
                advice = f"siloctl drift --silo {share.silo} tells whether somebody changed a policy"
                return Part(address, Health.DEGRADED, reason, advice, at)
        names = ", ".join(flow.table for flow in flows)
        return Part(address, Health.HEALTHY, f"read from account {place.account}: {names or 'no table yet'}")

    def _giver(self, share: Share) -> Place | None:
        silo = self.lake.silos[share.silo]
        account = account_id(silo, self.index.silos.get(share.silo))
        return Place(account, silo.region) if account else None

    def _refusal(self, share: Share, flow: Flow, giver: Place, place: Place) -> str:
        """Why the table cannot be read; empty where it can."""
        bucket = f"{self.lake.organization.name}-{share.silo}-processed-{giver.account}"
        files = (bucket, f"{flow.name}/") if share.via == "policy" else None
        match self.silos.read_shared(place, SharedTable(giver, database(share.silo), flow.table, files)):
            case Present():
                return ""
            case Absent():
                return "it is not there"
            case Unreadable(why):
                return why

    def _waiting(self, share: Share, giver: Place) -> str:
        """What the giving silo still has to do before anybody can read; empty where it has done all."""
        entry = self.index.silos.get(share.silo)
        address = member_address(share.silo)
        if entry is None or entry.inputs != self.wanted.get(share.silo, entry.inputs):
            return f"{address} is not published as the manifests are"
        match self.silos.stack(giver, SILO_STACK):
            case Present(live) if (
                live.status.endswith("_COMPLETE") and live.outputs.get("BundleDigest") == entry.bundle
            ):
                return ""
            case _:
                return f"{address} does not run yet what was published"
