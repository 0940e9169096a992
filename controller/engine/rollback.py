"""Roll a wave back: each of its silos gets the release that it ran before, as a new version of its bundle."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from controller.engine.ports import Bucket, Ports
from controller.model.errors import PlanStale
from controller.model.index import Entry, Refused
from controller.model.observed import Absent, Present, Unreadable
from controller.model.ownership import bundle_key, member_address, site_key
from controller.model.world import Stored


def marked(entries: Mapping[str, Entry], why: Mapping[str, str], when: str) -> dict[str, Entry]:
    """The entries with what is refused from now on: of those in `why` for themselves, of the others with them."""
    first = min(why)
    return {
        name: replace(
            entry,
            refused=Refused(
                entry.inputs,
                entry.bundle,
                when,
                why.get(name, f"{member_address(first)} failed in the same wave"),
                "" if name in why else first,
            ),
        )
        for name, entry in entries.items()
    }


def rolled_back(entry: Entry, ports: Ports) -> Entry:
    """Publish what ran before: pages first, then the bundle, as with any release. Answers what the index is to say.

    Raises ControllerError where that cannot be; the refused release then stays where it is.
    """
    former = entry.former
    if former is None:
        raise PlanStale("nobody knows what it ran before: mend it and apply, or delete its bundle's newest version")
    bucket = ports.bucket(entry.region)
    site = Stored("", former.site, former.site_version)
    if former.site and entry.site and former.site != entry.site:
        site = _again(bucket, site_key(entry.account), former.site_version, entry.site)
    bundle = _again(bucket, bundle_key(entry.account), former.version, entry.etag)
    return replace(
        former,
        etag=bundle.etag,
        version=bundle.version,
        site=site.etag,
        site_version=site.version,
        published=ports.now().isoformat(timespec="seconds"),
        refused=entry.refused,
    )


def _again(bucket: Bucket, key: str, version: str, replaces: str) -> Stored:
    match bucket.get(key, version):
        case Present(stored):
            put = bucket.put(key, stored.content, replaces)
        case Absent():
            raise PlanStale(f"{key}: the version before ({version}) is not kept any more")
        case Unreadable(why):
            raise PlanStale(f"{key}: the version before could not be read: {why}")
    if put is None:
        raise PlanStale(f"{key}: somebody else published it meanwhile")
    return put
