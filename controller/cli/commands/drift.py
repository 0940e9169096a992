"""`siloctl drift`: what the silos really have where that is not what was published."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from controller.cli.exit import Exit
from controller.cli.lake import completed, read_lake
from controller.cli.options import detailed, output_format, silos
from controller.engine.drift import find_drift
from controller.report.drift_text import drift_text
from controller.report.plan_json import drift_json
from controller.report.terminal import Terminal


@click.command("drift", short_help="Find what was changed outside of git.")
@output_format
@detailed
@silos
@click.pass_obj
def command(folder: Path, form: str, detailed_exitcode: bool, silos: tuple[str, ...]) -> int:
    """Read the live silos and report what differs from what was published. Changes nothing.

    Exits 1 when something could not be read: then nobody knows whether it drifted. What the admins of a web app vended
    is told, and is no drift: it changes no exit status.
    """
    from controller.cli.wiring import connect

    given = read_lake(folder)
    wired = connect(given.lake.organization)
    given = completed(given, silos, lambda: wired.ports)
    names = given.named(silos) if silos else ()
    report = find_drift(given.lake, wired.ports, wired.silos, wired.partners, wired.vendings, names)
    click.echo(drift_json(report) if form == "json" else drift_text(report, Terminal.of(sys.stdout)), nl=False)
    if report.unreadable:
        return Exit.ERROR
    return Exit.CHANGES if detailed_exitcode and report.findings else Exit.OK
