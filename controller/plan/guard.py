"""Guards: what stops an apply until somebody allows it by name."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

from controller.diff.change import Change
from controller.diff.contract import Difference, Verdict
from controller.kinds.organization import Guards
from controller.plan.plan import Guard

TOO_MANY = "too-many-silos"
UNKNOWN_BEFORE = "unknown-before"


def destroys_data(
    changes: Iterable[Change], guards: Guards, allowed: Collection[str], granted: Collection[str]
) -> Iterator[Guard]:
    """One guard for each change that loses data; `granted` are the addresses that the manifests themselves allow."""
    for change in changes:
        if not change.destroys_data or change.address in granted or f"destroy={change.address}" in allowed:
            continue
        lost = (
            "holds data, which would stay behind in the old one" if change.retained else "holds data and would be lost"
        )
        yield Guard(
            "destroys-data",
            f"{change.address} ({change.type}) {lost}",
            blocks=guards.protect_data,
            address=change.address,
            allow=f"destroy={change.address}",
        )


def too_many_silos(changed: int, guards: Guards, allowed: Collection[str]) -> Iterator[Guard]:
    if changed > guards.max_silos_changed and TOO_MANY not in allowed:
        yield Guard(
            TOO_MANY,
            f"{changed} silos would change; spec.guards.maxSilosChanged is {guards.max_silos_changed}",
            blocks=True,
            allow=TOO_MANY,
        )


def unknown_before(address: str) -> Guard:
    """Nobody can tell what an update takes away from something whose published state is lost."""
    return Guard(
        UNKNOWN_BEFORE,
        f"{address}: what was published is not known any more, so neither is what would be lost",
        blocks=True,
        address=address,
        allow=f"destroy={address}",
    )


def left_behind(address: str, before: str) -> Guard:
    """The buckets of a default silo hold its name; what is in them stays readable, but nothing of the lake reads it."""
    return Guard(
        "leaves-behind",
        f"{address}: it was the default silo {before}, whose buckets stay with what is in them, outside of the lake; "
        f"new ones are made. Under the name {before} it would keep them",
        blocks=False,
        address=address,
    )


def contract_broken(
    address: str, compatibility: str, found: Sequence[Difference], downstream: Sequence[str]
) -> Iterator[Guard]:
    """What a flow's changed contract means for its readers; only what breaks them blocks."""
    if not found:
        return
    worst = max(one.verdict for one in found)
    said = "; ".join(one.what for one in found)
    readers = f" (read by {', '.join(downstream)})" if downstream else ""
    breaking = worst is Verdict.BREAKING
    yield Guard(
        "contract-broken" if breaking else "contract-needs-backfill",
        f"{address}{readers}: {said}: {worst} for a contract whose compatibility is {compatibility}",
        blocks=breaking,
        address=address,
        allow=f"contract={address}" if breaking else "",
    )


def unused(allowed: Collection[str], changes: Iterable[Change]) -> Iterator[Guard]:
    """An allowance that meets nothing is mostly a typing error, and said to be one."""
    addresses = {change.address for change in changes}
    for word in sorted(allowed):
        if word != TOO_MANY and word.removeprefix("destroy=") not in addresses:
            yield Guard("unused-allowance", f"--allow {word} meets no change of this plan", blocks=False)
