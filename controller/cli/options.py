"""Options that several commands take, once."""

from __future__ import annotations

import re

import click

from controller.plan.guard import TOO_MANY

output_format = click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="Text for people, JSON for programs.",
)
detailed = click.option("--detailed-exitcode", is_flag=True, help="Exit 2 when there is something to tell, 0 when not.")
full = click.option("--full", is_flag=True, help="Render and compare every silo, whatever the index says.")
everything = click.option("--all", "everything", is_flag=True, help="Show every created resource.")
silos = click.option("--silo", "silos", multiple=True, metavar="NAME", help="Only this one. May be given again.")
commit = click.option("--commit", default="", metavar="ID", help="Mark releases with it; git's HEAD unless given.")


_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600}


def _seconds(_: click.Context, __: click.Parameter, value: str) -> float:
    found = re.fullmatch(r"(\d{1,6})([smh]?)", value)
    if found is None:
        raise click.BadParameter(f"{value!r} is not a duration such as 90s, 30m or 2h")
    return float(found[1]) * _UNITS[found[2]]


timeout = click.option(
    "--timeout",
    default="30m",
    callback=_seconds,
    show_default=True,
    metavar="TIME",
    help="How long --wait waits, and an apply for each wave of a rollout: 90s, 30m, 2h.",
)


def _allowed(_: click.Context, __: click.Parameter, values: tuple[str, ...]) -> frozenset[str]:
    for value in values:
        if value != TOO_MANY and not re.fullmatch(r"(destroy|contract|retry)=\S+/\S+|wave=\S+", value):
            kinds = "destroy=<address>, contract=<address>, wave=<name>, retry=<address>"
            raise click.BadParameter(f"{value!r} is none of {kinds} and {TOO_MANY}")
    return frozenset(values)


allow = click.option(
    "--allow",
    multiple=True,
    callback=_allowed,
    metavar="VALUE",
    help=f"Lift a guard: destroy=<address>, contract=<address of a flow> or {TOO_MANY}. Let a wave begin without those "
    "before it: wave=<name>. Publish again what was rolled back: retry=silo/<name>. May be given again.",
)
