"""An error that a person can act upon, told in a line with its hint, and as an exit status."""

from __future__ import annotations

import sys

import click

from controller.cli.exit import Exit
from controller.model.errors import ApplyStopped, ControllerError, LockHeld, ManifestsInvalid, PlanBlocked, PlanStale
from controller.report.problems import problems_text
from controller.report.terminal import Color, Terminal
from controller.report.value import plain

STATUS: tuple[tuple[type[ControllerError], Exit], ...] = (
    (PlanBlocked, Exit.BLOCKED),
    (PlanStale, Exit.STALE),
    (LockHeld, Exit.LOCKED),
    (ApplyStopped, Exit.PARTLY),
)


def tell(error: ControllerError) -> Exit:
    terminal = Terminal.of(sys.stderr)
    if isinstance(error, ManifestsInvalid):
        click.echo(problems_text(error.problems, terminal), err=True, nl=False)
    word = terminal.paint("error:", Color.RED, Color.BOLD)
    click.echo(f"{word} {plain(str(error), terminal)}", err=True)
    if error.hint:
        click.echo(f"  hint: {plain(error.hint, terminal)}", err=True)
    return next((status for kind, status in STATUS if isinstance(error, kind)), Exit.ERROR)
