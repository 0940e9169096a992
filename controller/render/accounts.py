"""Templates that belong to no silo: the baseline of every account, and the master's own stack in each region."""

from __future__ import annotations

from typing import Any

from controller.kinds.organization import APPLY_MINUTES, Organization
from controller.model.bundle import Template
from controller.model.errors import ManifestsInvalid
from controller.model.ownership import MANAGED_BY, TAG_MANAGED_BY, TAG_ORGANIZATION
from controller.model.problem import ordered
from controller.render.asked import asked_for
from controller.render.blueprint import Catalogue
from controller.render.limits import INLINE_BYTES, too_large, too_many_units
from controller.render.text import dynamic_references

BASELINE = "pipeline/silo-baseline"
MASTER = "pipeline/master"
BUILDS = ("plan", "apply", "drift")


def account_tags(organization: Organization) -> dict[str, str]:
    """The stacks', which CloudFormation puts on all that they make."""
    return {**organization.tags, TAG_ORGANIZATION: organization.name, TAG_MANAGED_BY: MANAGED_BY}


def render_baseline(organization: Organization, catalogue: Catalogue) -> Template:
    """The StackSet's template: the same for every account and region, so it takes no parameters.

    Service-managed StackSets allow no nested stacks, macros or transforms (CloudFormation user guide, StackSets).
    """
    values = {
        "organization": organization.name,
        "master_account": organization.master_account,
        "home_region": organization.home_region,
        "code_prefix": organization.code_bucket.name_prefix,
    }
    return _template("baseline", BASELINE, values, organization, catalogue)


def render_master(organization: Organization, region: str, catalogue: Catalogue) -> Template:
    """The master's stack in one region: all of it at home, elsewhere only that region's code bucket and its key.

    Parameters `OrganizationId` and `UnitPaths` are observed facts, which the apply reads and passes.
    """
    if found := ordered(too_many_units(organization.units, organization.manifest)):
        raise ManifestsInvalid(found)
    source = organization.source
    values: dict[str, Any] = {
        "organization": organization.name,
        "home": region == organization.home_region,
        "code_prefix": organization.code_bucket.name_prefix,
        "keep_versions": organization.code_bucket.keep_versions,
        "source": {
            "type": source.type,
            "repository": source.repository,
            "branch": source.branch,
            "connection": source.connection or None,
        },
        "emails": sorted(set(organization.notification_emails)),
        "version": catalogue.version,
        "tool_sha256": organization.tool_sha256 or None,
        "apply_minutes": APPLY_MINUTES,
        "buildspecs": {name: catalogue.files[f"pipeline/buildspecs/{name}.yml"].decode() for name in BUILDS},
    }
    return _template("master", MASTER, values, organization, catalogue)


def _template(
    address: str, blueprint: str, values: dict[str, Any], organization: Organization, catalogue: Catalogue
) -> Template:
    manifest = organization.manifest
    if found := ordered(dynamic_references((manifest,))):
        raise ManifestsInvalid(found)
    body = catalogue.render(blueprint, values)
    template = Template(address, body, asked_for(body, manifest))
    if found := ordered(too_large(template, manifest, INLINE_BYTES)):
        raise ManifestsInvalid(found)
    return template
