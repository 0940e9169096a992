"""Apply: carry out a plan's steps, stage by stage. Every step may be done twice; a run that died is run again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field, replace

from controller.diff.change import Verb
from controller.engine.estate import Estate
from controller.engine.events import Listener, StepDone, StepFailed, StepNotTried, StepProgressed, StepStarted
from controller.engine.fingerprints import refuse_if_moved
from controller.engine.lock import Lease, clear, held
from controller.engine.plan import Prepared
from controller.engine.ports import Ports
from controller.engine.publishing import Publisher
from controller.engine.recording import IndexRecord
from controller.engine.rollback import marked, rolled_back
from controller.engine.rollout import Waves
from controller.kinds.organization import Organization
from controller.kinds.silo import Silo
from controller.model.errors import ControllerError, PlanBlocked, WaveFailed
from controller.model.observed import Absent
from controller.model.ownership import BASELINE_SET, INDEX_KEY, MASTER_STACK, member_address
from controller.plan.step import (
    ROLLBACK,
    WAVE,
    AwaitWave,
    CreateAccount,
    CreateUnit,
    DeployUnits,
    MoveAccount,
    Publish,
    Record,
    RecordGuards,
    ReleaseUnits,
    RetryAccounts,
    RollBack,
    SettleStack,
    Step,
    WriteBaseline,
    WriteStack,
    stages,
)
from controller.render.accounts import account_tags, render_baseline, render_master
from controller.render.site import site_of
from controller.resolve.lake import retired

WHOLE = "apply"  # the address of what concerns no single step
AT_ONCE = 16  # uploads at a time
ACCOUNTS_AT_ONCE = 4  # creations; AWS takes five under way in an organization (Organizations user guide, quotas)
NARROWED = "it takes access away, which a rollback would give back: mend what failed and apply"
WORDS: dict[type[Step], str] = {
    CreateUnit: "create",
    CreateAccount: "create",
    MoveAccount: "move",
    WriteStack: "deploy",
    SettleStack: "wait",
    WriteBaseline: "write",
    DeployUnits: "deploy",
    ReleaseUnits: "release",
    RetryAccounts: "retry",
    Publish: "publish",
    AwaitWave: "wait",
    RollBack: "roll back",
    Record: "record",
    RecordGuards: "record",
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """One outcome a step: done, failed with why, or not tried because of which other."""

    done: tuple[str, ...]
    failed: tuple[tuple[str, str], ...]
    not_tried: tuple[tuple[str, str], ...]
    blocked: tuple[tuple[str, str], ...]  # changes that the plan itself could not make steps of

    @property
    def complete(self) -> bool:
        return not (self.failed or self.not_tried or self.blocked)

    @property
    def halted(self) -> bool:
        """Some have the release, and others do not get it for that."""
        return any(address.startswith(WAVE) for address, _ in self.failed)


def apply(prepared: Prepared, ports: Ports, listener: Listener) -> Outcome:
    """Carry out what was planned. Raises PlanBlocked before the first step when a guard stops it.

    The lock is taken as soon as there is a bucket to hold it: before a lake's first master stack, CloudFormation's own
    refusal of a second operation keeps two applies apart.
    """
    stopping = [guard for guard in prepared.plan.guards if guard.blocks]
    if stopping:
        raise PlanBlocked(
            "; ".join(guard.message for guard in stopping),
            hint=" ".join(f"--allow {guard.allow}" for guard in stopping if guard.allow),
        )
    _complete(prepared)
    return _Run(prepared, ports, listener).all()


def _complete(prepared: Prepared) -> None:
    """Raises ControllerError for a library of the web app's pages that is missing: before anything is written."""
    members = (prepared.lake.member(step.silo) for step in prepared.steps if isinstance(step, Publish))
    if any(isinstance(member, Silo) and member.webapp and not retired(member) for member in members):
        site_of(prepared.catalogue.files).pack()


@dataclass
class _Run:
    prepared: Prepared
    ports: Ports
    listener: Listener
    estate: Estate = field(init=False)
    publisher: Publisher = field(init=False)
    record: IndexRecord = field(init=False)
    waves: Waves = field(init=False)
    lease: Lease | None = None
    done: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    not_tried: dict[str, str] = field(default_factory=dict)
    stopped: set[str] = field(default_factory=set)  # addresses that the plan found blocked

    def __post_init__(self) -> None:
        self.estate = Estate(self.prepared, self.ports.organizations)
        self.publisher = Publisher(self.prepared, self.ports, self.estate)
        self.record = IndexRecord(self.prepared.lake, self.ports)
        self.waves = Waves(self.prepared, self.ports, self.record)

    def all(self) -> Outcome:
        blocked = [(c.address, c.reason) for c in self.prepared.plan.changes if c.verb is Verb.BLOCKED]
        self.stopped = {address for address, _ in blocked}
        try:
            with ExitStack() as stack:
                self._stages(stack)
        except ControllerError as error:
            if not self.done:
                raise
            self._end_early(error)
        return Outcome(tuple(self.done), tuple(self.failed.items()), tuple(self.not_tried.items()), tuple(blocked))

    def _stages(self, stack: ExitStack) -> None:
        try:
            for stage in stages(self.prepared.steps):
                if ready := [step for step in stage if self._may(step)]:
                    self.lease = self._lease(stack, self.lease, ready)
                    self._stage(ready)
        finally:
            if self.lease is not None:
                self._write_index()
        if not self.prepared.steps:
            clear(self.ports.bucket(self._home), self.ports)

    def _end_early(self, error: ControllerError) -> None:
        """What stops an apply between its steps, such as a lost lock, hides nothing of what was done before."""
        self.failed[WHOLE] = str(error)
        told = {*self.done, *self.failed, *self.not_tried}
        self.not_tried.update((step.address, WHOLE) for step in self.prepared.steps if step.address not in told)

    def _lease(self, stack: ExitStack, lease: Lease | None, stage: Sequence[Step]) -> Lease | None:
        if lease is not None:
            lease.renew()
            return lease
        bucket = self.ports.bucket(self._home)
        match bucket.get(INDEX_KEY):
            case Absent() if not any(isinstance(step, Publish | Record) for step in stage):
                return None  # perhaps no bucket yet: the master stack makes it
            case _:
                taken = stack.enter_context(held(bucket, self.ports, "apply"))
                if not (self.done or self.failed):
                    refuse_if_moved(self.prepared.lake, self.ports, self.prepared.plan.fingerprints)
                return taken

    def _stage(self, stage: Sequence[Step]) -> None:
        self._side_by_side([step for step in stage if isinstance(step, CreateAccount)], ACCOUNTS_AT_ONCE)
        for step in stage:
            if not isinstance(step, CreateAccount | Publish | AwaitWave):
                self._one(step)
        self._side_by_side([step for step in stage if isinstance(step, Publish)], AT_ONCE)
        for step in stage:
            if isinstance(step, AwaitWave):
                self._one(step)

    def _side_by_side(self, steps: Sequence[Step], at_once: int) -> None:
        if steps:
            with ThreadPoolExecutor(at_once) as pool:
                list(pool.map(self._one, steps))

    def _may(self, step: Step) -> bool:
        broken = next((n for n in step.needs if n in self.failed or n in self.not_tried or n in self.stopped), None)
        if broken is not None:
            self.not_tried[step.address] = broken
            self.listener.send(StepNotTried(step.address, broken))
        return broken is None

    def _one(self, step: Step) -> None:
        begun = self.ports.monotonic()
        self.listener.send(StepStarted(step.address, WORDS[type(step)]))
        try:
            self._do(step)
        except ControllerError as error:
            self.failed[step.address] = str(error)
            self.listener.send(StepFailed(step.address, str(error), self.ports.monotonic() - begun))
        else:
            self.done.append(step.address)
            self.listener.send(StepDone(step.address, WORDS[type(step)], self.ports.monotonic() - begun))

    def _do(self, step: Step) -> None:
        progress = self._progress(step.address)
        regions = self._organization.regions
        match step:
            case CreateUnit():
                self.estate.create_unit(step)
            case CreateAccount():
                self.estate.create_account(step)
            case MoveAccount():
                self.estate.move(step)
            case WriteStack(region=region):
                template = render_master(self._organization, region, self.prepared.catalogue).asset.content
                self.ports.stacks.write(MASTER_STACK, region, template, self.estate.parameters(), self._tags, progress)
            case SettleStack(region=region):
                self.ports.stacks.settle(MASTER_STACK, region, progress)
            case WriteBaseline(exists=exists):
                template = render_baseline(self._organization, self.prepared.catalogue).asset.content
                if exists:
                    self.ports.stack_sets.update(BASELINE_SET, template, self._tags, progress)
                else:
                    self.ports.stack_sets.create(BASELINE_SET, template, self._tags)
            case DeployUnits(paths=paths):
                self.ports.stack_sets.deploy(BASELINE_SET, self.estate.unit_ids(paths), regions, progress)
            case ReleaseUnits(units=units, regions=left):
                self.ports.stack_sets.release(BASELINE_SET, units, left, progress)
            case RetryAccounts(accounts=accounts):
                targets = self.estate.unit_ids(self._organization.units)
                self.ports.stack_sets.retry(BASELINE_SET, accounts, targets, regions, progress)
            case _:
                self._release(step)

    def _release(self, step: Step) -> None:
        match step:
            case Publish():
                before = self.waves.before(step, self.estate.account_of(step.silo))
                self.record.entries[step.silo] = self.publisher.publish(step, before)
            case Record(silo=silo, entry=entry):
                self.record.entries[silo] = replace(entry, published=entry.published or self._now) if entry else None
            case RecordGuards():
                self.record.guards = True
            case AwaitWave():
                self._await(step)
            case RollBack(silo=silo, entry=entry):
                self.record.entries[silo] = rolled_back(entry, self.ports)

    def _await(self, step: AwaitWave) -> None:
        """The index is written first: whoever comes after a run that dies here finds what was published."""
        self._write_index()
        try:
            self.waves.prove(step, self._progress(step.address))
        except WaveFailed as failed:
            if failed.seen and self._organization.rollout.on_failure == "rollback":
                self._roll_back(step, failed)
            raise

    def _roll_back(self, step: AwaitWave, failed: WaveFailed) -> None:
        """All of the wave. It is remembered first: a run that dies on the way has none of them published again."""
        awaited = self.waves.awaited(step)
        kept = [name for name, entry in awaited.items() if entry.narrowed]
        for name in kept:
            self._keep(name, failed=name in failed.why)
        if failed.why.keys() & set(kept):
            return  # what failed stays: those of its wave would come again with it, and go back, at each apply
        entries = marked({name: entry for name, entry in awaited.items() if name not in kept}, failed.why, self._now)
        self.record.entries.update(entries)
        self._write_index()
        if self.lease is not None:
            self.lease.renew()
        back = [RollBack(member_address(name) + ROLLBACK, silo=name, entry=one) for name, one in entries.items()]
        self._side_by_side(back, AT_ONCE)

    def _keep(self, name: str, failed: bool) -> None:
        """Its release before knows of access that was taken away since: that does not come back by itself."""
        address = member_address(name) + ROLLBACK
        if failed:
            self.failed[address] = NARROWED
            self.listener.send(StepFailed(address, NARROWED, 0.0))
        else:
            self.listener.send(StepProgressed(address, f"it runs well, and stays: {NARROWED}"))

    def _write_index(self) -> None:
        if not self.record.needed:
            return
        try:
            self.record.write()
            self.failed.pop("index", None)  # what could not be written before is written now
        except ControllerError as error:
            self.failed["index"] = str(error)
            self.listener.send(StepFailed("index", str(error), 0.0))

    def _progress(self, address: str) -> Callable[[str], None]:
        return lambda message: self.listener.send(StepProgressed(address, message))

    @property
    def _organization(self) -> Organization:
        return self.prepared.lake.organization

    @property
    def _home(self) -> str:
        return str(self._organization.home_region)

    @property
    def _tags(self) -> dict[str, str]:
        return account_tags(self._organization)

    @property
    def _now(self) -> str:
        return self.ports.now().isoformat(timespec="seconds")
