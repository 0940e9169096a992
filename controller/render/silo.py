"""The bundle of one member, silo or consumer: what decides it, as a digest, and what it says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from controller.kinds.silo import Silo
from controller.model.bundle import Rendered, Template, canonical, sha256
from controller.model.errors import ManifestsInvalid
from controller.model.facts import Fact
from controller.model.inputs import joined
from controller.model.ownership import (
    MANAGED_BY,
    TAG_CONSUMER,
    TAG_MANAGED_BY,
    TAG_ORGANIZATION,
    TAG_SILO,
    asset_address,
)
from controller.model.problem import Problem, ordered
from controller.render.asked import asked_for
from controller.render.blueprint import Catalogue
from controller.render.intrinsic import TemplateError
from controller.render.limits import too_large, too_many
from controller.render.site import site_of
from controller.render.text import dynamic_references
from controller.render.values import QUERIES, ROOT, STORAGE, Part, parts
from controller.render.webapp import BLUEPRINT as WEBAPP
from controller.resolve.lake import Lake, Member, retired

BASES = (STORAGE, QUERIES)  # the parts whose outputs the others take
NO_FACTS: Mapping[str, str] = MappingProxyType({})


def inputs(lake: Lake, key: str, catalogue: Catalogue) -> str:
    """All that decides this member's bundle, in three parts; the same inputs mean the same bundle.

    Not in it: comments and order of manifests, line numbers, the commit, the account id (templates ask
    CloudFormation for it), what AWS alone knows (`needed`), and all that concerns other members. The unit is in it,
    though no template says it: for another one the plan looks where the account is, and moves it.
    """
    member = lake.member(key)
    stacks = parts(lake, member, catalogue)
    scripts = {script.key: script for part in stacks for script in part.scripts}
    packed = sorted(key for key, script in scripts.items() if catalogue.gave(script))
    blueprints = sha256(canonical([catalogue.digest_of((ROOT, *(part.blueprint for part in stacks))), packed]))
    said = [(part.blueprint, part.address, part.values, part.tags) for part in stacks]
    place = member.organizational_unit
    manifests = canonical([place, _root(lake, member), tags(lake, member), said, sorted(scripts.keys() - set(packed))])
    for key in packed:  # values hold the names of the blueprints' jobs and functions, which say nothing of manifests
        manifests = manifests.replace(key.encode(), b"\0")
    return joined(catalogue.version, blueprints, sha256(manifests))


def needed(lake: Lake, key: str, catalogue: Catalogue) -> tuple[Fact, ...]:
    """What the bundle's root takes as parameters: facts that the plan reads in AWS."""
    return _facts(parts(lake, lake.member(key), catalogue))


def _facts(stacks: tuple[Part, ...]) -> tuple[Fact, ...]:
    found = {fact.parameter: fact for part in stacks for fact in part.facts}
    return tuple(found[name] for name in sorted(found))


def render_silo(lake: Lake, key: str, catalogue: Catalogue, facts: Mapping[str, str] = NO_FACTS) -> Rendered:
    """One member's bundle; `facts` are the values of `needed` by parameter, left out where nothing was asked of AWS.

    Raises ManifestsInvalid where CloudFormation would refuse what a manifest asks for.
    """
    member = lake.member(key)
    stacks = parts(lake, member, catalogue)
    _refuse(
        dynamic_references(
            (lake.organization.manifest, *(one for part in stacks for one in (part.manifest, *part.others)))
        )
    )
    nested = tuple(_nested(lake, part, catalogue) for part in stacks)
    root = _root_template(lake, member, stacks, nested, catalogue)
    _refuse(_beyond_limits(member, stacks, root, nested))
    scripts = {script.key: script for part in stacks for script in part.scripts}
    ordered_scripts = tuple(scripts[name] for name in sorted(scripts))
    site = site_of(catalogue.files) if any(part.blueprint == WEBAPP for part in stacks) else None
    default = key in lake.defaults.residents
    return Rendered(key, root, nested, ordered_scripts, dict(facts), tags(lake, member), site, default, lake.folder)


def tags(lake: Lake, member: Member) -> dict[str, str]:
    """The root stack's, which CloudFormation puts on all that it makes."""
    organization = lake.organization
    ours = {TAG_ORGANIZATION: organization.name, _tag(member): member.name, TAG_MANAGED_BY: MANAGED_BY}
    return {**organization.tags, **ours}


def _refuse(problems: Iterable[Problem]) -> None:
    if found := ordered(problems):
        raise ManifestsInvalid(found)


def _beyond_limits(
    member: Member, stacks: tuple[Part, ...], root: Template, nested: tuple[Template, ...]
) -> Iterator[Problem]:
    yield from too_large(root, member.manifest)
    yield from too_many((root, *nested), member.manifest)
    for part, template in zip(stacks, nested, strict=True):
        yield from too_large(template, part.manifest, others=part.others)


def _nested(lake: Lake, part: Part, catalogue: Catalogue) -> Template:
    body = catalogue.render(part.blueprint, part.values)
    return Template(part.address, body, asked_for(body, part.manifest, part.others))


def _tag(member: Member) -> str:
    return TAG_SILO if isinstance(member, Silo) else TAG_CONSUMER


def _root(lake: Lake, member: Member) -> dict[str, Any]:
    organization = lake.organization
    return {
        "kind": "silo" if isinstance(member, Silo) else "consumer",
        "name": member.name,
        "organization": organization.name,
        "assets": asset_address(organization.code_bucket.name_prefix, member.region),
        "retired": retired(member),
    }


def _root_template(
    lake: Lake, member: Member, stacks: tuple[Part, ...], nested: tuple[Template, ...], catalogue: Catalogue
) -> Template:
    """Each nested stack gets, as parameters, what its template declares: observed facts from the root's own parameters,
    all else from the outputs of the part that the others build on.
    """
    base = next(part for part in stacks if part.address in BASES)
    given = frozenset(next(t.body["Outputs"] for t in nested if t.address == base.address))
    entries = [_entry(part, template, given) for part, template in zip(stacks, nested, strict=True)]
    facts = [{"parameter": fact.parameter, "description": fact.description} for fact in _facts(stacks)]
    values = {**_root(lake, member), "base": base.id, "facts": facts, "nested": entries}
    body = catalogue.render(ROOT, values)
    manifests: Mapping[str, Any] = {part.id: part.manifest for part in stacks}
    asked = {name: manifests.get(name, member.manifest) for name in body["Resources"]}
    sources = {name: manifest.at() for name, manifest in asked.items()}
    return Template("", body, sources)


def _entry(part: Part, template: Template, given: frozenset[str]) -> dict[str, Any]:
    taken = frozenset(template.body.get("Parameters", {}))
    facts = sorted(taken & {fact.parameter for fact in part.facts})
    wanted = sorted(taken - set(facts))
    if missing := set(wanted) - given:
        raise TemplateError(f"{part.blueprint}: storage has no output for {', '.join(sorted(missing))}")
    return {
        "id": part.id,
        "address": part.address,
        "key": template.asset.key,
        "parameters": wanted,
        "facts": facts,
        "tags": dict(part.tags),
        "holds_data": part.blueprint == STORAGE,
    }
