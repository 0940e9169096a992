"""The port to what runs in the silos' accounts, read with `lake-controller-read`. Every answer is `Observed`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from controller.model.live import (
    FailedResource,
    LiveDrift,
    LivePipeline,
    LiveResource,
    LiveStack,
    LiveTable,
    Place,
    SharedTable,
)
from controller.model.observed import Observed


class Silos(Protocol):
    def pipeline(self, place: Place, name: str) -> Observed[LivePipeline]: ...

    def stack(self, place: Place, name: str) -> Observed[LiveStack]: ...

    def failure(self, place: Place, stack: str) -> Observed[FailedResource]:
        """Why the stack's newest operation failed, looked up in its nested stacks; without ids where AWS names none."""

    def resources(self, place: Place, stack: str) -> Observed[Sequence[LiveResource]]: ...

    def survivors(self, place: Place, prefix: str) -> Observed[Sequence[str]]:
        """The ids of stacks whose names begin so, and that are whole: not what a failed creation or deletion left."""

    def template(self, place: Place, stack: str) -> Observed[Mapping[str, Any]]:
        """The template as it was deployed."""

    def drift(self, place: Place, stack: str) -> Observed[Sequence[LiveDrift]]:
        """Let CloudFormation compare the stack's own resources with their templates; takes seconds to minutes."""

    def catalog_policy(self, place: Place) -> Observed[Mapping[str, Any]]:
        """The Glue catalog's policy, of which there is one in an account and region."""

    def tables(self, place: Place, database: str) -> Observed[Mapping[str, LiveTable]]:
        """All tables of a database of the account's own catalog, by name."""

    def crawlers(self, place: Place) -> Observed[frozenset[str]]:
        """The names of all crawlers."""

    def read_shared(self, place: Place, table: SharedTable) -> Observed[None]:
        """Read a table of another account as somebody of `place`: its definition, the list of its files, one byte."""

    def bucket_policy(self, place: Place, bucket: str) -> Observed[Mapping[str, Any]]: ...
