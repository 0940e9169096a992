"""One silo's bundle: what decides it, as a digest, and what it says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from controller.kinds.silo import Silo
from controller.model.bundle import Rendered, Template, canonical, sha256
from controller.model.errors import ManifestsInvalid
from controller.model.ownership import MANAGED_BY, TAG_MANAGED_BY, TAG_ORGANIZATION, TAG_SILO, code_bucket
from controller.model.problem import ordered
from controller.render.asked import asked_for, place
from controller.render.blueprint import Catalogue
from controller.render.intrinsic import TemplateError
from controller.render.limits import too_large
from controller.render.text import dynamic_references
from controller.render.values import ROOT, STORAGE, Part, parts
from controller.resolve.lake import Lake


def inputs(lake: Lake, silo_name: str, catalogue: Catalogue) -> str:
    """Digest of everything that decides this silo's bundle; the same digest means the same bundle.

    Not in it: comments and order of manifests, line numbers, the commit, the account id (templates ask
    CloudFormation for it), and all that concerns other silos.
    """
    silo = lake.silos[silo_name]
    stacks = parts(lake, silo, catalogue)
    blueprints = catalogue.digest_of((ROOT, *(part.blueprint for part in stacks)))
    said = [(part.blueprint, part.address, part.values, part.tags) for part in stacks]
    return sha256(canonical([blueprints, _root(lake, silo), tags(lake, silo), said]))


def render_silo(lake: Lake, silo_name: str, catalogue: Catalogue) -> Rendered:
    """Raises ManifestsInvalid where CloudFormation would refuse what a manifest asks for."""
    silo = lake.silos[silo_name]
    stacks = parts(lake, silo, catalogue)
    _refuse(
        dynamic_references(
            (lake.organization.manifest, *(one for part in stacks for one in (part.manifest, *part.others)))
        )
    )
    nested = tuple(_nested(lake, part, catalogue) for part in stacks)
    root = _root_template(lake, silo, stacks, nested, catalogue)
    _refuse(
        problem
        for manifest, template in zip((silo.manifest, *(p.manifest for p in stacks)), (root, *nested), strict=True)
        for problem in too_large(template, manifest)
    )
    scripts = {script.key: script for part in stacks for script in part.scripts}
    return Rendered(silo_name, root, nested, tuple(scripts[key] for key in sorted(scripts)), {}, tags(lake, silo))


def tags(lake: Lake, silo: Silo) -> dict[str, str]:
    """The root stack's, which CloudFormation puts on all that it makes."""
    organization = lake.organization
    ours = {TAG_ORGANIZATION: organization.name, TAG_SILO: silo.name, TAG_MANAGED_BY: MANAGED_BY}
    return {**organization.tags, **ours}


def _refuse(problems: Iterable[Any]) -> None:
    if found := ordered(problems):
        raise ManifestsInvalid(found)


def _nested(lake: Lake, part: Part, catalogue: Catalogue) -> Template:
    body = catalogue.render(part.blueprint, part.values)
    return Template(part.address, body, asked_for(body, part.manifest, lake.organization.manifest, part.others))


def _root(lake: Lake, silo: Silo) -> dict[str, Any]:
    organization = lake.organization
    bucket = code_bucket(organization.code_bucket.name_prefix, silo.region)
    return {
        "silo": silo.name,
        "organization": organization.name,
        "assets": f"https://{bucket}.s3.{silo.region}.amazonaws.com/",
        "retired": silo.lifecycle == "retired",
    }


def _root_template(
    lake: Lake, silo: Silo, stacks: tuple[Part, ...], nested: tuple[Template, ...], catalogue: Catalogue
) -> Template:
    """Each nested stack gets by name, as parameters, those outputs of the storage stack that its template declares."""
    given = frozenset(next(t.body["Outputs"] for t in nested if t.address == STORAGE))
    entries = [_entry(part, template, given) for part, template in zip(stacks, nested, strict=True)]
    body = catalogue.render(ROOT, {**_root(lake, silo), "nested": entries})
    manifests: Mapping[str, Any] = {part.id: part.manifest for part in stacks}
    asked = {name: manifests.get(name, silo.manifest) for name in body["Resources"]}
    sources = {name: place(manifest, "", lake.organization.manifest) for name, manifest in asked.items()}
    return Template("", body, sources)


def _entry(part: Part, template: Template, given: frozenset[str]) -> dict[str, Any]:
    wanted = sorted(template.body.get("Parameters", {}))
    if missing := set(wanted) - given:
        raise TemplateError(f"{part.blueprint}: storage has no output for {', '.join(sorted(missing))}")
    return {
        "id": part.id,
        "address": part.address,
        "key": template.asset.key,
        "parameters": wanted,
        "tags": dict(part.tags),
        "holds_data": part.blueprint == STORAGE,
    }
