"""What a silo's SFTP server is given."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from controller.kinds.partner import Partner
from controller.kinds.silo import Silo
from controller.model.bundle import Asset
from controller.model.ownership import code_bucket, logical_id
from controller.resolve.lake import Lake

BLUEPRINT = "sftp"
AUTHORIZER = "authorizer"  # its function


def sftp_values(lake: Lake, silo: Silo, function: Asset) -> dict[str, Any]:
    """For a silo that has a server."""
    said = silo.sftp or {}
    network = said.get("network")
    return {
        "silo": silo.name,
        "encryption": silo.encryption,
        "code_bucket": code_bucket(lake.organization.code_bucket.name_prefix, silo.region),
        "function": function.key,
        "endpoint": said["endpoint"],
        "networks": sorted(said["allowedCidrs"]),
        "network": None
        if network is None
        else {
            "vpc": network["vpc"],
            "subnets": list(network["subnets"]),
            "addresses": list(network["addresses"]),
        },
        "users": [
            {"id": logical_id(partner.name), "name": partner.name, "public_keys": sorted(partner.ssh_public_keys)}
            for partner in keyed(lake, silo)
        ],
    }


def keyed(lake: Lake, silo: Silo) -> Iterator[Partner]:
    """Partners that log in to this silo with keys of their own, by name."""
    for name in sorted(lake.partners):
        partner = lake.partners[name]
        granted = any(one.silo == silo.name and "sftp" in one.protocols for one in partner.access)
        if granted and partner.ssh_public_keys:
            yield partner
