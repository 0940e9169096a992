"""docs/cli.md, from the help of every command."""

from __future__ import annotations

from collections.abc import Iterator

import click

from controller.cli import siloctl
from controller.cli.exit import Exit
from tools.pages import NOTE

WIDTH = 100


def page() -> str:
    return f"{NOTE}\n# Command line\n\n{exit_table()}" + "".join(_helps(siloctl, "siloctl", None))


def exit_table() -> str:
    """The README has it too."""
    rows = "".join(f"| {code.value} | {code.meaning} |\n" for code in Exit)
    return f"| exit status | means |\n|---|---|\n{rows}"


def _helps(command: click.Command, name: str, parent: click.Context | None) -> Iterator[str]:
    settings = {**command.context_settings, "terminal_width": WIDTH, "max_content_width": WIDTH}
    context = click.Context(command, info_name=name, parent=parent, **settings)
    yield f"\n## {context.command_path}\n\n```\n{command.get_help(context)}\n```\n"
    if isinstance(command, click.Group):
        for child in command.list_commands(context):
            found = command.get_command(context, child)
            if found:
                yield from _helps(found, child, context)
