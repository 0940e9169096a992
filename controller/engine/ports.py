"""The few things the engine asks of AWS, in our words. Reads answer `Observed`; writes raise what errors.py names.

A refused or failed read is `Unreadable`, never `Absent` and never raised.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from controller.engine.silos import Silos
from controller.model.observed import Observed
from controller.model.world import Account, Resident, Stack, StackSet, Stored, Tree, Unit


class Organizations(Protocol):
    def caller(self) -> str:
        """The account that we act as; raises AwsError: without it nothing else can be read."""

    def tree(self, paths: Iterable[str]) -> Observed[Tree]:
        """The root and every unit on the way to `paths`; costs one listing for each parent on the way."""

    def accounts(self) -> Observed[Sequence[Account]]:
        """All accounts, without their parents: 20 a call, so only for who needs them all."""

    def account(self, id: str) -> Observed[Account]:
        """One account with its parent."""

    def residents(self, tops: Sequence[Unit]) -> Observed[Sequence[Resident]]:
        """The accounts in these units and in all below them, suspended ones too; two listings a unit, 20 an answer."""

    def create_unit(self, parent: Unit, name: str, management: str) -> Unit: ...

    def create_account(self, name: str, email: str, management: str) -> str:
        """Create an account, or find the creation under way; returns its id once it is there."""

    def move(self, account: str, source: str, target: str, management: str) -> None: ...


class Stacks(Protocol):
    """Stacks of the master account."""

    def read(self, name: str, region: str) -> Observed[Stack]:
        """A stack that only has a change set for its creation (REVIEW_IN_PROGRESS) is absent."""

    def write(
        self,
        name: str,
        region: str,
        template: bytes,
        parameters: Mapping[str, str],
        tags: Mapping[str, str],
        progress: Callable[[str], None],
    ) -> None:
        """Create or update by change set and return once the stack has settled.

        Waits first for an operation under way. Deletes a stack left in ROLLBACK_COMPLETE by a failed creation,
        since nothing else can be done with it, and no other. Raises StackFailed with AWS's first reason.
        """

    def settle(self, name: str, region: str, progress: Callable[[str], None]) -> None:
        """Wait for an operation under way; raises StackFailed where it ends badly."""


class StackSets(Protocol):
    def read(self, name: str, regions: Collection[str]) -> Observed[StackSet]:
        """The set with its instances in `regions`; costs a listing for each, by 100 accounts a page."""

    def create(self, name: str, template: bytes, tags: Mapping[str, str]) -> None: ...

    def update(self, name: str, template: bytes, tags: Mapping[str, str], progress: Callable[[str], None]) -> None: ...

    def deploy(self, name: str, units: Sequence[str], regions: Sequence[str], progress: Callable[[str], None]) -> None:
        """Create the missing instances in `units`, and target them from now on; returns once the operation ended."""

    def release(self, name: str, units: Sequence[str], regions: Sequence[str], progress: Callable[[str], None]) -> None:
        """Stop targeting `units`; their stacks stay."""

    def retry(
        self,
        name: str,
        accounts: Sequence[str],
        units: Sequence[str],
        regions: Sequence[str],
        progress: Callable[[str], None],
    ) -> None:
        """Bring instances that are not CURRENT up to the set."""


class Bucket(Protocol):
    """One region's code bucket."""

    def list(self, prefix: str) -> Observed[Mapping[str, Stored]]: ...

    def get(self, key: str, version: str = "") -> Observed[Stored]: ...

    def put(self, key: str, content: bytes, replaces: str | None) -> Stored | None:
        """Write where the object's ETag is still `replaces` (None: where there is none); None when it is not."""

    def delete(self, key: str, etag: str) -> bool:
        """Delete where the ETag still fits; says whether it did."""


@dataclass(frozen=True, slots=True)
class Ports:
    organizations: Organizations
    stacks: Stacks
    stack_sets: StackSets
    bucket: Callable[[str], Bucket]  # by region
    silos: Silos
    create_only: Callable[[str], frozenset[str]]  # a resource type's create-only property paths, such as /BucketName
    now: Callable[[], datetime]
    monotonic: Callable[[], float]
    sleep: Callable[[float], None]
    owner: Callable[[], dict[str, Any]]  # who is applying: what a lock says of its holder
    alive: Callable[[Mapping[str, Any]], bool | None]  # is that holder still running? None: cannot be told
