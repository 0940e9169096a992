"""Networks that may connect: real ones, written as the network itself, and not everybody for a partner."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from controller.model.manifest import Manifest
from controller.model.problem import Problem
from controller.resolve.specs import Specs


def check(specs: Specs) -> Iterator[Problem]:
    for partner in specs.partners.values():
        for index, cidr in enumerate(partner.source_cidrs):
            yield from _network(partner.manifest, f"spec.sourceCidrs[{index}]", cidr)
    for silo in specs.silos.values():
        for index, cidr in enumerate((silo.sftp or {}).get("allowedCidrs", ())):
            yield from _network(silo.manifest, f"spec.sftp.allowedCidrs[{index}]", cidr)


def _network(manifest: Manifest, field: str, cidr: str) -> Iterator[Problem]:
    try:
        network = ipaddress.ip_network(cidr, strict=False)
    except ValueError:
        yield Problem.of(manifest, "bad-cidr", field, f'"{cidr}" is no network', "such as 203.0.113.0/24")
        return
    if network.prefixlen == 0:
        hint = "leave the list empty where everybody may connect, else name the networks"
        yield Problem.of(manifest, "open-cidr", field, f"{cidr} is every address there is", hint)
    elif str(network) != cidr:
        message = f"{cidr} is an address in a network, not the network"
        yield Problem.of(manifest, "bad-cidr", field, message, f"write {network}")
