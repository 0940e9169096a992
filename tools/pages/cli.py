"""docs/cli.md, from the help of every command."""

from __future__ import annotations

from collections.abc import Iterator

import click

from controller.cli import siloctl
from controller.cli.exit import Exit
from tools.pages import NOTE

WIDTH = 100

MEANINGS = {
    Exit.OK: "done, or nothing to do",
    Exit.ERROR: "an error, which is told on stderr",
    Exit.CHANGES: "there are changes or there is drift; only with `--detailed-exitcode`",
    Exit.BLOCKED: "a guard stopped it; the message says how to allow it",
    Exit.STALE: "what was planned no longer fits what is there; plan again",
    Exit.LOCKED: "somebody else is applying",
    Exit.PARTLY: "applied in part; run it again",
    Exit.MISUSE: "an unknown command or option, or a wrong value for one",
}


def page() -> str:
    codes = "".join(f"| {code.value} | {MEANINGS[code]} |\n" for code in Exit)
    head = f"""{NOTE}
# Command line

| exit status | meaning |
|---|---|
{codes}"""
    return head + "".join(_helps(siloctl, "siloctl", None))


def _helps(command: click.Command, name: str, parent: click.Context | None) -> Iterator[str]:
    settings = {**command.context_settings, "terminal_width": WIDTH, "max_content_width": WIDTH}
    context = click.Context(command, info_name=name, parent=parent, **settings)
    yield f"\n## {context.command_path}\n\n```\n{command.get_help(context)}\n```\n"
    if isinstance(command, click.Group):
        for child in command.list_commands(context):
            found = command.get_command(context, child)
            if found:
                yield from _helps(found, child, context)
