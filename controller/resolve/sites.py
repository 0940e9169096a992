"""Web apps: what a silo's site, its domain and its partners' ways in say fits together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from controller.kinds.silo import Silo
from controller.model.problem import Problem, Severity
from controller.resolve.specs import Specs

CODE = "webapp-mismatch"
CERTIFICATES = "us-east-1"  # CloudFront takes them from there alone (CloudFront developer guide, requirements)
VENDED = "vended-"  # how the users begin that a web app makes


def check(specs: Specs) -> Iterator[Problem]:
    for silo in specs.silos.values():
        if silo.webapp is not None:
            yield from _sign_in(silo, silo.webapp)
            yield from _certificate(silo, silo.webapp)
    for partner in specs.partners.values():
        if partner.name.startswith(VENDED):
            message = f"users whose names begin with {VENDED} are those that web apps hand out"
            yield Problem.of(partner.manifest, "reserved-name", "metadata.name", message, "call it otherwise")
        for index, access in enumerate(partner.access):
            there = specs.silos.get(access.silo)
            if "web" in access.protocols and there is not None and there.webapp is None:
                message = f'the silo "{there.name}" has no web app, so nobody gets in by it'
                hint = "say webapp: {enabled: true, …} in the silo, or leave the protocol out"
                where = f"spec.access[{index}].protocols"
                yield Problem.of(partner.manifest, CODE, where, message, hint, Severity.WARNING)


def _sign_in(silo: Silo, said: Mapping[str, Any]) -> Iterator[Problem]:
    seen: set[str] = set()
    for index, admin in enumerate(said["signIn"]["admins"]):
        if admin.lower() in seen:
            message = f"{admin} is there twice: a user pool takes no notice of capitals"
            yield Problem.of(
                silo.manifest, "repeated-item", f"spec.webapp.signIn.admins[{index}]", message, "once will do"
            )
        seen.add(admin.lower())


def _certificate(silo: Silo, said: Mapping[str, Any]) -> Iterator[Problem]:
    arn = said.get("certificate")
    if arn is None:
        return
    field = "spec.webapp.certificate"
    _, _, _, region, account, _ = arn.split(":", 5)
    if "domain" not in said:
        yield Problem.of(
            silo.manifest, CODE, field, "a certificate is for a domain, and there is none", "say the domain"
        )
    if region != CERTIFICATES:
        message = f"the certificate is in {region}; CloudFront takes it from {CERTIFICATES} alone"
        yield Problem.of(silo.manifest, "wrong-region", field, message, f"ask for one in {CERTIFICATES}")
    if isinstance(silo.account, str) and account != silo.account:
        message = f"the certificate is of account {account}, the silo of {silo.account}"
        yield Problem.of(silo.manifest, CODE, field, message, "ask for one in the silo's own account")
