"""`siloctl status`: which silo runs what, and how it is."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from controller.cli.exit import Exit
from controller.cli.lake import completed, read_lake, unread
from controller.cli.options import output_format, silos, timeout
from controller.cli.waiting import await_silos
from controller.engine.partners import with_partners
from controller.engine.status import statuses
from controller.report.status_json import status_json
from controller.report.status_text import status_text
from controller.report.terminal import Terminal


@click.command("status", short_help="Tell which silo runs what, and how it is.")
@output_format
@silos
@click.option("--wait", is_flag=True, help="Wait until every silo is Synced and Healthy, or has failed for good.")
@timeout
@click.pass_obj
def command(folder: Path, form: str, silos: tuple[str, ...], wait: bool, timeout: float) -> int:
    """Show for each silo whether it runs what the manifests say, and whether it works.

    Exits 0 only when every silo is Synced and Healthy.
    """
    from controller.cli.wiring import connect

    given = read_lake(folder)
    wired = connect(given.lake.organization)
    given = completed(given, silos, lambda: wired.ports)
    names = given.named(silos)
    if wait:
        await_silos(given, wired, names, timeout)
    found = statuses(given.lake, given.catalogue, wired.ports, wired.silos, names if silos else ())
    found = with_partners(found, given.lake, wired.partners, wired.vendings, wired.ports.now())
    click.echo(status_json(found) if form == "json" else status_text(found, Terminal.of(sys.stdout)), nl=False)
    good = all(status.good for status in found) and not unread(given)
    return Exit.OK if good else Exit.ERROR
