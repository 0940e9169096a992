"""The table of what stands at this machine's ports, which deployments open and close."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from controller.local.sftp import Endpoint
    from controller.local.web import Site

Row = tuple[str, ...]
NOTHING = "no site and no SFTP server: deployments open their ports here"


def rows(sites: Iterable[Site], servers: Iterable[Endpoint], name: Callable[[str], str]) -> list[Row]:
    """What it is, whose, and where; `name` tells what an account is called."""
    found = [row for site in sites for row in _of_site(site, name(site.account))]
    found += [("SFTP", name(one.server.account), f"sftp -P {one.port} USER@127.0.0.1") for one in servers]
    return sorted(found, key=lambda row: row[1])


def _of_site(site: Site, name: str) -> Iterator[Row]:
    yield "site", name, f"{site.address}/"
    yield "admins", name, f"{site.address}/admin/index.html"
    for one in site.invitations:
        yield "", name, f"sign in as {one.name} with the first password {one.password}"
    if site.api:
        yield "API", name, f"{site.api}/"


def table(rows: Iterable[Row]) -> str:
    """Columns as wide as their widest word."""
    lines = list(rows)
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    told = ("  ".join(word.ljust(width) for word, width in zip(row, widths, strict=True)) for row in lines)
    return "\n".join(line.rstrip() for line in told) if lines else NOTHING
