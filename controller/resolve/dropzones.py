"""Prefixes of a silo's drop zone: each belongs to one partner or one flow, and none lies inside another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from controller.kinds.flow import Flow
from controller.kinds.partner import Partner
from controller.model.manifest import Manifest
from controller.model.problem import Problem
from controller.resolve.specs import Specs


@dataclass(frozen=True, slots=True)
class _Claim:
    silo: str
    prefix: str
    manifest: Manifest
    field: str

    @property
    def words(self) -> tuple[str, ...]:
        return (self.silo, *self.prefix.split("/"))


def check(specs: Specs) -> Iterator[Problem]:
    yield from _one_access_a_silo(specs)
    yield from _overlaps(_claims(specs))
    read: dict[tuple[str, str], Flow] = {}
    for flow in specs.flows.values():
        partner = specs.partners.get(flow.source.get("partner", ""))
        if partner is None:
            continue
        yield from _can_upload(flow, partner)
        first = read.setdefault((flow.silo, partner.name), flow)
        if first is not flow:
            message = f"{first.manifest.subject} already reads what {partner.name} uploads to {flow.silo}"
            hint = f"see {first.manifest.at('spec.source.partner')}"
            yield Problem.of(flow.manifest, "prefix-overlap", "spec.source.partner", message, hint)


def _claims(specs: Specs) -> list[_Claim]:
    claims = [
        _Claim(access.silo, access.dropzone, partner.manifest, f"spec.access[{index}].dropzone")
        for partner in specs.partners.values()
        for index, access in enumerate(partner.access)
    ]
    claims += [
        _Claim(flow.silo, flow.source["prefix"], flow.manifest, "spec.source.prefix")
        for flow in specs.flows.values()
        if flow.source_type == "dropzone" and "prefix" in flow.source
    ]
    return claims


def _overlaps(claims: list[_Claim]) -> Iterator[Problem]:
    """Sorted by segments, whatever lies below a prefix follows it directly."""
    outer: _Claim | None = None
    for claim in sorted(claims, key=lambda one: (one.words, one.manifest.kind, one.manifest.path, one.field)):
        if outer is None or claim.words[: len(outer.words)] != outer.words:
            outer = claim
            continue
        how = "is also" if claim.words == outer.words else f"lies inside {outer.prefix}, which is"
        message = f"the prefix {claim.prefix} of silo {claim.silo} {how} given to {outer.manifest.subject}"
        hint = f"see {outer.manifest.at(outer.field)}"
        yield Problem.of(claim.manifest, "prefix-overlap", claim.field, message, hint)


def _one_access_a_silo(specs: Specs) -> Iterator[Problem]:
    for partner in specs.partners.values():
        silos: set[str] = set()
        for index, access in enumerate(partner.access):
            if access.silo in silos:
                message = f"{partner.name} has two prefixes in silo {access.silo}; one user has one"
                field = f"spec.access[{index}].silo"
                yield Problem.of(partner.manifest, "duplicate-access", field, message, "use one prefix above both")
            silos.add(access.silo)


def _can_upload(flow: Flow, partner: Partner) -> Iterator[Problem]:
    access = next((one for one in partner.access if one.silo == flow.silo), None)
    where = f"see {partner.manifest.at('spec.access')}"
    if access is None:
        message = f"the partner {partner.name} has no access to silo {flow.silo}"
        yield Problem.of(flow.manifest, "partner-cannot-upload", "spec.source.partner", message, where)
    elif "upload" not in access.permissions:
        message = f"the partner {partner.name} may not upload to silo {flow.silo}"
        yield Problem.of(flow.manifest, "partner-cannot-upload", "spec.source.partner", message, where)
