"""The state of the silos as people read it: one line each, and below it what is wrong and what to do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from controller.model.health import Delivery, Health, SiloStatus, Sync
from controller.model.ownership import member_address
from controller.report.terminal import PLAIN, Color, Terminal
from controller.report.value import members, plain

HEALTH_COLORS = {
    Health.HEALTHY: Color.GREEN,
    Health.SUSPENDED: Color.YELLOW,
    Health.PROGRESSING: Color.CYAN,
    Health.MISSING: Color.YELLOW,
    Health.DEGRADED: Color.RED,
    Health.UNKNOWN: Color.RED,
}
SYNC_COLORS = {Sync.SYNCED: Color.GREEN, Sync.OUT_OF_SYNC: Color.YELLOW, Sync.UNKNOWN: Color.RED}
HEADINGS = ("SILO", "SYNC", "HEALTH", "RUNS", "ACCOUNT", "REGION")  # fits 80 columns with names of 24


def status_text(statuses: Sequence[SiloStatus], terminal: Terminal = PLAIN) -> str:
    """A table with a line end, and below each silo that is not as it should be the way of its bundle, and why."""
    rows = [_row(status) for status in statuses]
    widths = [max(len(row[column]) for row in [HEADINGS, *rows]) for column in range(len(HEADINGS))]
    lines = [terminal.paint(_join(HEADINGS, widths), Color.BOLD)]
    for status, row in zip(statuses, rows, strict=True):
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        cells[1] = terminal.paint(cells[1], SYNC_COLORS[status.sync])
        cells[2] = terminal.paint(cells[2], HEALTH_COLORS[status.health])
        lines.append("  ".join(cells).rstrip())
        lines += [*trouble(status, terminal), *asides(status, terminal)]
    return "\n".join([*lines, "", total(statuses, terminal)]) + "\n"


def trouble(status: SiloStatus, terminal: Terminal) -> Iterator[str]:
    """Why a silo is not as it should be; nothing for one that is."""
    if status.sync is not Sync.SYNCED:
        yield f"    {plain(status.sync_reason, terminal)}"
        if status.delivery.published:
            yield f"    {_way(status.delivery)}"
    for part in status.parts:
        if part.health is Health.HEALTHY:
            continue
        if part.reason != status.sync_reason:
            place = f"  ({part.source.path}:{part.source.line})" if part.source else ""
            yield f"    {plain(part.address, terminal)} is {part.health}: {plain(part.reason, terminal)}{place}"
        if part.advice:
            yield f"      do: {plain(part.advice, terminal)}"


def asides(status: SiloStatus, terminal: Terminal) -> Iterator[str]:
    """What the web app handed out, well or not (what is wrong is told as trouble too), and what is good to know."""
    for one in status.vended:
        shown = "" if one.shown else "; nobody was shown its secret"
        told = f"{one.vended.name} is {one.state} until {one.vended.expires}, by {one.vended.by}{shown}"
        yield f"    vended: {plain(told, terminal)}"
    for remark in status.remarks:
        yield f"    note: {plain(remark, terminal)}"


def total(statuses: Sequence[SiloStatus], terminal: Terminal = PLAIN) -> str:
    those = members(status.silo for status in statuses)
    if all(status.good for status in statuses):
        return terminal.paint(f"{those}, all Synced and Healthy.", Color.GREEN, Color.BOLD)
    synced = sum(status.sync is Sync.SYNCED for status in statuses)
    healthy = sum(status.health is Health.HEALTHY for status in statuses)
    return terminal.paint(f"{those}: {synced} Synced, {healthy} Healthy.", Color.BOLD)


def turned(status: SiloStatus, terminal: Terminal) -> str:
    """One line for a silo whose state changed."""
    health = terminal.paint(status.health, HEALTH_COLORS[status.health])
    sync = terminal.paint(status.sync, SYNC_COLORS[status.sync])
    part = status.worst_part
    reason = status.sync_reason if part.health is Health.HEALTHY else f"{part.address}: {part.reason}"
    place = f"  ({part.source.path}:{part.source.line})" if part.source else ""
    return f"{member_address(status.silo)} is {sync}, {health}: {plain(reason, terminal)}{place}"


def _row(status: SiloStatus) -> tuple[str, ...]:
    runs = status.delivery.deployed[:8] or "-"
    return (status.silo, status.sync, status.health, runs, status.account or "(to create)", status.region)


def _way(way: Delivery) -> str:
    """From the manifests to the stack; `same` is as in the step before."""
    wanted = "same" if way.wanted == way.published_inputs else "differs" if way.wanted else "nothing"
    seen = "same" if way.seen and way.seen == way.version else "another" if way.seen else "nothing"
    runs = "same" if way.deployed == way.published else way.deployed[:8] or "nothing"
    return f"wanted: {wanted}, published: {way.published[:8]}, seen by its pipeline: {seen}, runs: {runs}"


def _join(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()
