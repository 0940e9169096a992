"""What a stack is given by name beside its template: tags and parameters, told name by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from controller.diff.change import Change, Detail, Later, Verb
from controller.model.source import Source

RESERVED = "aws:"  # tags that AWS keeps for itself; nobody can set or remove one (CloudFormation user guide, tags)


def named_changes(
    address: str,
    what: str,
    before: Mapping[str, str],
    after: Mapping[str, str | Later],
    type: str = "stack",
    source: Source | None = None,
) -> Iterator[Change]:
    """One change for all names that differ; `what` they are stands in its address, as in `master/stack/(tags)`."""
    details = tuple(
        Detail(name, before.get(name), after.get(name))
        for name in sorted({*before, *after})
        if before.get(name) != after.get(name) and not name.startswith(RESERVED)
    )
    if details:
        yield Change(f"{address}/({what})", type, Verb.UPDATE, f"its {what} differ", details, source)
