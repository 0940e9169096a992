"""The Organization: one in a lake; where the master is, which units take part, how changes roll out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from controller.model.manifest import Manifest

APPLY_MINUTES = 240  # how long the build that applies may take, with all that it waits for


@dataclass(frozen=True, slots=True)
class CodeBucket:
    name_prefix: str
    keep_versions: int


@dataclass(frozen=True, slots=True)
class Repository:
    """Where the manifests live; `type` is codecommit or codeconnections, `connection` the latter's ARN, else empty."""

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
    tool_sha256: str = ""  # of the zip that the builds install; they install nothing without it

    @property
    def units(self) -> tuple[str, ...]:
        """The units whose accounts get the baseline."""
        return tuple(sorted({*self.silo_units, *self.consumer_units}))


_SECONDS = {"s": 1, "m": 60, "h": 3600}


def read(manifest: Manifest) -> Organization:
    """A manifest of the right shape, complete by its schema's defaults."""
    spec = manifest.data["spec"]
    bucket, rollout, guards = spec["codeBucket"], spec["rollout"], spec["guards"]
    return Organization(
        manifest,
        name=manifest.name,
        master_account=spec["masterAccount"],
        home_region=spec["homeRegion"],
        regions=tuple(spec["regions"]),
        silo_units=tuple(spec["siloUnits"]),
        consumer_units=tuple(spec["consumerUnits"]),
        code_bucket=CodeBucket(bucket["namePrefix"], bucket["keepVersions"]),
        source=_repository(spec["source"]),
        unmatched_accounts=spec["enrolment"]["unmatchedAccounts"],
        rollout=Rollout(
            waves=tuple(_wave(wave) for wave in rollout["waves"]),
            bake_seconds=int(rollout["bake"][:-1]) * _SECONDS[rollout["bake"][-1]],
            on_failure=rollout["onFailure"],
        ),
        guards=Guards(guards["maxSilosChanged"], guards["protectData"]),
        notification_emails=tuple(spec["notifications"]["email"]),
        tags=spec["tags"],
        tool_sha256=spec["tool"].get("sha256", ""),
    )


def _repository(data: Mapping[str, Any]) -> Repository:
    return Repository(data["type"], data["repository"], data["branch"], data.get("connection", ""))


def _wave(data: Mapping[str, Any]) -> Wave:
    return Wave(data["name"], data.get("silos", {}).get("matchLabels", {}), data.get("percent"))
