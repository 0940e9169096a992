"""Who has a folder already: this one, one above it or one below it. Nothing here talks to AWS."""

from __future__ import annotations

from collections.abc import Mapping

TOLD = 5  # by name; the page tells all


def meeting(prefix: str, others: Mapping[str, str]) -> list[str]:
    """Names of those in `others`, with their prefixes, who would share files with whoever gets `prefix`."""
    return sorted(name for name, other in others.items() if _meet(prefix, other))


def words(names: list[str], others: Mapping[str, str]) -> str:
    """Such as: fastfreight has inbound/a/ and carrier has inbound/a/b/."""
    said = [f"{name} has {others[name]}/" for name in names[:TOLD]]
    if len(names) > TOLD:
        said.append(f"{len(names) - TOLD} more have others")
    return " and ".join(filter(None, [", ".join(said[:-1]), said[-1]]))


def _meet(one: str, other: str) -> bool:
    return f"{one}/".startswith(f"{other}/") or f"{other}/".startswith(f"{one}/")
