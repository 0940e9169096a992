"""A silo's bundle: is what was published still what is wanted, and if not, which resources differ."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from controller.diff.change import Change, Verb
from controller.diff.consequence import NOTHING, ROOT, Outcomes, Version, consequences
from controller.diff.named import named_changes
from controller.diff.template import resource_changes
from controller.model.bundle import Rendered
from controller.model.index import Entry
from controller.model.ownership import logical_id, member_address
from controller.model.source import Source
from controller.model.world import Stored


@dataclass(frozen=True, slots=True)
class Published:
    """What lies in the code bucket for one silo, opened."""

    digest: str
    root: Mapping[str, Any]
    nested: Mapping[str, Mapping[str, Any]]  # by address below the silo
    parameters: Mapping[str, str]  # of the root stack, without what only packing knows
    tags: Mapping[str, str]


def is_current(
    entry: Entry | None, inputs: str, account: str, region: str, listed: Stored | None, site: Stored | None
) -> bool:
    """Nothing to render: the same inputs were published, and the bucket still holds those very objects."""
    return (
        entry is not None
        and entry.inputs == inputs
        and (entry.account, entry.region) == (account, region)
        and listed is not None
        and listed.etag == entry.etag
        and (not entry.site or (site is not None and site.etag == entry.site))
    )


def bundle_changes(
    rendered: Rendered,
    published: Published | None,
    create_only: Callable[[str], frozenset[str]],
    tagged_at: Source | None = None,
) -> Iterator[Change]:
    """One change a resource, nested stacks in the order of their addresses, the root's own last.

    `tagged_at` is the line that asks for the tags.
    """
    place = member_address(rendered.silo)
    old = published.nested if published else NOTHING
    new = {template.address: template for template in rendered.nested}
    outcomes = _outcomes(place, rendered, published, create_only)
    for address in sorted({*old, *new}):
        wanted = new.get(address)
        yield from resource_changes(
            f"{place}/{address}",
            old.get(address, NOTHING),
            _resources_only(wanted.body, address in old) if wanted else NOTHING,
            wanted.sources if wanted else {},
            create_only,
            outcomes.get(logical_id(address), {}),
        )
    before = published.root if published else NOTHING
    body = _resources_only(rendered.root.body, published is not None)
    root = outcomes.get(ROOT, {})
    yield from resource_changes(f"{place}/bundle", before, body, rendered.root.sources, create_only, root)
    if published is not None:
        yield from named_changes(f"{place}/bundle", "parameters", published.parameters, rendered.parameters, "bundle")
        yield from named_changes(f"{place}/bundle", "tags", published.tags, rendered.tags, "bundle", tagged_at)


def _outcomes(
    place: str, rendered: Rendered, published: Published | None, create_only: Callable[[str], frozenset[str]]
) -> Mapping[str, Outcomes]:
    """Over the whole bundle, for one nested stack's outputs are others' parameters. The root calls a nested stack by
    the logical id that its address makes.
    """
    before = Version(NOTHING)
    if published is not None:
        nested = {logical_id(address): body for address, body in published.nested.items()}
        before = Version(published.root, published.parameters, nested)
    bodies = {logical_id(template.address): template.body for template in rendered.nested}
    after = Version(rendered.root.body, rendered.parameters, bodies)
    addresses = {*(published.nested if published else ()), *(template.address for template in rendered.nested)}
    places = {ROOT: f"{place}/bundle", **{logical_id(address): f"{place}/{address}" for address in sorted(addresses)}}
    return consequences(places, before, after, create_only)


def _resources_only(body: Mapping[str, Any], compared: bool) -> Mapping[str, Any]:
    """A template that is new as a whole is told by its resources alone."""
    return body if compared else {"Resources": body["Resources"]}


def rest_change(silo: str, changes: tuple[Change, ...]) -> tuple[Change, ...]:
    """A bundle that differs where no resource does is still a change, and said to be one."""
    if changes:
        return ()
    why = "what it carries differs, no resource does"
    return (Change(f"{member_address(silo)}/bundle", "bundle", Verb.UPDATE, why),)
