"""`siloctl apply`: plan, ask, carry out."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import click

from controller.cli.exit import Exit
from controller.cli.lake import commit_of, read_lake
from controller.cli.options import allow, commit, everything, full, output_format, timeout
from controller.cli.progress import progress
from controller.cli.waiting import watch
from controller.engine.apply import Outcome, apply
from controller.engine.plan import Options, Prepared, make_plan
from controller.engine.ports import Ports
from controller.model.errors import ApplyStopped, ControllerError
from controller.plan.plan import Plan
from controller.report.outcome import no_outcome_json, outcome_json, outcome_text
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
    _refuse_silence(yes)
    from controller.cli.wiring import connect

    text = form == "text"
    prepared: Prepared | None = None
    try:
        given = read_lake(folder)
        wired = connect(given.lake.organization)
        options = Options(full, allow, commit_of(folder, commit), to_the_end=wait, patience=timeout)
        prepared = make_plan(given.lake, given.catalogue, wired.ports, options)
        _show(prepared.plan, text, everything)
        if prepared.steps and not yes and not any(guard.blocks for guard in prepared.plan.guards):
            click.confirm("Apply this plan?", abort=True, err=True)
        outcome = _carry_out(prepared, wired.ports)
    except ControllerError as error:
        if not text:
            click.echo(no_outcome_json(prepared.plan if prepared else None, str(error), error.hint), nl=False)
        raise
    _tell(prepared, outcome, text)
    if wait and outcome.complete:
        good = watch(replace(given, lake=prepared.lake), wired, prepared.lake.members, timeout)
        return exit_of(outcome) or (Exit.OK if good else Exit.ERROR)
    return exit_of(outcome)


def _refuse_silence(yes: bool) -> None:
    """Only a person at a terminal can be asked; anything else must have said yes beforehand."""
    if not yes and not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise click.UsageError(
            "nobody is at a terminal to agree to a plan: pass --yes, or look first with `siloctl plan`"
        )


def _show(plan: Plan, text: bool, everything: bool) -> None:
    """In JSON mode the one document on stdout is the outcome: the plan is in it, and on stderr for who has to agree."""
    shown = plan_text(plan, Terminal.of(sys.stdout if text else sys.stderr), everything)
    click.echo(shown, nl=False, err=not text)


def _carry_out(prepared: Prepared, ports: Ports) -> Outcome:
    try:
        with progress(sys.stderr, Terminal.of(sys.stderr)) as listener:
            return apply(prepared, ports, listener)
    except KeyboardInterrupt as error:
        hint = "what was begun goes on in AWS; run it again: what is done stays done"
        raise ApplyStopped("the apply was stopped", hint) from error


def _tell(prepared: Prepared, outcome: Outcome, text: bool) -> None:
    told = outcome.done, outcome.failed, outcome.not_tried, outcome.blocked
    if not text:
        click.echo(outcome_json(prepared.plan, *told), nl=False)
    elif prepared.steps or not outcome.complete:
        click.echo(outcome_text(*told, Terminal.of(sys.stdout)), nl=False)


def exit_of(outcome: Outcome) -> Exit:
    if outcome.complete:
        return Exit.OK
    if outcome.done or outcome.halted:
        return Exit.PARTLY
    return Exit.ERROR if outcome.failed else Exit.BLOCKED
