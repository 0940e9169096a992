"""A plan as people read it, by Terraform's conventions: a block a change, what blocks, one summary line.

A creation is one line, and of a silo with many only the first ones, so that a first apply stays readable; `everything`
shows all of them with their properties.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from controller.diff.change import Change, Detail, Verb
from controller.plan.plan import Guard, Plan
from controller.report.drift_text import finding_lines
from controller.report.terminal import PLAIN, Color, Terminal
from controller.report.value import count, difference, plain, shown

CREATED_SHOWN = 3  # creations of one silo before the rest is only counted

COLORS = {
    Verb.CREATE: Color.GREEN,
    Verb.UPDATE: Color.YELLOW,
    Verb.REPLACE: Color.RED,
    Verb.DELETE: Color.RED,
    Verb.BLOCKED: Color.CYAN,
}
MEANING = {
    Verb.CREATE: "create",
    Verb.UPDATE: "update in place",
    Verb.REPLACE: "destroy, then create again",
    Verb.DELETE: "destroy",
    Verb.BLOCKED: "blocked, nothing is done about it",
}


def plan_text(plan: Plan, terminal: Terminal = PLAIN, everything: bool = False) -> str:
    """The whole report, with a line end."""
    parts: list[list[str]] = []
    if plan.drift:
        drifted = (line for finding in plan.drift for line in finding_lines(finding, terminal))
        parts.append(["Changed outside of siloctl since the last apply:", *drifted])
    parts.append([f"Note: {plain(note, terminal)}" for note in plan.notes])
    verbs = [verb for verb in Verb if any(change.verb is verb for change in plan.changes)]
    if len(verbs) > 1:
        parts.append(list(_legend(verbs, terminal)))
    guards = [line for guard in plan.guards for line in _guard(guard, terminal)]
    blocks = list(_blocks(plan.changes, terminal, everything))
    if guards:
        parts += [blocks, guards, [summary_line(plan, terminal)]]
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


def _legend(verbs: Iterable[Verb], terminal: Terminal) -> Iterator[str]:
    yield "Symbols:"
    for verb in verbs:
        yield f"  {terminal.paint(f'{verb.value:>3}', COLORS[verb])} {MEANING[verb]}"


def _blocks(changes: tuple[Change, ...], terminal: Terminal, everything: bool) -> Iterator[str]:
    created = Counter(_owner(change) for change in changes if change.verb is Verb.CREATE)
    seen: Counter[str] = Counter()
    for change in changes:
        owner = _owner(change)
        if change.verb is Verb.CREATE and not everything and created[owner] > CREATED_SHOWN + 1:
            seen[owner] += 1
            if seen[owner] > CREATED_SHOWN:
                if seen[owner] == created[owner]:
                    yield _rest(owner, created[owner] - CREATED_SHOWN, terminal)
                continue
        yield from _block(change, terminal, everything)


def _owner(change: Change) -> str:
    """`silo/sales` for all that is in that silo's bundle; the first word of any other address."""
    return "/".join(change.address.split("/")[: 2 if change.address.startswith("silo/") else 1])


def _rest(owner: str, number: int, terminal: Terminal) -> str:
    text = f"  # {terminal.ellipsis} and {count(number, 'more resources')} of {owner} will be created"
    return terminal.paint(text + " (--all shows them)", Color.DIM)


def _block(change: Change, terminal: Terminal, everything: bool) -> Iterator[str]:
    details = change.details if everything or change.verb is not Verb.CREATE else ()
    header = f"  # {plain(change.address, terminal)} {_phrase(change, terminal)}"
    if change.source and not details and change.verb is not Verb.CREATE:
        header += f"  ({change.source.path}:{change.source.line})"
    yield terminal.paint(header, Color.BOLD)
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
            return "must be replaced" + (" and its data destroyed" if change.destroys_data else "")
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
    if detail.replaces:
        text += " # forces replacement"
    line = f"  {_sign(change, detail)} {plain(detail.path, terminal)}: {text}"
    if change.source and detail is change.details[0]:
        line = f"{line:<68}  ({change.source.path}:{change.source.line})"
    return terminal.paint(line, COLORS[change.verb])


def _sign(change: Change, detail: Detail) -> str:
    if change.verb in (Verb.CREATE, Verb.DELETE):
        return change.verb.value
    if detail.before is None:
        return "+"
    return "-" if detail.after is None else "~"


def _guard(guard: Guard, terminal: Terminal) -> Iterator[str]:
    word = (
        terminal.paint("Blocked:", Color.RED, Color.BOLD) if guard.blocks else terminal.paint("Warning:", Color.YELLOW)
    )
    named = not guard.address or guard.message.startswith(guard.address)
    about = "" if named else f" {plain(guard.address, terminal)}:"
    yield f"{word}{about} {plain(guard.message, terminal)} [{guard.code}]"
    if guard.blocks and guard.allow:
        yield f"  if that is meant, pass --allow {plain(guard.allow, terminal)}"
