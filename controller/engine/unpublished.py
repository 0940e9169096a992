"""A silo that nothing is published for: its bundle is as wanted already, or was published and rolled back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from controller.diff.change import Change, Verb
from controller.engine.facts import Known
from controller.engine.ports import Bucket
from controller.engine.silo_plan import Lying, SiloPlan, blocked
from controller.engine.site import lost_site
from controller.model.index import Entry, Refused
from controller.model.observed import Absent, Observed, Present, Unreadable
from controller.model.ownership import member_address
from controller.model.world import Stored
from controller.plan.step import Publish, Record
from controller.publish.archive import ArchiveRefused
from controller.publish.bundle import Opened, open_bundle
from controller.resolve.lake import Member, retired


def published(bucket: Bucket, key: str, version: str = "") -> Observed[tuple[Opened, Stored] | None]:
    """The published bundle, opened; None where the object is no bundle."""
    match bucket.get(key, version):
        case Present(stored):
            try:
                return Present((open_bundle(stored.content), stored))
            except ArchiveRefused:
                return Present(None)
        case Absent():
            return Absent()
        case Unreadable() as failed:
            return failed


def same(
    silo: Member, pages: Observed[Stored], lies: Lying, publish: Publish, recorded: Callable[[Stored], SiloPlan]
) -> SiloPlan:
    """The published bundle says what is wanted; so do the pages of its web app, or they are published again."""
    match pages:
        case Present(stored):
            return recorded(stored)
        case Absent():
            return SiloPlan((lost_site(silo, lies.site),), (), publish)
        case Unreadable(why):
            place = f"{member_address(silo.key)}/site"
            return SiloPlan((Change(place, "site", Verb.BLOCKED, f"could not be read: {why}"),))


def recorded(
    silo: Member,
    account: str,
    entry: Entry | None,
    inputs: str,
    bundle: Opened,
    stored: Stored,
    facts: Known,
    default: bool,
    follows: bool,
    site: Stored,
) -> SiloPlan:
    """What was published says what is wanted; only the index may be behind, as after a run that died."""
    found = Entry(
        account,
        silo.region,
        inputs,
        bundle.digest,
        stored.etag,
        stored.version,
        str(bundle.release.get("commit", "")),
        entry.published if entry else "",
        retired(silo),
        facts.digest,
        site.etag,
        site.version,
        default,
    )
    if entry is not None and (entry.bundle, entry.account, entry.region) == (found.bundle, account, silo.region):
        found = found.marked(entry)
    elif follows:
        found = found.over(entry, narrows=True)  # nobody knows by now what it took away
    return SiloPlan() if entry == found else _behind(silo, found)


def _behind(silo: Member, found: Entry) -> SiloPlan:
    note = f"{member_address(silo.key)}/bundle: the index is behind the bucket; an apply corrects it"
    return SiloPlan((), (note,), None, Record(f"index/{silo.key}", (), silo.key, found))


def rolled_back(
    silo: Member, bucket: Bucket, address: str, entry: Entry | None, lies: Lying, refused: Refused
) -> SiloPlan:
    """The same again would fail again. Where the run that rolled it back died on the way, the index learns of it."""
    reason = (
        f"the same was published and rolled back at {refused.when}: {refused.why}; change what failed, or pass "
        f"--allow retry={member_address(silo.key)} to publish it once more"
    )
    stopped = replace(blocked(address, reason), refused=True)
    former = entry.former if entry else None
    if entry is None or former is None or lies.bundle is None or lies.bundle.etag == entry.etag:
        return stopped
    match published(bucket, lies.bundle.key):
        case Present((bundle, stored)) if bundle.digest == former.bundle:
            found = replace(former, etag=stored.etag, version=stored.version, refused=entry.refused)
            late = _behind(silo, found)
            return replace(stopped, notes=late.notes, record=late.record)
        case _:
            return stopped
