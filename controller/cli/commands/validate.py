"""siloctl validate: what is wrong with the manifests, all at once, without network and credentials."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from controller.cli.exit import Exit
from controller.cli.options import output_format
from controller.engine.validate import Findings, examine
from controller.load.places import blueprints
from controller.report.problems import FORMAT_VERSION, closing, problems_json, problems_text
from controller.report.terminal import Terminal


@click.command(name="validate")
@click.argument("place", required=False, type=click.Path(path_type=Path), metavar="[DIR|FILE]")
@output_format
@click.pass_obj
def command(manifests: Path, place: Path | None, form: str) -> Exit:
    """Check the manifests of DIR, or those of one FILE.

    Without an argument the folder of --manifests is checked. A FILE that declares no Organization is checked by
    itself: what it refers to is not looked up.
    """
    findings = examine(place or manifests, blueprints(), datetime.now(UTC).date())
    if form == "json":
        click.echo(json.dumps(_document(findings), indent=2, ensure_ascii=False))
    else:
        _show(findings)
    return Exit.OK if findings.valid else Exit.ERROR


def _document(findings: Findings) -> dict[str, object]:
    return {
        "format_version": FORMAT_VERSION,
        "valid": findings.valid,
        "manifests": findings.manifests,
        "problems": problems_json(findings.problems),
    }


def _show(findings: Findings) -> None:
    if findings.problems:
        click.echo(problems_text(findings.problems, Terminal.of(sys.stderr)), err=True, nl=False)
        click.echo(closing(findings.problems), err=True)
    if findings.valid:
        click.echo(_valid(findings))


def _valid(findings: Findings) -> str:
    noun = "manifest is" if findings.manifests == 1 else "manifests are"
    line = f"{findings.manifests:,} {noun} valid"
    lake = findings.lake
    if lake is None:
        alone = "by itself; what it refers" if findings.manifests == 1 else "by themselves; what they refer"
        return f"{line} {alone} to was not looked up"
    counts = {
        "silo": lake.silos,
        "flow": lake.flows,
        "partner": lake.partners,
        "share": lake.shares,
        "consumer": lake.consumers,
    }
    parts = [f"{len(specs):,} {noun}{'' if len(specs) == 1 else 's'}" for noun, specs in counts.items() if specs]
    return f"{line}: {', '.join(parts) or 'no silos yet'}"
