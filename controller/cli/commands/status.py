"""`siloctl status`: which silo runs what, and how it is."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from controller.cli.exit import Exit
from controller.cli.lake import Given, read_lake
from controller.cli.options import output_format
from controller.cli.waiting import TIMEOUT, await_silos, seconds
from controller.engine.status import statuses
from controller.report.status_json import status_json
from controller.report.status_text import status_text
from controller.report.terminal import Terminal


@click.command("status")
@output_format
@click.option("--silo", "silos", multiple=True, metavar="NAME", help="Only this one. May be given again.")
@click.option("--wait", is_flag=True, help="Wait until every silo is Synced and Healthy, or has failed for good.")
@click.option(
    "--timeout", type=seconds, default=TIMEOUT, show_default=True, help="How long --wait waits: 90s, 30m, 2h."
)
@click.pass_obj
def command(folder: Path, form: str, silos: tuple[str, ...], wait: bool, timeout: float) -> int:
    """Show for each silo whether it runs what the manifests say, and whether it works.

    Exits 0 only when every silo is Synced and Healthy.
    """
    from controller.cli.wiring import connect

    given = read_lake(folder)
    names = named(given, silos)
    wired = connect(given.lake.organization)
    if wait:
        found = await_silos(given, wired, names, timeout)
    else:
        found = statuses(given.lake, given.catalogue, wired.ports, wired.silos, names)
    click.echo(status_json(found) if form == "json" else status_text(found, Terminal.of(sys.stdout)), nl=False)
    return Exit.OK if all(status.good for status in found) else Exit.ERROR


def named(given: Given, silos: tuple[str, ...]) -> tuple[str, ...]:
    """The silos that were asked for, all where none was named."""
    unknown = sorted(set(silos) - set(given.lake.silos))
    if unknown:
        raise click.UsageError(f"no Silo is named {unknown[0]!r}; there are {', '.join(given.lake.silos) or 'none'}")
    return tuple(name for name in given.lake.silos if name in silos or not silos)
