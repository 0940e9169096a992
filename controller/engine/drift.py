"""Drift: what the silos really have against what was published for them. Reads only, and finds nothing in a quiet lake.

Three ways of looking: the delivery of the bundle, CloudFormation's own detection stack by stack, and our own reading of
what that cannot see: policies, tables and crawlers (CloudFormation user guide, "Resource type support").
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import partial

from controller.diff.drift import DriftReport
from controller.engine.enrolment import enrolment
from controller.engine.found import Found
from controller.engine.observe import read_index, side_by_side, value_or
from controller.engine.partners import Users
from controller.engine.ports import Ports
from controller.engine.residence import place_of
from controller.engine.silo_drift import Eyes, look_into
from controller.engine.silos import Silos
from controller.engine.unmatched import ACCOUNTS
from controller.engine.vended import VendedReader
from controller.model.index import Index
from controller.model.observed import Unreadable
from controller.model.ownership import member_address
from controller.resolve.lake import Lake
from controller.resolve.unmatched import rekeyed

NOUNS = (
    "silos",
    "consumers",
    "accounts",
    "stacks",
    "bucket policies",
    "catalog policies",
    "tables",
    "crawlers",
    "credentials",
)


def find_drift(
    lake: Lake, ports: Ports, silos: Silos, users: Users, vendings: VendedReader, names: Sequence[str] = ()
) -> DriftReport:
    """Look into `names`, or into all silos and the accounts of the units too. One unreachable silo stops no other."""
    found = Found()
    index = read_index(ports, lake.organization.home_region)
    if isinstance(index, Unreadable):
        found.unreadable["index"] = index.why
    entries, known = rekeyed(lake, value_or(index, Index({}))).silos, not isinstance(index, Unreadable)
    if lake.defaults.unread:
        found.unreadable[ACCOUNTS] = lake.defaults.unread
    if not names:
        found.add(enrolment(lake, ports, entries))
    eyes = Eyes(ports, silos, users, vendings, known)
    looks = {
        name: partial(look_into, lake, eyes, name, entries.get(name), place)
        for name in lake.members
        if (name in names or not names) and (place := place_of(lake.member(name), entries.get(name))) is not None
    }
    for one in side_by_side(looks).values():
        found.add(one)
    if known:  # without an index nobody knows what was published
        found.unpublished += [
            member_address(name) for name in lake.members if name not in looks and (not names or name in names)
        ]
    return DriftReport(
        tuple(sorted(found.findings, key=lambda finding: (finding.address, finding.kind))),
        dict(sorted(found.unreadable.items())),
        _counted(found.compared),
        tuple(found.vended),
        tuple(sorted(found.unpublished)),
        tuple(sorted(found.withheld)),
    )


def _counted(compared: Counter[str]) -> dict[str, int]:
    return {noun: compared[noun] for noun in NOUNS if compared[noun]}
