"""From manifests to the lake: every check of its meaning runs, so that all problems come at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from controller.load.mending import Mended
from controller.model.manifest import Manifest
from controller.model.problem import Problem, Severity, ordered
from controller.model.source import Source
from controller.resolve import (
    accounts,
    blueprints,
    columns,
    credentials,
    dropzones,
    loads,
    names,
    networks,
    partners,
    references,
    rollout,
    schedules,
    scripts,
    servers,
    shares,
    sites,
    sources,
    storage,
    targets,
    validity,
)
from controller.resolve.lake import Lake
from controller.resolve.specs import Specs, collect


@dataclass(frozen=True, slots=True)
class Resolution:
    """`lake` is None when a problem is an error."""

    lake: Lake | None
    problems: tuple[Problem, ...]


def resolve(
    manifests: Iterable[Manifest],
    found: Mapping[str, bytes | str],
    *,
    place: str,
    available: frozenset[str],
    today: date,
    faulty: frozenset[tuple[str, str]] = frozenset(),
    mended: Iterable[Mended] = (),
) -> Resolution:
    """Join the manifests of one lake.

    `found` has each transform script's content, or why there is none; `place` is the lake's folder for messages;
    `available` names the blueprints that can be rendered; `faulty` are manifests that could not be read,
    and `mended` those of them of which something can still be said.
    """
    specs = collect(manifests, faulty)
    problems = [*specs.problems, *_organizations(specs, place), *_alone(specs, available, today)]
    problems += [*_together(specs), *scripts.check(specs, found)]
    for one in mended:
        own = collect([one.manifest], frozenset())
        more = (*_alone(own, available, today), *references.check(own, specs), *scripts.check(own, found))
        problems += [problem for problem in more if one.tells(problem)]
    organization = specs.organization
    if organization is None or any(problem.severity is Severity.ERROR for problem in problems):
        return Resolution(None, ordered(problems))
    lake = Lake(
        organization,
        specs.silos,
        specs.consumers,
        specs.partners,
        specs.flows,
        {name: share for name, share in specs.shares.items() if not validity.expired(share, today)},
        {path: content for path, content in sorted(found.items()) if isinstance(content, bytes)},
        specs.flows_by_silo,
        {name: credentials.credential(partner, today) for name, partner in specs.partners.items()},
    )
    return Resolution(lake, ordered(problems))


def resolve_alone(
    manifests: Iterable[Manifest], *, available: frozenset[str], today: date, mended: Iterable[Mended] = ()
) -> tuple[Problem, ...]:
    """What can be said of manifests without the rest of their lake."""
    specs = collect(manifests, frozenset())
    problems = [*specs.problems, *_alone(specs, available, today)]
    for one in mended:
        problems += filter(one.tells, _alone(collect([one.manifest], frozenset()), available, today))
    return ordered(problems)


def _alone(specs: Specs, available: frozenset[str], today: date) -> Iterator[Problem]:
    yield from blueprints.check(specs, available)
    yield from columns.check(specs)
    yield from loads.check(specs)
    yield from networks.check(specs)
    yield from partners.check(specs)
    yield from schedules.check(specs)
    yield from sources.check(specs)
    yield from storage.check(specs)
    yield from validity.check(specs, today)


def _together(specs: Specs) -> Iterator[Problem]:
    yield from references.check(specs, specs)
    yield from accounts.check(specs)
    yield from names.check(specs)
    yield from dropzones.check(specs)
    yield from servers.check(specs)
    yield from sites.check(specs)
    yield from targets.check(specs)
    yield from shares.check(specs)
    yield from rollout.check(specs)


def _organizations(specs: Specs, place: str) -> Iterator[Problem]:
    several = sorted(specs.organizations.values(), key=lambda one: one.manifest.at("kind"))
    for extra in several[1:]:
        hint = f"the first is at {several[0].manifest.at('kind')}"
        yield Problem.of(extra.manifest, "several-organizations", "kind", "a lake has one Organization", hint)
    if not several and not any(kind == "Organization" for kind, _ in specs.faulty):
        hint = "write one that says where the master account is: docs/manifests.md"
        yield Problem("organization-missing", "no manifest declares the Organization", Source(place), hint=hint)
