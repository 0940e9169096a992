"""`siloctl local`: the embedded AWS, for as long as a command or a person needs it."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from controller.cli import ports

if TYPE_CHECKING:
    from controller.local.server.embedded import EmbeddedAws


CONFIG = "AWS_CONFIG_FILE"
ACCOUNTS = (
    "it knows you as the controller, in the master account; "
    "to act in the account of a silo: aws --profile SILO …; accounts that are created meanwhile get theirs\n"
    'for a chain of commands that status or drift printed, first: aws() { command aws --profile SILO "$@"; }'
)


@click.group("local")
def command() -> None:
    """Run the lake on this machine, on an embedded AWS.

    Accounts and units are those of the manifests. Everything is in memory, and gone when it stops.
    """


@command.command()
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Where to listen; a free port unless given.")
@click.pass_obj
def up(manifests: Path, port: int) -> None:
    """Start an embedded AWS, print the environment to export, and stay until Ctrl-C."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with _started(manifests, port) as embedded, _profiles(embedded) as profiles:
        click.echo(f"unset {' '.join(sorted(FOREIGN))}")
        for name, value in {**embedded.environment, CONFIG: profiles}.items():
            click.echo(f"export {name}={shlex.quote(value)}")
        click.echo(f"the embedded AWS listens at {embedded.endpoint}; Ctrl-C ends it", err=True)
        click.echo(ACCOUNTS, err=True)
        sys.stdout.flush()
        told: list[ports.Row] | None = None
        before, known = told, set(embedded.roles)
        while not stop.wait(0.5):  # a bare wait would hold signals back on some systems
            known = _tell_new(known, embedded)
            found = ports.rows(embedded.sites, embedded.sftp, embedded.name)
            if found == before != told:  # once a deployment has come to rest
                click.echo(f"\n{ports.table(found)}", err=True)
                told = found
            before = found


def _tell_new(known: set[str], embedded: EmbeddedAws) -> set[str]:
    """A line for each account that was not there before; answers the names of all."""
    roles = embedded.roles
    for name in sorted(roles.keys() - known):
        click.echo(f"there is an account of {name} now, {roles[name].split(':')[4]}: aws --profile {name} …", err=True)
    return set(roles)


@contextmanager
def _profiles(embedded: EmbeddedAws) -> Iterator[str]:
    """A file of AWS's tools that lasts as long as the accounts that it names, and follows them."""
    with tempfile.TemporaryDirectory(prefix="siloctl-") as folder:
        file = Path(folder) / "config"

        def write() -> None:
            """Whoever reads meanwhile gets one whole file or the other."""
            fresh = file.with_suffix(".new")
            fresh.write_text(embedded.profiles(Path(folder).name), encoding="utf-8")
            fresh.replace(file)

        write()
        embedded.when_accounts_change(write)
        yield str(file)


@command.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.argument("words", metavar="COMMAND...", nargs=-1, required=True, type=click.UNPROCESSED)
@click.pass_context
def run(ctx: click.Context, words: tuple[str, ...]) -> None:
    """Run COMMAND against an embedded AWS of its own, and exit with its status.

    For example: siloctl local run -- siloctl plan
    """
    with _started(ctx.obj, 0) as embedded, _profiles(embedded) as profiles:
        status = _run(words, environment({**embedded.environment, CONFIG: profiles}, os.environ))
    ctx.exit(status)


# Settings of somebody's real AWS that would win over the embedded one's.
FOREIGN = frozenset(
    {
        "AWS_PROFILE",
        "AWS_DEFAULT_PROFILE",
        "AWS_ROLE_ARN",
        "AWS_WEB_IDENTITY_TOKEN_FILE",
        "AWS_CA_BUNDLE",
        "AWS_USE_FIPS_ENDPOINT",
    }
)


def environment(embedded: Mapping[str, str], inherited: Mapping[str, str]) -> dict[str, str]:
    """What a command gets: its own environment without any word of a real AWS, and this Python's programs first."""
    kept = {name: value for name, value in inherited.items() if not name.startswith("AWS_")}
    programs = os.pathsep.join([str(Path(sys.executable).parent), inherited.get("PATH", os.defpath)])
    return {**kept, **embedded, "PATH": programs}


def _started(manifests: Path, port: int) -> EmbeddedAws:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]  # boto3 would read them for the embedded AWS's own calls
    from controller.cli.lake import read_lake

    lake = read_lake(manifests).lake
    try:
        from controller.local.server.embedded import EmbeddedAws
    except ModuleNotFoundError as missing:
        hint = f"the embedded AWS needs the package {missing.name}: pip install 'siloctl[local]'"
        raise click.ClickException(hint) from missing
    try:
        return EmbeddedAws(lake, port=port)
    except OSError as error:
        raise click.ClickException(f"port {port} of this machine cannot be used: {error.strerror}") from error


ABSENT, UNRUNNABLE = 127, 126  # of a command (POSIX shell command language, "Exit status for commands")


def _run(words: tuple[str, ...], variables: Mapping[str, str]) -> int:
    """The command's exit status, and shells' own for signals and for what cannot be run. Ctrl-C is the command's."""
    before = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        status = subprocess.run(words, env=variables, check=False).returncode
    except OSError as error:
        click.echo(f"{words[0]} cannot be run: {error.strerror}", err=True)
        return ABSENT if isinstance(error, FileNotFoundError) else UNRUNNABLE
    finally:
        signal.signal(signal.SIGINT, before)
    return status if status >= 0 else 128 - status
