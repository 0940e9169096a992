"""The lake that a command works on: read, checked, its warnings told."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import click

from controller.engine.ports import Ports
from controller.model.errors import ControllerError
from controller.render.blueprint import Catalogue
from controller.report.problems import problems_text
from controller.report.terminal import PLAIN, Terminal
from controller.report.value import plain
from controller.resolve.lake import Lake
from controller.resolve.unmatched import wanted

UNREAD = "which accounts get a default silo could not be read"


@dataclass(frozen=True, slots=True)
class Given:
    """What the manifests say, or after a look at AWS the default silos too."""

    lake: Lake
    catalogue: Catalogue

    def named(self, silos: tuple[str, ...]) -> tuple[str, ...]:
        """The silos, and consumers as consumer/<name>, that were asked for, all where none was named."""
        unknown = sorted(set(silos) - set(self.lake.members))
        if unknown and (why := self.lake.defaults.unread):
            raise ControllerError(f"no manifest declares silo {unknown[0]}, and {UNREAD}: {why}")
        if unknown:
            there = ", ".join(self.lake.members) or "none"
            raise click.UsageError(f"no Silo is named {unknown[0]!r}; there are {there}")
        return tuple(name for name in self.lake.members if name in silos or not silos)


def read_lake(folder: Path) -> Given:
    """Raises ManifestsInvalid with all problems of all files."""
    from controller.engine.validate import load_lake

    catalogue = Catalogue.read()
    lake, warnings = load_lake(folder, catalogue.available, datetime.now(UTC).date())
    if warnings:
        click.echo(problems_text(warnings, Terminal.of(sys.stderr)), err=True, nl=False)
    return Given(lake, catalogue)


def completed(given: Given, silos: Collection[str], connected: Callable[[], Ports]) -> Given:
    """With the default silos, where the Organization asks for them.

    AWS is asked for nothing where it does not, nor where all of the `silos` that were asked for have manifests.
    """
    if not wanted(given.lake.organization) or (silos and set(silos) <= set(given.lake.members)):
        return given
    from controller.engine.unmatched import completed

    return replace(given, lake=completed(given.lake, connected()))


def unread(given: Given) -> bool:
    """Tell on stderr where nobody knows which default silos there are."""
    if why := given.lake.defaults.unread:
        click.echo(f"{UNREAD}: {plain(why, PLAIN)}", err=True)
    return bool(given.lake.defaults.unread)


def commit_of(folder: Path, said: str) -> str:
    """The commit that a release is marked with: what was said, else what git has checked out in the lake's folder."""
    if said:
        return said
    try:
        found = subprocess.run(
            ["git", "-C", str(folder), "rev-parse", "HEAD"], capture_output=True, text=True, check=False, timeout=10
        )
    except (OSError, subprocess.TimeoutExpired):
        return "uncommitted"
    return found.stdout.strip() if found.returncode == 0 else "uncommitted"
