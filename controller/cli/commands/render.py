"""`siloctl render`: what would be published, as files."""

from __future__ import annotations

from pathlib import Path

import click

from controller.cli.exit import Exit
from controller.cli.lake import UNREAD, Given, commit_of, completed, read_lake
from controller.cli.options import commit, silos
from controller.engine.ports import Ports
from controller.engine.release import build, files_of_master, files_of_silo
from controller.model.bundle import Bundle, Rendered
from controller.model.errors import ControllerError
from controller.publish.folder import claim, write


@click.command("render")
@silos
@commit
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    metavar="DIR",
    help="A new or empty folder, or that of a former render, which is replaced.",
)
@click.pass_obj
def command(folder: Path, silos: tuple[str, ...], commit: str, out: Path) -> Exit:
    """Write to DIR what an apply would publish: bundles, assets, the master's and the baseline's templates.

    With --silo only what is for these silos. Nothing is asked of AWS, but for default silos who the accounts are
    that no manifest names.
    """
    given = _with_defaults(read_lake(folder), silos)
    marked = commit_of(folder, commit)
    built = [build(given.lake, name, given.catalogue, marked) for name in given.named(silos)]
    files = {} if silos else dict(files_of_master(given.lake, given.catalogue))
    for rendered, bundle in built:
        files |= files_of_silo(rendered, bundle)
    claim(out)
    write(out, files)
    for rendered, bundle in built:
        click.echo(_line(rendered, bundle))
    return Exit.OK


def _with_defaults(given: Given, silos: tuple[str, ...]) -> Given:
    def ports() -> Ports:
        from controller.cli.wiring import connect

        return connect(given.lake.organization).ports

    seen = completed(given, silos, ports)
    if seen.lake.defaults.unread:
        raise ControllerError(
            f"{UNREAD}: {seen.lake.defaults.unread}",
            hint="name those that have a manifest with --silo: they are rendered without asking AWS",
        )
    return seen


def _line(rendered: Rendered, bundle: Bundle) -> str:
    templates = (rendered.root, *rendered.nested)
    resources = sum(len(template.body["Resources"]) for template in templates)
    return f"{rendered.silo}: bundle {bundle.digest[:12]}, {len(templates)} templates, {resources} resources"
