"""Waves: each takes somebody, and all silos are in one."""

from __future__ import annotations

from collections.abc import Iterator

from controller.kinds.organization import Organization, Wave
from controller.model.problem import Problem, Severity
from controller.resolve.specs import Specs


def check(specs: Specs) -> Iterator[Problem]:
    organization = specs.organization
    if organization is None:
        return
    names: set[str] = set()
    for index, wave in enumerate(organization.rollout.waves):
        field = f"spec.rollout.waves[{index}]"
        if wave.name in names:
            message = f'two waves are called "{wave.name}"'
            yield Problem.of(organization.manifest, "duplicate-name", f"{field}.name", message)
        names.add(wave.name)
        if wave.match_labels and specs.silos and specs.complete("Silo") and not _matches(specs, wave):
            message = f'no silo has the labels of wave "{wave.name}"'
            yield Problem.of(organization.manifest, "matches-nothing", f"{field}.silos", message, "", Severity.WARNING)
    yield from _order(organization)


def _matches(specs: Specs, wave: Wave) -> bool:
    return any(wave.match_labels.items() <= silo.labels.items() for silo in specs.silos.values())


def _order(organization: Organization) -> Iterator[Problem]:
    """A wave that takes the rest comes last: nothing is left for those behind it."""
    waves = organization.rollout.waves
    rest = [index for index, wave in enumerate(waves) if not wave.match_labels and wave.percent in (None, 100)]
    if not rest:
        message = "no wave takes the silos that are left; they would never be released"
        hint = "end with a wave that has only a name"
        yield Problem.of(organization.manifest, "wave-order", "spec.rollout.waves", message, hint)
        return
    for index in range(rest[0] + 1, len(waves)):
        message = f'wave "{waves[index].name}" takes nobody: "{waves[rest[0]].name}" before it takes all that are left'
        field = f"spec.rollout.waves[{index}].name"
        hint = f'move "{waves[rest[0]].name}" to the end'
        yield Problem.of(organization.manifest, "wave-order", field, message, hint, Severity.WARNING)
