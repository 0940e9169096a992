"""Which line of which manifest asked for a resource."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import PurePath
from typing import Any

from controller.model.manifest import Manifest
from controller.model.source import Source

FIELD = "lake:field"  # a resource's metadata, written by its blueprint: the manifest field that shapes it
MANIFEST = "lake:manifest"  # and whose field, such as partner/marketpulse, where several manifests shape one stack


def asked_for(
    body: Mapping[str, Any], manifest: Manifest, organization: Manifest, others: Iterable[Manifest] = ()
) -> dict[str, Source]:
    """For each logical id the place of its field; of the whole spec where the blueprint names none."""
    named = {other.subject: other for other in others}
    found = {}
    for logical_id, resource in body["Resources"].items():
        metadata = resource.get("Metadata", {})
        asks = named.get(metadata.get(MANIFEST, ""), manifest)
        found[logical_id] = place(asks, metadata.get(FIELD, "spec"), organization)
    return found


def place(manifest: Manifest, field: str, organization: Manifest) -> Source:
    """A place with its path from the lake's folder, which is the Organization manifest's.

    So a bundle says the same whatever the folder was called on the command line that built it.
    """
    return from_lake(manifest.at(field), organization)


def from_lake(at: Source, organization: Manifest) -> Source:
    folder, path = PurePath(organization.path).parent, PurePath(at.path)
    return Source(path.relative_to(folder).as_posix(), at.line, at.column) if path.is_relative_to(folder) else at
