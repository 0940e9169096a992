"""The command line: arguments in, exit codes out. Each command is its own module, imported when it is used."""

from __future__ import annotations

import importlib
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from controller import __version__
from controller.cli.exit import Exit
from controller.model.errors import ControllerError

# name -> module under controller.cli.commands, in the order of the pipeline; the module has a click command `command`
COMMANDS: tuple[tuple[str, str], ...] = (
    ("validate", "validate"),
    ("render", "render"),
    ("plan", "plan"),
    ("apply", "apply"),
    ("status", "status"),
    ("drift", "drift"),
    ("silo", "silo"),
    ("partner", "partner"),
    ("local", "local"),
)


class LazyGroup(click.Group):
    """Imports a command's module only when it is called, so that `validate` never pays for boto3."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [name for name, _ in COMMANDS]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        module = dict(COMMANDS).get(cmd_name)
        if module is None:
            return None
        found: click.Command = importlib.import_module(f"controller.cli.commands.{module}").command
        return found

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            from difflib import get_close_matches

            near = get_close_matches(args[0], self.list_commands(ctx), 1)
            raise click.UsageError(error.message + (f" Did you mean {near[0]!r}?" if near else ""), ctx) from error


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="siloctl")
@click.option(
    "--manifests",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("manifests"),
    show_default=True,
    metavar="DIR",
    help="The lake's folder of manifests.",
)
@click.pass_context
def siloctl(ctx: click.Context, manifests: Path) -> None:
    """Keep a data lake of silos, one AWS account each, as its manifests say."""
    ctx.obj = manifests


def run(arguments: Sequence[str] | None = None) -> int:
    """Run one command and answer its exit status; what a person can mend is told in a line, never as a traceback.

    Misuse is 64: click's own status for it would read as "changes found".
    """
    try:
        return int(siloctl.main(arguments, prog_name="siloctl", standalone_mode=False) or Exit.OK)
    except click.UsageError as error:
        error.show()
        return Exit.MISUSE
    except click.exceptions.Exit as exit_:
        return exit_.exit_code
    except click.Abort:
        click.echo("stopped", err=True)
        return Exit.ERROR
    except click.ClickException as error:
        error.show()
        return Exit.ERROR
    except ControllerError as error:
        from controller.cli.failure import tell

        return tell(error)
    except BrokenPipeError:  # the reader had enough, as `| head` does
        sys.stderr.close()
        return Exit.ERROR
    except OSError as error:  # a full disk, a port that is taken
        click.echo(f"error: {error}", err=True)
        return Exit.ERROR


def _stop(*_: object) -> None:
    raise KeyboardInterrupt


def main() -> None:
    """A cancelled job is stopped as by Ctrl-C, so that its lock is given back."""
    signal.signal(signal.SIGTERM, _stop)
    sys.exit(run())
