"""`siloctl plan`: what an apply would do."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from controller.cli.exit import Exit
from controller.cli.lake import read_lake
from controller.cli.options import allow, detailed, everything, full, output_format
from controller.model.errors import ControllerError
from controller.plan.plan import Plan
from controller.report.plan_json import failed_plan_json, plan_json
from controller.report.plan_text import plan_text
from controller.report.terminal import Terminal


@click.command("plan", short_help="Show what an apply would do.")
@output_format
@everything
@detailed
@full
@allow
@click.pass_obj
def command(
    folder: Path, form: str, everything: bool, detailed_exitcode: bool, full: bool, allow: frozenset[str]
) -> int:
    """Compare the manifests with what AWS has and show what an apply would do. Changes nothing.

    A change is followed to all that reads it, also in other nested stacks: `(known after apply) # from ADDRESS` is a
    value that the resource at ADDRESS gives once it is made anew.
    """
    try:
        plan = _plan(folder, full, allow)
    except ControllerError as error:
        if form == "json":
            click.echo(failed_plan_json(str(error), error.hint), nl=False)
        raise
    click.echo(plan_json(plan) if form == "json" else plan_text(plan, Terminal.of(sys.stdout), everything), nl=False)
    return exit_of(plan, detailed_exitcode)


def _plan(folder: Path, full: bool, allow: frozenset[str]) -> Plan:
    from controller.cli.wiring import connect
    from controller.engine.plan import Options, make_plan

    given = read_lake(folder)
    wired = connect(given.lake.organization)
    options = Options(full=full, allowed=allow)
    return make_plan(given.lake, given.catalogue, wired.ports, options).plan


def exit_of(plan: Plan, detailed: bool) -> Exit:
    if plan.blocked:
        return Exit.BLOCKED
    return Exit.CHANGES if detailed and not plan.empty else Exit.OK
