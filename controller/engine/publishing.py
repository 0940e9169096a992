"""Publish one silo: assets and pages first, the bundle last, each only where the bucket is as it was planned."""

from __future__ import annotations

from collections import defaultdict
from threading import Lock

from controller.engine.estate import Estate
from controller.engine.plan import Prepared
from controller.engine.ports import Bucket, Ports
from controller.engine.release import build
from controller.engine.site import NO_SITE
from controller.model.bundle import Asset, Rendered, Site
from controller.model.errors import PlanStale
from controller.model.index import Entry
from controller.model.observed import Absent, Present, Unreadable
from controller.model.ownership import bundle_key, site_key
from controller.model.world import Stored
from controller.plan.step import Publish
from controller.resolve.lake import retired


class Publisher:
    """Safe to share: silos that are published side by side share assets, which one uploads while the others wait."""

    def __init__(self, prepared: Prepared, ports: Ports, estate: Estate) -> None:
        self._prepared = prepared
        self._ports = ports
        self._estate = estate
        self._whole: set[tuple[str, str]] = set()  # region and key of assets that are known to be whole
        self._uploads: defaultdict[tuple[str, str], Lock] = defaultdict(Lock)

    def publish(self, step: Publish, before: Entry | None) -> Entry:
        """No pipeline sees a bundle whose nested templates are not there. Answers what the index is to say.

        `before` is the release that a wave would go back to.
        """
        prepared = self._prepared
        facts = prepared.facts[step.silo]
        rendered, bundle = build(prepared.lake, step.silo, prepared.catalogue, prepared.options.commit, facts.values)
        if bundle.digest != step.digest:
            raise PlanStale("it renders otherwise than it was planned: plan again")
        silo = prepared.lake.member(step.silo)
        account = self._estate.account_of(step.silo)
        bucket = self._ports.bucket(silo.region)
        self._assets(rendered, silo.region)
        site = _put_site(bucket, rendered.site, site_key(account), step.site_replaces) if rendered.site else NO_SITE
        stored = bucket.put(bundle_key(account), bundle.content, step.replaces)
        if stored is None:
            raise PlanStale("somebody else published it since it was planned: plan again")
        made = Entry(
            account,
            silo.region,
            step.inputs,
            bundle.digest,
            stored.etag,
            stored.version,
            prepared.options.commit,
            self._ports.now().isoformat(timespec="seconds"),
            retired(silo),
            facts.digest,
            site.etag,
            site.version,
            step.silo in prepared.lake.defaults.residents,
        )
        return made.over(before, step.narrows) if step.wave else made

    def _assets(self, rendered: Rendered, region: str) -> None:
        """One that is there already is the same by its name, if nobody wrote over it: a name proves nothing."""
        bucket = self._ports.bucket(region)
        for asset in rendered.assets:
            place = (region, asset.key)
            with self._uploads[place]:
                if place not in self._whole:
                    if bucket.put(asset.key, asset.content, None) is None:
                        _make_true(bucket, asset)
                    self._whole.add(place)


def _put_site(bucket: Bucket, site: Site, key: str, replaces: str | None) -> Stored:
    """The pages as they lie there; they are written only where others lie, for a write starts their pipeline."""
    content = site.pack()
    match bucket.get(key):
        case Present(stored) if stored.content == content:
            return stored
        case Unreadable(why):
            raise PlanStale(f"{key}: could not be read to compare it: {why}")
        case _:
            pass
    if (put := bucket.put(key, content, replaces)) is None:
        raise PlanStale(f"{key}: somebody else published it since it was planned: plan again")
    return put


def _make_true(bucket: Bucket, asset: Asset) -> None:
    """What lies under the asset's key is what the key says, or becomes it."""
    match bucket.get(asset.key):
        case Present(stored) if stored.content == asset.content:
            return
        case Present(stored):
            if bucket.put(asset.key, asset.content, stored.etag) is None:
                raise PlanStale(f"{asset.key}: somebody else is writing it: apply again")
        case Absent():
            raise PlanStale(f"{asset.key}: somebody else deleted it just now: apply again")
        case Unreadable(why):
            raise PlanStale(f"{asset.key}: is there, and could not be read to compare it: {why}")
