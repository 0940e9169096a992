"""What one silo is to get, and what the master and every account get: rendered and packed."""

from __future__ import annotations

from collections.abc import Mapping

from controller.model.bundle import Bundle, Rendered
from controller.model.ownership import BUNDLE, SITE
from controller.publish.archive import open_files
from controller.publish.bundle import CONFIG, RELEASE, TEMPLATE, pack
from controller.render.accounts import render_baseline, render_master
from controller.render.blueprint import Catalogue
from controller.render.silo import NO_FACTS, render_silo
from controller.resolve.lake import Lake


def build(
    lake: Lake, key: str, catalogue: Catalogue, commit: str, facts: Mapping[str, str] = NO_FACTS
) -> tuple[Rendered, Bundle]:
    """Raises ManifestsInvalid where AWS would refuse what the manifests ask for."""
    rendered = render_silo(lake, key, catalogue, facts)
    return rendered, pack(rendered, commit)


def files_of_silo(rendered: Rendered, bundle: Bundle) -> dict[str, bytes]:
    """All that would be published for a silo, by path; the bundle's own files lie beside it to be read."""
    inside = open_files(bundle.content)
    shown = {f"{rendered.silo}/{name}": inside[name] for name in (TEMPLATE, CONFIG, RELEASE)}
    assets = {asset.key: asset.content for asset in rendered.assets}
    site = {f"{rendered.silo}/{SITE}": rendered.site.pack()} if rendered.site else {}
    return {f"{rendered.silo}/{BUNDLE}": bundle.content, **site, **shown, **assets}


def files_of_master(lake: Lake, catalogue: Catalogue) -> Mapping[str, bytes]:
    """The master's template in each region, and the baseline's."""
    organization = lake.organization
    masters = {region: render_master(organization, region, catalogue) for region in organization.regions}
    return {
        **{f"master/{region}.json": template.asset.content for region, template in sorted(masters.items())},
        "baseline.json": render_baseline(organization, catalogue).asset.content,
    }
