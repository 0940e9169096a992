"""What one silo is to get: rendered and packed."""

from __future__ import annotations

from controller.model.bundle import Bundle, Rendered
from controller.publish.bundle import pack
from controller.render.blueprint import Catalogue
from controller.render.silo import render_silo
from controller.resolve.lake import Lake


def build(lake: Lake, silo: str, catalogue: Catalogue, commit: str) -> tuple[Rendered, Bundle]:
    """Raises ManifestsInvalid where AWS would refuse what the manifests ask for."""
    rendered = render_silo(lake, silo, catalogue)
    return rendered, pack(rendered, commit)
