"""Apply: carry out a plan's steps, stage by stage. Every step may be done twice; a run that died is run again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from threading import Lock

from controller.diff.change import Later, Verb
from controller.engine.events import Listener, StepDone, StepFailed, StepNotTried, StepProgressed, StepStarted
from controller.engine.fingerprints import refuse_if_moved
from controller.engine.guards import asked
from controller.engine.lock import Lease, clear, held
from controller.engine.masters import master_parameters
from controller.engine.observe import read_index
from controller.engine.plan import Prepared
from controller.engine.ports import Bucket, Ports
from controller.engine.release import build
from controller.engine.site import NO_SITE
from controller.kinds.organization import Organization
from controller.kinds.silo import NewAccount, Silo
from controller.model.bundle import Asset, Rendered, Site
from controller.model.errors import ControllerError, PlanBlocked, PlanStale
from controller.model.index import Entry, Index
from controller.model.observed import Absent, Present, Unreadable
from controller.model.ownership import (
    BASELINE_SET,
    INDEX_KEY,
    MASTER_STACK,
    bundle_key,
    site_key,
)
from controller.model.world import Account, Stored, Tree
from controller.plan.step import (
    CreateAccount,
    CreateUnit,
    DeployUnits,
    MoveAccount,
    Publish,
    Record,
    RecordGuards,
    ReleaseUnits,
    RetryAccounts,
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
    tree: Tree | None = field(init=False)
    accounts: dict[str, Account] = field(init=False)
    entries: dict[str, Entry | None] = field(default_factory=dict)  # what the index is to say, by silo
    uploaded: set[tuple[str, str]] = field(default_factory=set)  # region and key of assets that are known to be whole
    uploads: defaultdict[tuple[str, str], Lock] = field(default_factory=lambda: defaultdict(Lock))
    guards: bool = False  # the index is to say which guards were applied, though nothing was published
    done: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    not_tried: dict[str, str] = field(default_factory=dict)

    stopped: set[str] = field(default_factory=set)  # addresses that the plan found blocked

    def __post_init__(self) -> None:
        self.tree = self.prepared.tree
        self.accounts = dict(self.prepared.accounts)

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
        lease: Lease | None = None
        try:
            for stage in stages(self.prepared.steps):
                if ready := [step for step in stage if self._may(step)]:
                    lease = self._lease(stack, lease, ready)
                    self._stage(ready)
        finally:
            if (self.entries or self.guards) and lease is not None:
                self._record()
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
            if not isinstance(step, CreateAccount | Publish):
                self._one(step)
        self._side_by_side([step for step in stage if isinstance(step, Publish)], AT_ONCE)

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
                self._create_unit(step)
            case CreateAccount():
                self._create_account(step)
            case MoveAccount():
                self._move(step)
            case WriteStack(region=region):
                template = render_master(self._organization, region, self.prepared.catalogue).asset.content
                self.ports.stacks.write(MASTER_STACK, region, template, self._parameters(), self._tags, progress)
            case SettleStack(region=region):
                self.ports.stacks.settle(MASTER_STACK, region, progress)
            case WriteBaseline(exists=exists):
                template = render_baseline(self._organization, self.prepared.catalogue).asset.content
                if exists:
                    self.ports.stack_sets.update(BASELINE_SET, template, self._tags, progress)
                else:
                    self.ports.stack_sets.create(BASELINE_SET, template, self._tags)
            case DeployUnits(paths=paths):
                self.ports.stack_sets.deploy(BASELINE_SET, self._unit_ids(paths), regions, progress)
            case ReleaseUnits(units=units, regions=left):
                self.ports.stack_sets.release(BASELINE_SET, units, left, progress)
            case RetryAccounts(accounts=accounts):
                targets = self._unit_ids(self._organization.units)
                self.ports.stack_sets.retry(BASELINE_SET, accounts, targets, regions, progress)
            case Publish():
                self._publish(step)
            case Record(silo=silo, entry=entry):
                self.entries[silo] = replace(entry, published=entry.published or self._now) if entry else None
            case RecordGuards():
                self.guards = True

    def _create_unit(self, step: CreateUnit) -> None:
        tree = self._tree
        parent_path, _, name = step.path.rpartition("/")
        parent = tree.units[parent_path] if parent_path else tree.root
        made = self.ports.organizations.create_unit(parent, name, tree.management_account)
        self.tree = replace(tree, units={**tree.units, made.path: made})

    def _create_account(self, step: CreateAccount) -> None:
        made = self.ports.organizations.create_account(step.name, step.email, self._tree.management_account)
        self.accounts[step.silo] = Account(made, step.name, step.email, "ACTIVE", self._tree.root.id)

    def _move(self, step: MoveAccount) -> None:
        account, target = self.accounts[step.silo], self._tree.units[step.unit]
        self.ports.organizations.move(account.id, account.parent, target.id, self._tree.management_account)
        self.accounts[step.silo] = replace(account, parent=target.id)

    def _publish(self, step: Publish) -> None:
        """Assets and pages first, the bundle last: no pipeline sees a bundle whose nested templates are not there."""
        prepared = self.prepared
        rendered, bundle = build(
            prepared.lake, step.silo, prepared.catalogue, prepared.options.commit, prepared.facts[step.silo].values
        )
        if bundle.digest != step.digest:
            raise PlanStale("it renders otherwise than it was planned: plan again")
        silo = prepared.lake.member(step.silo)
        account = self._account_of(step.silo)
        bucket = self.ports.bucket(silo.region)
        self._assets(rendered, silo.region)
        site = _put_site(bucket, rendered.site, site_key(account), step.site_replaces) if rendered.site else NO_SITE
        stored = bucket.put(bundle_key(account), bundle.content, step.replaces)
        if stored is None:
            raise PlanStale("somebody else published it since it was planned: plan again")
        self.entries[step.silo] = Entry(
            account,
            silo.region,
            step.inputs,
            bundle.digest,
            stored.etag,
            stored.version,
            prepared.options.commit,
            self._now,
            retired(silo),
            prepared.facts[step.silo].digest,
            site.etag,
            site.version,
        )

    def _assets(self, rendered: Rendered, region: str) -> None:
        """One that is there already is the same by its name, if nobody wrote over it: a name proves nothing.

        Silos that are published side by side share assets: one of them uploads, the others wait until it is whole.
        """
        bucket = self.ports.bucket(region)
        for asset in rendered.assets:
            place = (region, asset.key)
            with self.uploads[place]:
                if place not in self.uploaded:
                    if bucket.put(asset.key, asset.content, None) is None:
                        _make_true(bucket, asset)
                    self.uploaded.add(place)

    def _record(self) -> None:
        """Without it nothing is lost: the next plan finds the bundles themselves, and the index behind them."""
        try:
            self._write_index()
        except ControllerError as error:
            self.failed["index"] = str(error)
            self.listener.send(StepFailed("index", str(error), 0.0))

    def _write_index(self) -> None:
        """Merge what this run published into the index as it is now: another run's entries stay."""
        bucket = self.ports.bucket(self._home)
        for _ in range(5):
            match read_index(self.ports, self._home):
                case Present(index):
                    current = index
                case Absent():
                    current = Index({})
                case Unreadable(why):
                    raise PlanStale(f"it could not be read again: {why}")
            silos = {**current.silos, **{name: e for name, e in self.entries.items() if e is not None}}
            kept = {name: entry for name, entry in silos.items() if self.entries.get(name, entry) is not None}
            if (
                bucket.put(INDEX_KEY, Index(kept, guards=asked(self.prepared.lake)).text(), current.etag or None)
                is not None
            ):
                return
        raise PlanStale("somebody else keeps writing it")

    def _account_of(self, silo: str) -> str:
        found = self.accounts.get(silo)
        if found is not None:
            return found.id
        account = self.prepared.lake.member(silo).account
        if isinstance(account, NewAccount):
            return self.prepared.index.silos[silo].account
        return account

    def _parameters(self) -> dict[str, str]:
        said = master_parameters(self.prepared.lake, self.tree)
        missing = [name for name, value in said.items() if isinstance(value, Later)]
        if missing or not said:
            raise PlanStale(f"{', '.join(missing) or 'the organization'} is not known yet: plan again")
        return {name: str(value) for name, value in said.items()}

    def _unit_ids(self, paths: Iterable[str]) -> list[str]:
        return [self._tree.units[path].id for path in sorted(paths)]

    def _progress(self, address: str) -> Callable[[str], None]:
        return lambda message: self.listener.send(StepProgressed(address, message))

    @property
    def _tree(self) -> Tree:
        if self.tree is None:
            raise PlanStale("the organization could not be read: plan again")
        return self.tree

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


def _put_site(bucket: Bucket, site: Site, key: str, replaces: str | None) -> Stored:
    """The pages as they lie there; they are written only where others lie, for a write starts their pipeline."""
    content = site.pack()
    match bucket.get(key):
        case Present(stored) if stored.content == content:
            return stored
        case Unreadable(why):
            raise PlanStale(f"{key}: could not be read to compare it: {why}")
        case _:
            pass
    if (put := bucket.put(key, content, replaces)) is None:
        raise PlanStale(f"{key}: somebody else published it since it was planned: plan again")
    return put


def _make_true(bucket: Bucket, asset: Asset) -> None:
    """What lies under the asset's key is what the key says, or becomes it."""
    match bucket.get(asset.key):
        case Present(stored) if stored.content == asset.content:
            return
        case Present(stored):
            if bucket.put(asset.key, asset.content, stored.etag) is None:
                raise PlanStale(f"{asset.key}: somebody else is writing it: apply again")
        case Absent():
            raise PlanStale(f"{asset.key}: somebody else deleted it just now: apply again")
        case Unreadable(why):
            raise PlanStale(f"{asset.key}: is there, and could not be read to compare it: {why}")
