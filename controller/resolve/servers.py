"""SFTP: what a silo's server and its partners' ways in say fits together."""

from __future__ import annotations

from collections.abc import Iterator

from controller.model.problem import Problem, Severity
from controller.resolve.specs import Specs

CODE = "sftp-mismatch"


def check(specs: Specs) -> Iterator[Problem]:
    yield from _networks(specs)
    yield from _partners(specs)


def _networks(specs: Specs) -> Iterator[Problem]:
    for silo in specs.silos.values():
        network = (silo.sftp or {}).get("network")
        if silo.sftp is None or network is None:
            continue
        if silo.sftp["endpoint"] == "public":
            message = "a public endpoint stands in no network"
            yield Problem.of(silo.manifest, CODE, "spec.sftp.network", message, "say endpoint: vpc, or leave it out")
        if network["addresses"] and len(network["addresses"]) != len(network["subnets"]):
            message = f"{len(network['subnets'])} subnets have {len(network['addresses'])} addresses"
            yield Problem.of(silo.manifest, CODE, "spec.sftp.network.addresses", message, "give one a subnet, or none")


def _partners(specs: Specs) -> Iterator[Problem]:
    for partner in specs.partners.values():
        ways = [(index, one) for index, one in enumerate(partner.access) if "sftp" in one.protocols]
        if partner.ssh_public_keys and not ways:
            message = "public keys are for SFTP, which this partner may use nowhere"
            yield Problem.of(partner.manifest, CODE, "spec.sshPublicKeys", message, "add sftp to its protocols")
        for index, access in ways:
            silo = specs.silos.get(access.silo)
            if silo is not None and silo.sftp is None:
                message = f'the silo "{silo.name}" has no SFTP server, so nobody gets in by it'
                hint = "say sftp: {enabled: true} in the silo, or leave the protocol out"
                where = f"spec.access[{index}].protocols"
                yield Problem.of(partner.manifest, CODE, where, message, hint, Severity.WARNING)
