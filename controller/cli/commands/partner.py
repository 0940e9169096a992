"""`siloctl partner`: credentials of partners as they are, and ending them without waiting for a deployment."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import click

from controller.cli.exit import Exit
from controller.cli.lake import Given, read_lake
from controller.cli.options import output_format, silos
from controller.engine.observe import read_index, value_or
from controller.engine.partners import Users, held, look, make_room, revoke
from controller.engine.residence import place_of
from controller.model.credential import WELL, Held
from controller.model.errors import ControllerError
from controller.model.index import Index
from controller.model.vended import Vended
from controller.report.partners import ended_text, partner_text, partners_json, partners_text
from controller.report.terminal import Terminal
from controller.resolve.adoption import adopted, partner_name


@click.group("partner", short_help="Show partners' credentials, rotate, revoke and adopt them.")
def command() -> None:
    """Show the credentials of partners, rotate and revoke them.

    Credentials are declared in git and made by an apply, or vended by the admins of a silo's web app; nothing here
    makes one or shows a secret.
    """


@dataclass(frozen=True, slots=True)
class Seen:
    given: Given
    users: Users
    found: tuple[Held, ...]
    unread: Mapping[str, str]  # what could not be read, by silo, and why
    today: date

    def named(self, name: str) -> tuple[Held, ...]:
        chosen = tuple(one for one in self.found if one.partner == name)
        if not chosen:
            there = ", ".join(sorted({one.partner for one in self.found})) or "none"
            raise click.UsageError(f"no partner is named {name!r}; there are {there}")
        return chosen


@command.command("list")
@output_format
@silos
@click.pass_obj
def list_(folder: Path, form: str, silos: tuple[str, ...]) -> int:
    """List who has credentials where, until when, and how old its key is.

    Exits 0 only when every credential is there, works and has ended as git says; what was changed of its user by
    hand is told by drift.
    """
    seen = _see(folder, silos)
    told = _tell(
        seen.found, form, lambda terminal: partners_text(seen.found, seen.today, terminal, seen.unread), seen.unread
    )
    return Exit.ERROR if seen.unread else told


@command.command("show")
@click.argument("name")
@output_format
@click.pass_obj
def show(folder: Path, name: str, form: str) -> int:
    """Show all that is known of one partner, with each of its keys."""
    seen = _see(folder, ())
    found = seen.named(name)
    return _tell(found, form, lambda terminal: partner_text(found, seen.today, terminal))


@command.command("revoke")
@click.argument("name")
@silos
@click.pass_obj
def revoke_(folder: Path, name: str, silos: tuple[str, ...]) -> int:
    """Make all keys of a partner inactive, now, and read them back.

    A manifest that says nothing of it would not make them active again, but a rotation makes a new key: the field
    to set is printed. Exits 0 only when no key works any more.
    """
    seen = _see(folder, silos)
    chosen = seen.named(name)
    ended = [end for one in chosen for end in revoke(one, seen.users)]
    click.echo(ended_text(ended), nl=False)
    _patch(chosen, "so that it stays so", "spec:", "  revoked: true")
    unread = [one for one in chosen if one.place is not None and one.state == "unknown"]
    if unread:
        raise ControllerError(f"{unread[0].address} could not be read: {unread[0].why}")
    return Exit.OK if all(end.inactive for end in ended) else Exit.ERROR


@command.command("rotate")
@click.argument("name")
@click.pass_obj
def rotate(folder: Path, name: str) -> int:
    """Say how a partner gets a new key, and make room for one that is due.

    A key is made by git and an apply alone. Where two keys are there and the older is long over, a third cannot be
    made: that older one is deleted.
    """
    seen = _see(folder, ())
    chosen = seen.named(name)
    credential = seen.given.lake.credentials.get(name)
    for one in chosen:
        gone = make_room(one, credential, seen.users) if credential and one.source else None
        if gone:
            click.echo(f"{one.partner} in silo {one.silo}: key {gone.id} of {gone.created} was over and is deleted")
    _patch(
        chosen,
        "for a new key with the next apply, which ends the old one",
        "spec:",
        "  credentials:",
        f"    issued: {seen.today}",
    )
    return Exit.OK


@command.command("adopt")
@click.argument("name", metavar="[SILO/]NAME")
@click.option("--write", "file", type=click.Path(path_type=Path, dir_okay=False), help="Write it to this new file.")
@click.pass_context
def adopt(ctx: click.Context, name: str, file: Path | None) -> int:
    """Print the Partner manifest that takes over what the web app vended as NAME, and say what to do then.

    Nothing changes in AWS: a partner in git gets a pair of its own, beside the vended one.
    """
    folder: Path = ctx.obj
    asked, _, short = name.rpartition("/")
    seen = _see(folder, (asked,) if asked else ())
    silo, vended = _only(seen, short.removeprefix("vended-"))
    text, called = adopted(seen.given.lake, silo, vended), partner_name(vended)
    there = seen.given.lake.partners.get(called)
    if there is not None:
        at = there.manifest.at("spec.access")
        click.echo(text, nl=False)
        raise ControllerError(
            f"a Partner is named {called} already, at {at.path}:{at.line}",
            hint=f"add the access to silo {silo} there, or give the manifest above another name",
        )
    if file is None:
        click.echo(text, nl=False)
    else:
        with file.open("x", encoding="utf-8") as new:
            new.write(text)
    place = file or folder / "partners" / f"{called}.yaml"
    click.echo(_then(place, silo, called, vended.name), err=True, nl=False)
    return Exit.OK


def _only(seen: Seen, name: str) -> tuple[str, Vended]:
    """The silo, and what it vended."""
    found = [(one.silo, one.vended) for one in seen.found if one.vended is not None and one.vended.name == name]
    if not found:
        there = ", ".join(f"{one.silo}/{one.vended.name}" for one in seen.found if one.vended) or "none"
        raise click.UsageError(f"no web app vended {name!r}; there are {there}")
    if len(found) > 1:
        places = " or ".join(f"{silo}/{name}" for silo, _ in found)
        raise click.UsageError(f"{name!r} was vended in {len(found)} silos: say {places}")
    return found[0]


def _then(place: Path, silo: str, called: str, vended: str) -> str:
    return (
        f"then:\n"
        f"  1. keep it as {place}, with the partner's own contact and end, do what its comments say; siloctl apply\n"
        f"  2. hand over the new pair: the secret lake/partners/{silo}/{called} in the silo's account\n"
        f"  3. once the partner uses it (siloctl partner show {called}), revoke {vended} in the web app\n"
    )


def _see(folder: Path, silos: tuple[str, ...]) -> Seen:
    from controller.cli.wiring import connect

    given = read_lake(folder)
    wired = connect(given.lake.organization)
    index = value_or(read_index(wired.ports, given.lake.organization.home_region), Index({}))
    asked = [name for name in given.named(silos) if name in given.lake.silos]
    places = {name: place_of(given.lake.silos[name], index.silos.get(name)) for name in asked}
    people = look(places, wired.partners, wired.vendings, wired.ports.now())
    return Seen(given, wired.partners, held(given.lake, places, people), people.unread, datetime.now(UTC).date())


def _tell(
    found: Sequence[Held], form: str, text: Callable[[Terminal], str], unread: Mapping[str, str] | None = None
) -> int:
    click.echo(partners_json(found, unread or {}) if form == "json" else text(Terminal.of(sys.stdout)), nl=False)
    return Exit.OK if all(one.state in WELL for one in found) else Exit.ERROR


def _patch(chosen: Sequence[Held], why: str, *lines: str) -> None:
    source = next((one.source for one in chosen if one.source), None)
    if any(one.vended for one in chosen):
        click.echo("the web app vended it: revoke or rotate it there, or siloctl partner adopt it")
        return
    if source is None:
        click.echo("no manifest declares it: delete the user where it was made")
        return
    click.echo(f"{why}, set in {source.path}, then siloctl apply:")
    for line in lines:
        click.echo(f"  {line}")
