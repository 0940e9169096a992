"""Which account, unit and region each silo and consumer has, against what the Organization says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import get_close_matches

from controller.kinds.consumer import Consumer
from controller.kinds.organization import Organization
from controller.kinds.silo import NewAccount, Silo
from controller.model.manifest import Manifest
from controller.model.problem import Problem
from controller.resolve.reach import within
from controller.resolve.specs import Specs


def check(specs: Specs) -> Iterator[Problem]:
    organization = specs.organization
    yield from _distinct(specs, organization)
    if organization is None:
        return
    yield from _regions_and_units(organization)
    for silo in specs.silos.values():
        yield from _placed(silo, organization.silo_units, "siloUnits", organization)
    for consumer in specs.consumers.values():
        yield from _placed(consumer, organization.consumer_units, "consumerUnits", organization)


def _distinct(specs: Specs, organization: Organization | None) -> Iterator[Problem]:
    """One account, one owner: the master, a silo or a consumer. E-mail addresses and names of new accounts likewise.

    AWS would take a name twice, but of a creation under way it tells only the name.
    """
    owners: dict[str, Manifest] = {}
    if organization:
        owners[organization.master_account] = organization.manifest
    claims: list[tuple[str, Manifest, str]] = []
    for silo in specs.silos.values():
        if isinstance(silo.account, NewAccount):
            claims.append((silo.account.email.lower(), silo.manifest, "spec.account.create.email"))
            claims.append((f"named {silo.account.name}", silo.manifest, "spec.account.create.name"))
        else:
            claims.append((silo.account, silo.manifest, "spec.account"))
    claims += [(consumer.account, consumer.manifest, "spec.account") for consumer in specs.consumers.values()]
    for account, manifest, field in claims:
        owner = owners.setdefault(account, manifest)
        if owner is not manifest:
            what = "the e-mail address" if "@" in account else "account"
            message = f"{what} {account} already belongs to {owner.subject}"
            hint = f"one account each; the other is at {owner.at('metadata.name')}"
            yield Problem.of(manifest, "duplicate-account", field, message, hint)


def _regions_and_units(organization: Organization) -> Iterator[Problem]:
    manifest = organization.manifest
    if organization.home_region not in organization.regions:
        message = f"the home region {organization.home_region} is not in spec.regions"
        yield Problem.of(manifest, "no-code-bucket", "spec.homeRegion", message, "add it to spec.regions")
    lists = (("spec.siloUnits", organization.silo_units), ("spec.consumerUnits", organization.consumer_units))
    listed = [(f"{field}[{index}]", unit) for field, units in lists for index, unit in enumerate(units)]
    for field, unit in listed:
        above = [other for place, other in listed if place != field and (unit.startswith(other + "/") or unit == other)]
        if above and not (above[0] == unit and field.startswith("spec.siloUnits")):
            message = f"the unit {unit} is already covered by {above[0]}"
            yield Problem.of(manifest, "units-overlap", field, message, "list each branch of units once")


def _placed(spec: Silo | Consumer, units: Sequence[str], name: str, organization: Organization) -> Iterator[Problem]:
    manifest = spec.manifest
    if spec.region not in organization.regions:
        regions = ", ".join(organization.regions)
        message = f"there is no code bucket in {spec.region}: the Organization's regions are {regions}"
        close = get_close_matches(spec.region, organization.regions, 1, 0.8)
        hint = f'did you mean "{close[0]}"?' if close else f"add it at {organization.manifest.at('spec.regions')}"
        yield Problem.of(manifest, "no-code-bucket", "spec.region", message, hint)
    if not within(spec.organizational_unit, units):
        message = f"the unit {spec.organizational_unit} is not below any of the Organization's {name}"
        hint = f"{', '.join(units) or 'there are none'} ({organization.manifest.at(f'spec.{name}')})"
        yield Problem.of(manifest, "unit-outside", "spec.organizationalUnit", message, hint)
