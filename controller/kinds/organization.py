"""The Organization: one in a lake; where the master is, which units take part, how changes roll out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from controller.model.manifest import Manifest


@dataclass(frozen=True, slots=True)
class CodeBucket:
    name_prefix: str
    keep_versions: int


@dataclass(frozen=True, slots=True)
class Repository:
    """Where the manifests live: `type` is codecommit or codeconnections; `connection` is the latter's ARN, else empty."""

    type: str
    repository: str
    branch: str
    connection: str


@dataclass(frozen=True, slots=True)
class Wave:
    """A silo belongs to the first wave whose labels or percentage take it; a wave with neither takes the rest."""

    name: str
    match_labels: Mapping[str, str]
    percent: int | None


@dataclass(frozen=True, slots=True)
class Rollout:
    waves: tuple[Wave, ...]
    bake_seconds: int
    on_failure: str  # halt | rollback


@dataclass(frozen=True, slots=True)
class Guards:
    max_silos_changed: int
    protect_data: bool


@dataclass(frozen=True, slots=True)
class Organization:
    manifest: Manifest
    name: str
    master_account: str
    home_region: str
    regions: tuple[str, ...]
    silo_units: tuple[str, ...]  # paths of names below the root, such as Lake/Silos
    consumer_units: tuple[str, ...]
    code_bucket: CodeBucket
    source: Repository
    unmatched_accounts: str  # report | default-silo
    rollout: Rollout
    guards: Guards
    notification_emails: tuple[str, ...]
    tags: Mapping[str, str]

    @property
    def units(self) -> tuple[str, ...]:
        """The units whose accounts get the baseline."""
        return tuple(sorted({*self.silo_units, *self.consumer_units}))
