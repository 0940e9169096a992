"""Drift as people read it: what is expected, what is there, and the two ways out."""

from __future__ import annotations

from collections.abc import Iterator

from controller.diff.drift import DriftReport, Finding
from controller.report.terminal import PLAIN, Color, Terminal
from controller.report.value import count, difference, plain

DETAILS_SHOWN = 8  # of one finding


def drift_text(report: DriftReport, terminal: Terminal = PLAIN) -> str:
    """The whole report, with a line end; one sentence where nothing drifted."""
    blocks = ["\n".join(finding_lines(finding, terminal)) for finding in report.findings]
    blocks += ["\n".join(vended_lines(finding, terminal)) for finding in report.vended]
    unread = [
        terminal.paint(f"  # {plain(address, terminal)} could not be read: {plain(why, terminal)}", Color.CYAN)
        for address, why in report.unreadable.items()
    ]
    unread += [
        terminal.paint(
            f"  # {plain(address, terminal)}: nothing was published for it yet, and nothing compared", Color.CYAN
        )
        for address in report.unpublished
    ]
    unread += [
        terminal.paint(
            f"  # {plain(address, terminal)} is not compared: it tells a secret, and drift may not read it", Color.CYAN
        )
        for address in report.withheld
    ]
    if unread:
        blocks.append("\n".join(unread))
    return "\n\n".join([*blocks, summary_line(report, terminal)]) + "\n"


def summary_line(report: DriftReport, terminal: Terminal = PLAIN) -> str:
    read = ", ".join(count(number, noun) for noun, number in report.compared.items() if number) or "nothing"
    unread = f", {len(report.unreadable)} unreadable" if report.unreadable else ""
    vended = f" {count(len(report.vended), 'credentials')} vended by hand." if report.vended else ""
    if report.findings:
        return terminal.paint(f"Drift: {len(report.findings)} found{unread}. Read: {read}.{vended}", Color.BOLD)
    if unread:
        return terminal.paint(f"Drift: 0 found{unread}. Read: {read}.{vended}", Color.BOLD)
    if not report.compared.get("silos") and not report.compared.get("consumers"):
        return terminal.paint(f"Nothing to compare yet. Read: {read}.", Color.BOLD)
    return terminal.paint(f"No drift. {read} are as published.{vended}", Color.GREEN, Color.BOLD)


def vended_lines(finding: Finding, terminal: Terminal) -> Iterator[str]:
    """No drift: told in cyan, with the manifest that would take it over."""
    header = f"  # {plain(finding.address, terminal)} {plain(finding.message, terminal)}"
    yield terminal.paint(header, Color.CYAN)
    yield f"    adopt     {plain(finding.accept, terminal)}"
    yield from (f"      {plain(line, terminal)}" for line in finding.manifest.splitlines())


def finding_lines(finding: Finding, terminal: Terminal) -> Iterator[str]:
    place = f"  ({finding.source.path}:{finding.source.line})" if finding.source else ""
    header = f"  # {plain(finding.address, terminal)} {plain(finding.message, terminal)}{place}"
    yield terminal.paint(header, Color.BOLD)
    for detail in finding.details[:DETAILS_SHOWN]:
        sign = "+" if detail.before is None else "-" if detail.after is None else "~"
        changed = difference(detail.before, detail.after, terminal, limit=96)
        yield terminal.paint(f"  {sign} {plain(detail.path, terminal)}: {changed}", Color.YELLOW)
    if len(finding.details) > DETAILS_SHOWN:
        yield f"    {terminal.ellipsis} and {count(len(finding.details) - DETAILS_SHOWN, 'more differences')}"
    if finding.since:
        yield f"    since     {finding.since}"
    yield f"    put back  {plain(finding.reassert, terminal)}"
    yield f"    accept    {plain(finding.accept, terminal)}"
