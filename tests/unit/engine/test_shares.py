"""Whether a share can be read, told while the giving silo is still being deployed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from types import MappingProxyType

import pytest

from controller.engine.shares import ShareReader
from controller.kinds.share import Share
from controller.model.health import Health
from controller.model.index import Entry, Index
from controller.model.live import LiveStack, Place, SharedTable
from controller.model.observed import Observed, Unreadable
from tests.conftest import manifest
from tests.fakes.lakes import FINANCE, SALES, finance, flow, lake, sales
from tests.fakes.silos import FakeSilos

HERE = Place(FINANCE, "eu-central-1")
SHARE = Share(manifest("Share", "books"), "books", "sales", ("orders",), (), (FINANCE,), ("read",), "policy", (), None)
WANTED = replace(lake(sales(), finance(), flows=[flow()]), shares=MappingProxyType({"books": SHARE}))
ENTRY = Entry(SALES, "eu-west-1", "inputs", "bundle", "etag", "version", "c0ffee", "2026-01-01T10:00:00+00:00")
DONE = LiveStack("arn", "lake-silo", "UPDATE_COMPLETE", "", "", {}, {"BundleDigest": "bundle"})
NO_POLICY = "AccessDenied (glue:GetTable)"


@dataclass
class Turning(FakeSilos):
    """At the first refusal something happens in the giving silo."""

    then: Callable[[FakeSilos], object] = field(default=lambda silos: None)

    def read_shared(self, place: Place, table: SharedTable) -> Observed[None]:
        found = super().read_shared(place, table)
        if isinstance(found, Unreadable):
            self.then(self)
        return found


def ready(silos: FakeSilos) -> None:
    """The deployment ends: it wrote the policies, and its stack says so."""
    silos.stacks[SALES, "lake-silo"] = DONE
    silos.unshared.clear()


def running(silos: FakeSilos) -> None:
    silos.stacks[SALES, "lake-silo"] = replace(DONE, status="UPDATE_IN_PROGRESS")


def ready_and_cut_off(silos: FakeSilos) -> None:
    silos.stacks[SALES, "lake-silo"] = DONE


@pytest.mark.parametrize(
    ("then", "health"),
    [(ready, Health.HEALTHY), (running, Health.PROGRESSING), (ready_and_cut_off, Health.DEGRADED)],
)
def test_a_refusal_counts_once_the_giving_silo_has_done_all(
    then: Callable[[FakeSilos], object], health: Health
) -> None:
    silos = Turning(unshared={"orders": NO_POLICY}, then=then)
    reader = ShareReader(WANTED, silos, Index({"sales": ENTRY}), {"sales": "inputs"})
    (part,) = reader.parts(WANTED.silos["finance"], HERE)
    assert (part.address, part.health) == ("share/books", health), part.reason
    assert (NO_POLICY in part.reason) == (health is Health.DEGRADED)
