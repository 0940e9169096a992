"""Guards: what stops an apply until somebody allows it by name."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from controller.diff.change import Change
from controller.kinds.organization import Guards
from controller.plan.plan import Guard

TOO_MANY = "too-many-silos"


def destroys_data(
    changes: Iterable[Change], guards: Guards, allowed: Collection[str], granted: Collection[str]
) -> Iterator[Guard]:
    """One guard for each change that loses data; `granted` are the addresses that the manifests themselves allow."""
    for change in changes:
        if not change.destroys_data or change.address in granted or f"destroy={change.address}" in allowed:
            continue
        yield Guard(
            "destroys-data",
            f"{change.address} ({change.type}) holds data and would be lost",
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


def unused(allowed: Collection[str], changes: Iterable[Change]) -> Iterator[Guard]:
    """An allowance that meets nothing is mostly a typing error, and said to be one."""
    addresses = {change.address for change in changes}
    for word in sorted(allowed):
        if word != TOO_MANY and word.removeprefix("destroy=") not in addresses:
            yield Guard("unused-allowance", f"--allow {word} meets no change of this plan", blocks=False)
