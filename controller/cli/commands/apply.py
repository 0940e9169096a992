"""`siloctl apply`: plan, ask, carry out."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from controller.cli.exit import Exit
from controller.cli.lake import commit_of, read_lake
from controller.cli.options import allow, commit, everything, full, output_format, timeout
from controller.cli.progress import progress
from controller.cli.waiting import watch
from controller.engine.apply import Outcome, apply
from controller.engine.plan import Options, Prepared, make_plan
from controller.report.outcome import outcome_json, outcome_text
from controller.report.plan_text import plan_text
from controller.report.terminal import Terminal


@click.command("apply")
@output_format
@everything
@full
@allow
@commit
@click.option("--yes", is_flag=True, help="Do not ask; needed where nobody is at a terminal.")
@click.option("--wait", is_flag=True, help="Wait then until every silo runs what was published.")
@timeout
@click.pass_obj
def command(
    folder: Path,
    form: str,
    everything: bool,
    full: bool,
    allow: frozenset[str],
    commit: str,
    yes: bool,
    wait: bool,
    timeout: float,
) -> int:
    """Show the plan and carry it out. Run it again after a failure: what is done stays done."""
    from controller.cli.wiring import connect

    given = read_lake(folder)
    wired = connect(given.lake.organization)
    options = Options(full=full, allowed=allow, commit=commit_of(folder, commit))
    prepared = make_plan(given.lake, given.catalogue, wired.ports, options)
    text = form == "text"
    # In JSON mode the one document on stdout is the outcome; the plan is inside it, and here for who is asked to agree.
    click.echo(
        plan_text(prepared.plan, Terminal.of(sys.stdout if text else sys.stderr), everything), nl=False, err=not text
    )
    if prepared.steps and not any(guard.blocks for guard in prepared.plan.guards):
        _agree(yes)
    try:
        with progress(sys.stderr, Terminal.of(sys.stderr)) as listener:
            outcome = apply(prepared, wired.ports, listener)
    except KeyboardInterrupt:
        click.echo("stopped: what was begun goes on in AWS. Run it again: what is done stays done.", err=True)
        return Exit.PARTLY
    _tell(prepared, outcome, text)
    if wait and outcome.complete:
        good = watch(given, wired, given.lake.members, timeout)
        return exit_of(outcome) or (Exit.OK if good else Exit.ERROR)
    return exit_of(outcome)


def _agree(yes: bool) -> None:
    """Only a person at a terminal can be asked; anything else must have said yes beforehand."""
    if yes:
        return
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise click.UsageError(
            "nobody is at a terminal to agree to this plan: pass --yes, or look first with `siloctl plan`"
        )
    click.confirm("Apply this plan?", abort=True, err=True)


def _tell(prepared: Prepared, outcome: Outcome, text: bool) -> None:
    not_tried = (*outcome.not_tried, *outcome.blocked)
    if not text:
        click.echo(outcome_json(prepared.plan, outcome.done, outcome.failed, not_tried), nl=False)
    elif prepared.steps or not_tried:
        click.echo(outcome_text(outcome.done, outcome.failed, not_tried, Terminal.of(sys.stdout)), nl=False)


def exit_of(outcome: Outcome) -> Exit:
    if outcome.complete:
        return Exit.OK
    if outcome.done:
        return Exit.PARTLY
    return Exit.ERROR if outcome.failed else Exit.BLOCKED
