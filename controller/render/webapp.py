"""What a silo's web app is given."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from controller.kinds.silo import Silo
from controller.model.bundle import Asset, canonical
from controller.model.ownership import code_bucket
from controller.resolve.lake import Lake

BLUEPRINT = "webapp"
FUNCTIONS = ("backend", "edge", "emptier")
CLOUDFRONT = "https://*.cloudfront.net"  # S3 takes one wildcard in an origin (S3 user guide, CORS)


def webapp_values(
    lake: Lake, silo: Silo, functions: Mapping[str, Asset], dropzones: Iterable[tuple[str, str]]
) -> dict[str, Any]:
    """For a silo that has one; `dropzones` are prefixes of its drop zone, each with the flow that reads it."""
    said = silo.webapp or {}
    places = [{"prefix": prefix, "flow": flow} for prefix, flow in sorted(dropzones)]
    return {
        "silo": silo.name,
        "organization": lake.organization.name,
        "bucket_prefix": f"{lake.organization.name}-{silo.name}",
        "encryption": silo.encryption,
        "code_bucket": code_bucket(lake.organization.code_bucket.name_prefix, silo.region),
        **{name: functions[name].key for name in FUNCTIONS},
        "domain": said.get("domain"),
        "certificate": said.get("certificate"),
        "admins": sorted(set(said["signIn"]["admins"])),
        "dropzones": canonical(places).decode(),
    }


def origins(silo: Silo) -> list[str]:
    """Where a browser may come from that talks to the drop zone.

    CloudFront gives a distribution its name when it makes it, after the storage is there, so that name cannot be told
    here. What it lets through is no right: whoever asks signs each request with a partner's own key.
    """
    if silo.webapp is None or silo.lifecycle == "retired":
        return []
    return [f"https://{silo.webapp['domain']}"] if "certificate" in silo.webapp else [CLOUDFRONT]
