"""All specs by kind and name, before anything is known of how they hang together."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from controller.kinds import KINDS, Spec
from controller.kinds.consumer import Consumer
from controller.kinds.flow import Flow
from controller.kinds.organization import Organization
from controller.kinds.partner import Partner
from controller.kinds.share import Share
from controller.kinds.silo import Silo
from controller.model.manifest import Manifest
from controller.model.problem import Problem
from controller.resolve.defaults import complete

S = TypeVar("S", bound=Spec)


@dataclass(slots=True)
class Specs:
    """Each mapping in the order of its names; `faulty` are (kind, name) that exist but could not be read."""

    organizations: dict[str, Organization] = field(default_factory=dict)
    silos: dict[str, Silo] = field(default_factory=dict)
    consumers: dict[str, Consumer] = field(default_factory=dict)
    partners: dict[str, Partner] = field(default_factory=dict)
    flows: dict[str, Flow] = field(default_factory=dict)
    shares: dict[str, Share] = field(default_factory=dict)
    flows_by_silo: Mapping[str, tuple[Flow, ...]] = field(default_factory=dict)
    faulty: frozenset[tuple[str, str]] = frozenset()
    problems: list[Problem] = field(default_factory=list)

    def complete(self, *kinds: str) -> bool:
        """Whether every manifest of these kinds could be read; else what seems missing may be in a faulty one."""
        return not any(kind in kinds for kind, _ in self.faulty)

    @property
    def organization(self) -> Organization | None:
        return next(iter(self.organizations.values()), None)


def collect(manifests: Iterable[Manifest], faulty: frozenset[tuple[str, str]]) -> Specs:
    """Read each manifest; of two with one name the first (by path and line) counts, and the other is a problem."""
    specs = Specs(faulty=faulty)
    found: dict[str, dict[str, Spec]] = {kind: {} for kind in KINDS}
    for manifest in manifests:
        names = found[manifest.kind]
        if manifest.name in names:
            specs.problems.append(_duplicate(manifest, names[manifest.name].manifest))
            continue
        filled = dataclasses.replace(manifest, data=complete(manifest.kind, manifest.data))
        names[manifest.name] = KINDS[manifest.kind](filled)
    specs.organizations = _sorted(found["Organization"], Organization)
    specs.silos = _sorted(found["Silo"], Silo)
    specs.consumers = _sorted(found["Consumer"], Consumer)
    specs.partners = _sorted(found["Partner"], Partner)
    specs.flows = _sorted(found["Flow"], Flow)
    specs.shares = _sorted(found["Share"], Share)
    by_silo: dict[str, list[Flow]] = {}
    for flow in specs.flows.values():
        by_silo.setdefault(flow.silo, []).append(flow)
    specs.flows_by_silo = {silo: tuple(by_silo[silo]) for silo in sorted(by_silo)}
    return specs


def of_all(specs: Specs) -> Iterator[Spec]:
    for names in (specs.organizations, specs.silos, specs.consumers, specs.partners, specs.flows, specs.shares):
        yield from names.values()


def _sorted(names: Mapping[str, Spec], kind: type[S]) -> dict[str, S]:
    return {name: spec for name, spec in sorted(names.items()) if isinstance(spec, kind)}


def _duplicate(manifest: Manifest, first: Manifest) -> Problem:
    message = f'a second {manifest.kind} is named "{manifest.name}"'
    return Problem.of(
        manifest, "duplicate-name", "metadata.name", message, f"the first is at {first.at('metadata.name')}"
    )
