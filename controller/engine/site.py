"""The pages of a silo's web app, beside its bundle in the code bucket: what is to change, and do they lie there."""

from __future__ import annotations

from collections.abc import Iterator

from controller.diff.change import Change, Verb
from controller.engine.ports import Bucket
from controller.model.bundle import Site
from controller.model.index import Entry
from controller.model.observed import Absent, Observed, Present
from controller.model.ownership import SITE, member_address
from controller.model.world import Stored
from controller.resolve.lake import Member

FIELD = "spec.webapp"
TYPE = "site"
NO_SITE = Stored("", "")


def site_changes(silo: Member, wanted: Site | None, published: str) -> Iterator[Change]:
    """At most one; `published` is the digest that the released bundle names, empty where it names none."""
    if wanted is not None and not published:
        yield _change(silo, Verb.CREATE, "does not exist yet")
    elif wanted is not None and wanted.digest != published:
        yield _change(silo, Verb.UPDATE, "its pages differ")
    elif wanted is None and published:
        yield _change(silo, Verb.DELETE, "no manifest asks for it")


def left_behind(silo: Member, wanted: Site | None, published: str) -> Iterator[str]:
    """What stays of pages that no manifest asks for any more, and why: a rollback would put their bundle back."""
    if wanted is None and published:
        yield (
            f"{member_address(silo.key)}/site: the pages go with the web app; their {SITE} stays in the code bucket, "
            "where nothing reads it any more, for a rollback"
        )


def lost_site(silo: Member, listed: Stored | None) -> Change:
    """What is published again although no bundle differs."""
    if listed is None:
        return _change(silo, Verb.CREATE, "the code bucket does not have it any more")
    return _change(silo, Verb.UPDATE, "what lies in the code bucket is not what was published")


def published_site(
    bucket: Bucket, wanted: Site | None, key: str, listed: Stored | None, entry: Entry | None
) -> Observed[Stored]:
    """The wanted pages where they lie in the bucket, NO_SITE where none are wanted; Absent where others lie.

    `entry` is the index's of the very bundle that asks for them, and what it says is proof enough.
    """
    if wanted is None:
        return Present(NO_SITE)
    if listed is None:
        return Absent()
    if entry is not None and entry.site == listed.etag:
        return Present(Stored(key, entry.site, entry.site_version))
    match bucket.get(key):
        case Present(stored) if stored.content == wanted.pack():
            return Present(stored)
        case Present():
            return Absent()
        case other:
            return other


def _change(silo: Member, verb: Verb, reason: str) -> Change:
    return Change(f"{member_address(silo.key)}/site", TYPE, verb, reason, source=silo.manifest.at(FIELD))
