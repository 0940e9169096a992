"""Names that manifests call each other by: each must be declared somewhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches

from controller.kinds import Spec
from controller.model.manifest import Manifest
from controller.model.problem import Problem
from controller.resolve import unmatched
from controller.resolve.specs import Specs


def check(referring: Specs, specs: Specs) -> Iterator[Problem]:
    """What `referring` calls by name must be in `specs`, the whole lake; mostly they are the same."""
    for flow in referring.flows.values():
        yield from refer(specs, flow.manifest, "spec.silo", "Silo", flow.silo, specs.silos)
        if "partner" in flow.source:
            partner = flow.source["partner"]
            yield from refer(specs, flow.manifest, "spec.source.partner", "Partner", partner, specs.partners)
    for partner in referring.partners.values():
        for index, access in enumerate(partner.access):
            field = f"spec.access[{index}].silo"
            yield from refer(specs, partner.manifest, field, "Silo", access.silo, specs.silos)
    for share in referring.shares.values():
        yield from refer(specs, share.manifest, "spec.from.silo", "Silo", share.silo, specs.silos)


def refer(
    specs: Specs, manifest: Manifest, field: str, kind: str, name: str, known: Mapping[str, Spec]
) -> Iterator[Problem]:
    """Nothing for a name that is declared, or whose manifest has problems of its own."""
    if name in known or (kind, name) in specs.faulty:
        return
    message = f'no {kind} is named "{name}"'
    hint = nearest(name, known) or f"there is no {kind} at all yet: write its manifest (docs/manifests.md)"
    if kind == "Silo" and specs.organization is not None and unmatched.wanted(specs.organization):
        hint += f"; a default silo has to be declared before: siloctl silo declare {name}"
    yield Problem.of(manifest, "unknown-reference", field, message, hint)


def nearest(name: str, known: Mapping[str, Spec]) -> str:
    """A hint with the closest name and where it is declared."""
    close = get_close_matches(name, known, 1, 0.6)
    if close:
        return f'did you mean "{close[0]}"? ({known[close[0]].manifest.at("metadata.name")})'
    return f"there are {', '.join(list(known)[:8])}" if known else ""
