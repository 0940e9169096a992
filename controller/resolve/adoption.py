"""From a credential that a web app vended to the Partner manifest that declares the same in git."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from controller.load.scalars import plain
from controller.model.source import Source
from controller.model.vended import Vended
from controller.resolve.lake import Lake

NAME_MIN, NAME_MAX = 3, 32  # of a Partner; schemas/partner.schema.json


def partner_name(vended: Vended) -> str:
    """The name as a Partner may have it."""
    words = re.sub(r"-+", "-", vended.name)[:NAME_MAX].strip("-")
    return words if len(words) >= NAME_MIN else f"{words}-partner"


def adopted(lake: Lake, silo: str, vended: Vended) -> str:
    """The manifest's text, with comments for what else has to be edited; JSON's texts are YAML's."""
    lines = [
        "apiVersion: lake/v1",
        "kind: Partner",
        "metadata:",
        f"  name: {_scalar(partner_name(vended))}",
        "spec:",
        f"  contact: {json.dumps(vended.by)}  # who vended it: write who the partner is",
        "  access:",
        f"    - silo: {silo}",
        f"      dropzone: {json.dumps(vended.prefix)}",
        f"      protocols: [{', '.join(vended.protocols)}]",
        f"      permissions: [{', '.join(vended.permissions)}]",
        "  credentials:",
        f"    expires: {json.dumps(vended.expires[:10])}",
    ]
    if vended.cidrs:
        lines.append(f"  sourceCidrs: {json.dumps(list(vended.cidrs))}")
    if vended.max_object_mib is not None:
        lines += ["  limits:", f"    maxObjectMiB: {vended.max_object_mib}"]
    lines += [f"# {line}" for line in _besides(lake, silo, vended)]
    return "\n".join(lines) + "\n"


def _besides(lake: Lake, silo: str, vended: Vended) -> Iterator[str]:
    """In git a prefix has one owner, and none lies inside another; the web app shares those of the flows."""
    name = partner_name(vended)
    for flow in lake.flows_of(silo):
        if flow.source_type == "dropzone" and _inside(vended.prefix, flow.source.get("prefix")):
            own = flow.source["prefix"]
            yield f"beside it, at {_place(flow.manifest.at('spec.source.prefix'))}: replace prefix by  partner: {name}"
            if own != vended.prefix:
                yield f"and dropzone above by {own}, which is wider than what was vended;"
                yield "or give the partner a prefix, and a flow, of its own"
    for partner in lake.partners.values():
        for index, access in enumerate(partner.access):
            if access.silo == silo and _inside(vended.prefix, access.dropzone):
                at = partner.manifest.at(f"spec.access[{index}].dropzone")
                yield f"{access.dropzone} is {partner.name}'s already, at {_place(at)}: hand over its pair instead"


def _scalar(name: str) -> str:
    """Quoted where YAML would read another thing than text: somebody may be called `true`."""
    return name if plain(name) == name else json.dumps(name)


def _inside(prefix: str, outer: str | None) -> bool:
    return outer is not None and f"{prefix}/".startswith(f"{outer}/")


def _place(at: Source) -> str:
    return f"{at.path}:{at.line}"
