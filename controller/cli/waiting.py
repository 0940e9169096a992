"""Waiting until the silos run what was published, one line for each that turns."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence

import click

from controller.cli.lake import Given
from controller.cli.wiring import Wired
from controller.engine.status import statuses
from controller.engine.waiting import wait_for
from controller.model.health import SiloStatus
from controller.report.status_text import total, turned
from controller.report.terminal import Terminal
from controller.report.value import members


def await_silos(given: Given, wired: Wired, names: Sequence[str], timeout: float) -> tuple[SiloStatus, ...]:
    """Tell on stderr of each silo whose state changes; answers the last state of all."""
    terminal = Terminal.of(sys.stderr)
    begun = time.monotonic()
    lake, catalogue = given.lake, given.catalogue

    def tell(status: SiloStatus) -> None:
        click.echo(f"{time.monotonic() - begun:6.1f} s  {turned(status, terminal)}", err=True)

    click.echo(f"Waiting for {members(names)}, {timeout:.0f} s at most.", err=True)
    found = wait_for(
        lambda asked: statuses(lake, catalogue, wired.ports, wired.silos, asked),
        names,
        tell,
        timeout,
        time.monotonic,
        time.sleep,
    )
    late = [status.silo for status in found if not status.settled]
    if late:
        click.echo(f"{timeout:.0f} s are over; not settled yet: {', '.join(late)}.", err=True)
        click.echo("What was started there goes on without us; look again with: siloctl status --wait", err=True)
    return found


def watch(given: Given, wired: Wired, names: Sequence[str], timeout: float) -> bool:
    """Wait, and say in a line whether all is well."""
    found = await_silos(given, wired, names, timeout)
    click.echo(total(found, Terminal.of(sys.stderr)), err=True)
    return all(status.good for status in found)
