"""`siloctl silo`: silos that no manifest declares yet."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from controller.cli.exit import Exit
from controller.cli.lake import UNREAD, Given, completed, read_lake
from controller.kinds.silo import Silo
from controller.model.errors import ControllerError


@click.group("silo", short_help="Print the manifest of an account that has none.")
def command() -> None:
    """Declare accounts of the silo units that no manifest names."""


@command.command("declare")
@click.argument("name", metavar="NAME|ACCOUNT")
@click.option("--write", "file", type=click.Path(path_type=Path, dir_okay=False), help="Write it to this new file.")
@click.pass_obj
def declare(folder: Path, name: str, file: Path | None) -> int:
    """Print the Silo manifest that declares a default silo as it is.

    With spec.enrolment.unmatchedAccounts: report, that of the silo which the account would get. Nothing changes in AWS.
    """
    silo = _only(_seen(read_lake(folder)), name)
    from controller.resolve.unmatched import declaration

    text = declaration(silo)
    if file is None:
        click.echo(text, nl=False)
    else:
        with file.open("x", encoding="utf-8") as new:
            new.write(text)
    place = file or folder / "silos" / f"{silo.name}.yaml"
    click.echo(f"then keep it as {place}; under the name {silo.name} it takes over what runs there", err=True)
    return Exit.OK


def _seen(given: Given) -> Given:
    from controller.cli.wiring import connect

    lake = given.lake
    asked = replace(lake, organization=replace(lake.organization, unmatched_accounts="default-silo"))
    seen = completed(replace(given, lake=asked), (), lambda: connect(lake.organization).ports)
    if seen.lake.defaults.unread:
        raise ControllerError(f"{UNREAD}: {seen.lake.defaults.unread}")
    return seen


def _only(given: Given, name: str) -> Silo:
    defaults = given.lake.defaults
    found = [key for key, one in defaults.residents.items() if name in (key, one.account.id)]
    if found:
        return given.lake.silos[found[0]]
    if name in defaults.refused:
        raise ControllerError(f"account {name} gets no default silo: {defaults.refused[name]}")
    there = ", ".join(f"{key} ({one.account.id})" for key, one in defaults.residents.items()) or "none"
    raise click.UsageError(f"{name!r} is no account of the silo units without a manifest; there are {there}")
