"""What a bundle is made from, as the index keeps it: the tool, its blueprints and the manifests, each told apart."""

from __future__ import annotations

BETWEEN = "/"
UNTOLD = "the manifests, the blueprints or siloctl"  # which, an index of an earlier siloctl does not say


def joined(tool: str, blueprints: str, manifests: str) -> str:
    """One text of the tool's version and two digests; equal texts mean equal bundles."""
    return BETWEEN.join((tool.replace(BETWEEN, "_"), blueprints, manifests))


def differing(wanted: str, published: str) -> str:
    """Which of the three are not as they were published, in words."""
    new, old = wanted.split(BETWEEN), published.split(BETWEEN)
    if len(new) != 3 or len(old) != 3:
        return UNTOLD
    words = (f"siloctl ({old[0]} published it, this is {new[0]})", "the blueprints", "the manifests")
    return " and ".join(
        word for word, now, before in reversed(tuple(zip(words, new, old, strict=True))) if now != before
    )
