"""The table of silos, whole: one that is well and one for each way of not being so."""

from __future__ import annotations

from collections.abc import Callable

from controller import __version__
from controller.model.health import Delivery, Health, Part, SiloStatus, Sync
from controller.model.source import Source
from controller.report.status_json import status_json
from controller.report.status_text import status_text
from controller.report.terminal import Terminal

Golden = Callable[[str, str], None]

DELIVERED = Delivery("inputs", "inputs", "75af186f00", "version1", "version1", "75af186f00", "c0ffee")
WELL = Part("silo/sales/pipeline", Health.HEALTHY, "Succeeded")


def silo(name: str, sync: Sync, reason: str, delivery: Delivery, *parts: Part, account: str = "ACCOUNT") -> SiloStatus:
    return SiloStatus(name, account, "eu-west-1", sync, reason, delivery, parts)


STATUSES = (
    silo(
        "finance",
        Sync.OUT_OF_SYNC,
        "published 9dadafcc, runs 75af186f",
        Delivery("inputs", "inputs", "9dadafcc00", "version2", "version2", "75af186f00", "c0ffee"),
        Part("silo/finance/pipeline", Health.DEGRADED, "Failed: Deploy/Silo: it failed", "start it again"),
        Part(
            "silo/finance/stack",
            Health.DEGRADED,
            "UPDATE_ROLLBACK_COMPLETE: silo/finance/storage/RawBucket: \x1b[31mno",
            "mend it",
            Source("silos/finance.yaml", 12),
        ),
    ),
    silo(
        "logistics",
        Sync.UNKNOWN,
        "AccessDenied (sts:AssumeRole)",
        Delivery("inputs", "inputs", "f8654b3600", "version1"),
        Part("silo/logistics/pipeline", Health.UNKNOWN, "AccessDenied (sts:AssumeRole)"),
    ),
    silo(
        "manufacturing",
        Sync.OUT_OF_SYNC,
        "not published yet",
        Delivery("inputs"),
        Part("account/manufacturing", Health.MISSING, "its account does not exist yet", "siloctl apply"),
        account="",
    ),
    silo("sales", Sync.SYNCED, "runs 75af186f", DELIVERED, WELL),
)


def test_the_table_is_its_golden_file(golden: Golden) -> None:
    golden("status/mixed.txt", status_text(STATUSES))
    golden("status/well.txt", status_text(STATUSES[-1:]))
    golden("status/mixed.json", status_json(STATUSES).replace(__version__, "VERSION"))


def test_nothing_of_aws_reaches_the_terminal_unescaped() -> None:
    assert "\x1b" not in status_text(STATUSES)
    assert status_text(STATUSES, Terminal(unicode=False)).isascii()


def test_the_table_fits_a_terminal_of_80_columns() -> None:
    longest = silo("a" * 24, Sync.OUT_OF_SYNC, "", Delivery(deployed="0" * 64), account="2" * 12)
    rows = status_text([longest]).splitlines()[:2]
    assert max(len(row) for row in rows) <= 80
