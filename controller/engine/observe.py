"""One look at AWS, the independent reads side by side: everything a plan needs, and nothing for each silo."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from controller.engine.ports import Ports
from controller.kinds.organization import Organization
from controller.model.errors import ControllerError
from controller.model.index import Index, IndexUnknown, parse
from controller.model.observed import Absent, Observed, Present, Unreadable
from controller.model.ownership import BASELINE_SET, BUNDLE, INDEX_KEY, MASTER_STACK, RELEASES, SITE
from controller.model.world import Stack, StackSet, Stored, Tree

T = TypeVar("T")
AT_ONCE = 16


@dataclass(frozen=True, slots=True)
class World:
    tree: Observed[Tree]
    masters: Mapping[str, Observed[Stack]]  # by region
    baseline: Observed[StackSet]
    index: Observed[Index]
    releases: Mapping[str, Observed[Mapping[str, Stored]]]  # region -> bundles and sites in its code bucket, by key


def observe(
    organization: Organization, ports: Ports, regions: Collection[str] = (), units: Iterable[str] = ()
) -> World:
    """Read what every plan compares. Raises ControllerError when we are not who the manifests say.

    `regions` are those with silos or consumers: what the baseline made in another nobody waits for, and only the home
    region stands in for none. `units` are looked up beside those of the Organization: a listing more for each parent
    that is not on the way.

    Calls: 8 and 3 a region, and one for each of `regions`, besides pages (bundles and sites by 1,000, StackSet
    instances by 100).
    """
    caller = ports.organizations.caller()
    if caller != organization.master_account:
        raise ControllerError(
            f"the credentials are of account {caller}; the lake's master account is {organization.master_account}",
            hint="use credentials of the master account, or correct spec.masterAccount",
        )
    home = organization.home_region
    with ThreadPoolExecutor(AT_ONCE) as pool:
        tree = pool.submit(ports.organizations.tree, sorted({*organization.units, *units}))
        masters = {r: pool.submit(ports.stacks.read, MASTER_STACK, r) for r in organization.regions}
        baseline = pool.submit(ports.stack_sets.read, BASELINE_SET, regions or (home,))
        index = pool.submit(read_index, ports, home)
        releases = {r: pool.submit(_releases, ports, r) for r in organization.regions}
        return World(
            tree.result(),
            {region: read.result() for region, read in masters.items()},
            baseline.result(),
            index.result(),
            {region: read.result() for region, read in releases.items()},
        )


def read_index(ports: Ports, region: str) -> Observed[Index]:
    """An index that cannot be understood is unreadable: guessing would publish over somebody's newer work."""
    match ports.bucket(region).get(INDEX_KEY):
        case Present(stored):
            try:
                return Present(parse(stored.content, stored.etag))
            except IndexUnknown as error:
                return Unreadable(f"{INDEX_KEY}: {error}")
        case other:
            return other


def _releases(ports: Ports, region: str) -> Observed[Mapping[str, Stored]]:
    match ports.bucket(region).list(RELEASES):
        case Present(listed):
            return Present({key: stored for key, stored in listed.items() if key.endswith((BUNDLE, SITE))})
        case other:
            return other


def side_by_side(tasks: Mapping[str, Callable[[], T]]) -> dict[str, T]:
    """Run independent reads at once; answers in the order of their names."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        started = {name: pool.submit(task) for name, task in sorted(tasks.items())}
        return {name: future.result() for name, future in started.items()}


def value_or(observed: Observed[T], missing: T) -> T:
    """The value, or `missing` where there is none; callers have dealt with Unreadable before."""
    match observed:
        case Present(value):
            return value
        case Absent() | Unreadable():
            return missing
