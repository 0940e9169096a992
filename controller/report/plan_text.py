"""A plan as people read it, by Terraform's conventions: a block a change, what blocks, one summary line.

A creation is one line, and of a silo with many only the first ones, so that a first apply stays readable; `everything`
shows all of them with their properties. What comes first, and what is only counted, is plan_order.py's.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Mapping

from controller.diff.change import Change, Detail, Later, Verb
from controller.plan.plan import Guard, Plan
from controller.report.drift_text import finding_lines
from controller.report.order_text import order_lines
from controller.report.plan_order import Alike, Rest, laid_out
from controller.report.terminal import PLAIN, Color, Terminal
from controller.report.value import count, difference, plain, shown

FORGET = "."  # given up by the lake, kept by AWS
COLORS = {
    Verb.CREATE.value: Color.GREEN,
    Verb.UPDATE.value: Color.YELLOW,
    Verb.REPLACE.value: Color.RED,
    Verb.DELETE.value: Color.RED,
    FORGET: Color.YELLOW,
    Verb.BLOCKED.value: Color.CYAN,
}
MEANING = {
    Verb.CREATE.value: "create",
    Verb.UPDATE.value: "update in place",
    Verb.REPLACE.value: "destroy, then create again",
    Verb.DELETE.value: "destroy",
    FORGET: "give up, AWS keeps it",
    Verb.BLOCKED.value: "blocked, nothing is done about it",
}
ALL = "(--all shows them)"


def plan_text(plan: Plan, terminal: Terminal = PLAIN, everything: bool = False) -> str:
    """The whole report, with a line end."""
    parts: list[list[str]] = []
    if plan.drift:
        drifted = (line for finding in plan.drift for line in finding_lines(finding, terminal))
        parts.append(["Changed outside of siloctl since the last apply:", *drifted])
    parts.append([line for note in plan.notes for line in _wrapped("Note:", plain(note, terminal), terminal)])
    symbols = {_symbol(change) for change in plan.changes}
    if len(symbols) > 1:
        parts.append(list(_legend(symbols, terminal)))
    guards = [line for guard in plan.guards for line in _guard(guard, terminal)]
    blocks = list(_blocks(plan.changes, terminal, everything))
    order = list(order_lines(plan.order, terminal, everything)) if plan.order else []
    if guards or order:
        parts += [blocks, guards, order, [summary_line(plan, terminal)]]
    else:
        parts.append([*blocks, summary_line(plan, terminal)])
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"


def summary_line(plan: Plan, terminal: Terminal = PLAIN) -> str:
    """Terraform's shape, which other tools match: new counters only ever at its end."""
    if plan.empty and not plan.blocked:
        compared = _sentence(plan.compared)
        return terminal.paint(f"No changes. {compared}", Color.GREEN, Color.BOLD)
    total = plan.summary
    line = f"Plan: {total.add} to add, {total.change} to change, {total.destroy} to destroy"
    return terminal.paint(line + (f", {total.blocked} blocked." if total.blocked else "."), Color.BOLD)


def _sentence(compared: Mapping[str, int]) -> str:
    counted = [count(number, noun) for noun, number in compared.items() if number]
    if not counted:
        return "The lake matches the manifests."
    verb = "matches" if len(counted) == 1 and sum(compared.values()) == 1 else "match"
    listed = ", ".join(counted[:-1]) + (" and " if counted[:-1] else "") + counted[-1]
    return f"{listed} {verb} the manifests."


def _symbol(change: Change) -> str:
    return FORGET if change.retained and change.verb is Verb.DELETE else change.verb.value


def _legend(symbols: Iterable[str], terminal: Terminal) -> Iterator[str]:
    yield "Symbols:"
    for symbol, meaning in MEANING.items():
        if symbol in symbols:
            yield f"{terminal.paint(f'{symbol:>3}', COLORS[symbol])} {meaning}"


def _blocks(changes: tuple[Change, ...], terminal: Terminal, everything: bool) -> Iterator[str]:
    for part in laid_out(changes, everything):
        match part:
            case Change():
                yield from _block(part, terminal, everything)
            case Rest():
                yield terminal.paint(_rest(part, terminal), Color.DIM)
            case Alike(number):
                yield terminal.paint(
                    f"      {terminal.ellipsis} and so in {count(number, 'more silos')} {ALL}", Color.DIM
                )


def _rest(rest: Rest, terminal: Terminal) -> str:
    kinds = [(rest.data, "hold", "data"), (rest.access, "grant", "access")]
    told = ", ".join(f"{number:,} {verb}{'s' * (number == 1)} {what}" for number, verb, what in kinds if number)
    more = count(rest.number, "more resources")
    return f"  + {terminal.ellipsis} and {more} of {rest.owner}{f', of which {told}' if told else ''} {ALL}"


def _block(change: Change, terminal: Terminal, everything: bool) -> Iterator[str]:
    details = change.details if everything or change.verb is not Verb.CREATE else ()
    symbol = _symbol(change)
    header = f"{plain(change.address, terminal)} {_phrase(change, terminal)}"
    if change.source and (details or change.verb is not Verb.CREATE):
        header += f"  ({change.source.path}:{change.source.line})"
    yield f"{terminal.paint(f'{symbol:>3}', COLORS[symbol], Color.BOLD)} {terminal.paint(header, Color.BOLD)}"
    for detail in details:
        yield _property(change, detail, terminal)


def _phrase(change: Change, terminal: Terminal) -> str:
    reason = plain(change.reason, terminal)
    match change.verb:
        case Verb.CREATE:
            return "will be created"
        case Verb.UPDATE:
            return "will be updated in place" + ("" if change.details or not reason else f" ({reason})")
        case Verb.REPLACE:
            lost = ", and what it holds stays behind" if change.retained else " and its data destroyed"
            return "must be replaced" + (lost if change.destroys_data else "")
        case Verb.DELETE if change.retained:
            return f"will be given up, AWS keeps it ({reason or 'no manifest asks for it'})"
        case Verb.DELETE:
            destroyed = "will be destroyed with its data" if change.destroys_data else "will be destroyed"
            return f"{destroyed} ({reason or 'no manifest asks for it'})"
        case Verb.BLOCKED:
            return reason if reason.startswith("could not be read") else f"is blocked: {reason}"


def _property(change: Change, detail: Detail, terminal: Terminal) -> str:
    if change.verb is Verb.CREATE:
        text = shown(detail.after, terminal)
    elif change.verb is Verb.DELETE:
        text = shown(detail.before, terminal)
    else:
        text = difference(detail.before, detail.after, terminal)
    if detail.at is not None:
        text += f" # at position {detail.at}"
    if isinstance(detail.after, Later) and detail.after.address != change.address:
        text += f" # from {plain(detail.after.address, terminal)}"
    if detail.replaces:
        text += " # forces replacement"
    sign = _sign(change, detail)
    return terminal.paint(f"      {sign} {plain(detail.path, terminal)}: {text}", COLORS[sign])


def _sign(change: Change, detail: Detail) -> str:
    if change.verb in (Verb.CREATE, Verb.DELETE):
        return change.verb.value
    if detail.before is None:
        return "+"
    return "-" if detail.after is None else "~"


def _guard(guard: Guard, terminal: Terminal) -> Iterator[str]:
    word, colors = ("Blocked:", (Color.RED, Color.BOLD)) if guard.blocks else ("Warning:", (Color.YELLOW,))
    named = not guard.address or guard.message.startswith(guard.address)
    about = "" if named else f"{plain(guard.address, terminal)}: "
    first, *more = _wrapped(word, f"{about}{plain(guard.message, terminal)} [{guard.code}]", terminal)
    yield first.replace(word, terminal.paint(word, *colors), 1)
    yield from more
    if guard.blocks and guard.allow:
        yield f"  if that is meant, pass --allow {plain(guard.allow, terminal)}"


def _wrapped(word: str, text: str, terminal: Terminal) -> list[str]:
    """No line wider than the reader's, but for a word that is: an address or a command's argument stays whole."""
    return textwrap.wrap(
        f"{word} {text}", terminal.width, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False
    )
