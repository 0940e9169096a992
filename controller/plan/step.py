"""What an apply does, as data: steps in stages, each with the address it is told by and what it needs before it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from controller.model.index import Entry

WAVE = "wave/"  # before a wave's name: the address of the wait for it
ROLLBACK = "/rollback"  # behind a member's address: that it gets again what it ran before


@dataclass(frozen=True, slots=True)
class Step:
    """`needs` are steps that must be done before; it is not tried when one of them failed. `after` only waits."""

    address: str
    needs: tuple[str, ...] = ()
    after: tuple[str, ...] = field(default=(), kw_only=True)


@dataclass(frozen=True, slots=True)
class CreateUnit(Step):
    path: str = ""


@dataclass(frozen=True, slots=True)
class CreateAccount(Step):
    silo: str = ""
    name: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True)
class MoveAccount(Step):
    silo: str = ""
    unit: str = ""


@dataclass(frozen=True, slots=True)
class WriteStack(Step):
    region: str = ""


@dataclass(frozen=True, slots=True)
class SettleStack(Step):
    """Nothing to write, but an operation is under way that the next steps need done."""

    region: str = ""


@dataclass(frozen=True, slots=True)
class WriteBaseline(Step):
    exists: bool = False


@dataclass(frozen=True, slots=True)
class DeployUnits(Step):
    paths: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReleaseUnits(Step):
    units: tuple[str, ...] = ()  # ids
    regions: tuple[str, ...] = ()  # which they are no longer deployed in


@dataclass(frozen=True, slots=True)
class RetryAccounts(Step):
    accounts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Publish(Step):
    """Put a silo's bundle where its pipeline polls, only if the object there still has `replaces` as its ETag.

    So too, before it, the pages of its web app, where it has one.
    """

    silo: str = ""
    inputs: str = ""
    digest: str = ""
    replaces: str | None = None
    site_replaces: str | None = None
    wave: str = ""  # the name of the wave that it comes with; empty where nobody waits for it
    narrows: bool = False  # it takes access away that what it replaces gives, or nobody can tell


@dataclass(frozen=True, slots=True)
class AwaitWave(Step):
    """See that a wave's silos run what was published for them, and stay healthy: only then the later waves begin."""

    wave: str = ""
    members: tuple[str, ...] = ()  # those that were published in this wave, or before and are awaited still
    bake_seconds: int = 0


@dataclass(frozen=True, slots=True)
class RollBack(Step):
    """Publish once more what a silo of a failed wave ran before. Not planned: an apply takes it upon itself."""

    silo: str = field(kw_only=True)
    entry: Entry = field(kw_only=True)  # of the release that failed


@dataclass(frozen=True, slots=True)
class Record(Step):
    """Correct the index without publishing: an entry as the bucket proves it, or None to forget the silo."""

    silo: str = ""
    entry: Entry | None = None


@dataclass(frozen=True, slots=True)
class RecordGuards(Step):
    """Leave in the index what the manifests ask of guards, for the next plan to hold to."""


def stages(steps: Iterable[Step]) -> tuple[tuple[Step, ...], ...]:
    """Steps that wait for nothing but earlier stages, stage by stage, each sorted by address.

    A need that no step provides is met already. Raises ValueError for steps that wait for each other.
    """
    left = {step.address: step for step in steps}
    ordered: list[tuple[Step, ...]] = []
    while left:
        ready = sorted(
            (step for step in left.values() if not any(other in left for other in (*step.needs, *step.after))),
            key=lambda step: step.address,
        )
        if not ready:
            raise ValueError(f"steps wait for each other: {', '.join(sorted(left))}")
        ordered.append(tuple(ready))
        for step in ready:
            del left[step.address]
    return tuple(ordered)
