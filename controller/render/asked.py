"""Which line of which manifest asked for a resource."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from controller.model.manifest import Manifest
from controller.model.source import Source

FIELD = "lake:field"  # a resource's metadata, written by its blueprint: the manifest field that shapes it
MANIFEST = "lake:manifest"  # and whose field, such as partner/marketpulse, where several manifests shape one stack


def asked_for(body: Mapping[str, Any], manifest: Manifest, others: Iterable[Manifest] = ()) -> dict[str, Source]:
    """For each logical id the place of its field; of the whole spec where the blueprint names none."""
    named = {other.subject: other for other in others}
    found = {}
    for logical_id, resource in body["Resources"].items():
        metadata = resource.get("Metadata", {})
        asks = named.get(metadata.get(MANIFEST, ""), manifest)
        found[logical_id] = asks.at(metadata.get(FIELD, "spec"))
    return found
