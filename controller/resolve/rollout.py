"""Waves: each takes somebody, all silos are in one, and one build can wait for them all."""

from __future__ import annotations

from collections.abc import Iterator

from controller.kinds.organization import APPLY_MINUTES, Organization, Wave
from controller.model.problem import Problem, Severity
from controller.resolve.specs import Specs
from controller.resolve.waves import takes_the_rest


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
    yield from _length(organization)


def _matches(specs: Specs, wave: Wave) -> bool:
    return any(wave.match_labels.items() <= silo.labels.items() for silo in specs.silos.values())


def _order(organization: Organization) -> Iterator[Problem]:
    """A wave that takes the rest comes last: nothing is left for those behind it."""
    waves = organization.rollout.waves
    rest = [index for index, wave in enumerate(waves) if takes_the_rest(wave)]
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


def _length(organization: Organization) -> Iterator[Problem]:
    """Each wave but the last bakes; deploying takes its time besides."""
    rollout = organization.rollout
    minutes = rollout.bake_seconds * (len(rollout.waves) - 1) // 60
    if minutes >= APPLY_MINUTES:
        message = f"the bakes take {minutes} minutes in all, and the build that applies {APPLY_MINUTES} at most"
        most = APPLY_MINUTES // (len(rollout.waves) - 1)
        hint = f"give a bake well below {most}m: {len(rollout.waves)} deployments take their time besides"
        yield Problem.of(organization.manifest, "rollout-too-long", "spec.rollout.bake", message, hint)
