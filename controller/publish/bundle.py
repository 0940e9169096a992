"""The zip that a silo's pipeline polls: its root template, its configuration, and what is inside.

template.json   the root stack's template
config.json     {"Parameters", "Tags", "StackPolicy"}: CodePipeline's template configuration file
release.json    digest, commit, and for each logical id the manifest line that asked for it
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from controller import __version__
from controller.model.archive import pack_files
from controller.model.bundle import Bundle, Rendered, Template, canonical, sha256
from controller.model.errors import ControllerError
from controller.publish.archive import ArchiveRefused, open_files

FORMAT = 1
COMMIT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/+-]{0,99}")  # as the root template's parameter allows
PACKED = ("BundleDigest", "Commit")  # parameters that packing adds
TEMPLATE, CONFIG, RELEASE = "template.json", "config.json", "release.json"

# No release deletes or replaces the nested stack that holds the data. What an update does inside of it this policy
# does not see, since a nested stack has none of its own: there the resources' own DeletionPolicy and the plan's
# guards hold.
STACK_POLICY: Mapping[str, Any] = {
    "Statement": [
        {"Effect": "Allow", "Action": "Update:*", "Principal": "*", "Resource": "*"},
        {
            "Effect": "Deny",
            "Action": ["Update:Delete", "Update:Replace"],
            "Principal": "*",
            "Resource": "LogicalResourceId/Storage",
        },
    ]
}


@dataclass(frozen=True, slots=True)
class Opened:
    """A bundle as it was read; `nested` gives for each address the key of its template in the code bucket."""

    template: Mapping[str, Any]
    config: Mapping[str, Any]
    release: Mapping[str, Any]

    @property
    def digest(self) -> str:
        return str(self.release["digest"])

    @property
    def silo(self) -> str:
        """The key of the member that it was made for."""
        return str(self.release.get("silo", ""))

    @property
    def default(self) -> bool:
        """Whether no manifest declared that silo."""
        return self.release.get("default") is True

    @property
    def site(self) -> str:
        """The digest of the web app's pages; empty where there is none."""
        return str(self.release.get("site", ""))

    @property
    def nested(self) -> dict[str, str]:
        return {address: said["asset"] for address, said in self.release["templates"].items() if address}

    @property
    def parameters(self) -> dict[str, str]:
        """What was rendered, without what packing added."""
        return {name: value for name, value in self.config["Parameters"].items() if name not in PACKED}

    @property
    def tags(self) -> dict[str, str]:
        return dict(self.config.get("Tags", {}))


def digest(rendered: Rendered) -> str:
    """Over all that the bundle says and points to; neither the commit nor a line number is part of it."""
    said = [rendered.root.body, dict(rendered.parameters), dict(rendered.tags), STACK_POLICY]
    site = [rendered.site.digest] if rendered.site else []
    return sha256(canonical([*said, [asset.key for asset in rendered.assets], *site]))


def pack(rendered: Rendered, commit: str) -> Bundle:
    """The same rendering and commit give the same bytes, on any machine."""
    if not COMMIT.fullmatch(commit):
        raise ControllerError(
            f"{commit!r} does not name a commit", "letters, digits and . _ / + -, at most 100 of them"
        )
    made = digest(rendered)
    config = {
        "Parameters": {**rendered.parameters, "BundleDigest": made, "Commit": commit},
        "Tags": dict(rendered.tags),
        "StackPolicy": STACK_POLICY,
    }
    files = {
        TEMPLATE: canonical(rendered.root.body),
        CONFIG: canonical(config),
        RELEASE: canonical(_release(rendered, made, commit)),
    }
    return Bundle(rendered.silo, made, pack_files(files))


def open_bundle(content: bytes) -> Opened:
    """Raises ArchiveRefused for what `pack` could not have written."""
    files = open_files(content)
    if missing := {TEMPLATE, CONFIG, RELEASE} - files.keys():
        raise ArchiveRefused(f"it has no {', '.join(sorted(missing))}")
    try:
        template, config, release = (json.loads(files[name]) for name in (TEMPLATE, CONFIG, RELEASE))
        if release["format"] > FORMAT:
            raise ArchiveRefused(
                f"its format is {release['format']}, this siloctl knows {FORMAT}", "use a newer siloctl"
            )
        opened = Opened(template, config, release)
        if not (template["Resources"] and config["Parameters"] and opened.digest and opened.nested):
            raise ArchiveRefused("it is empty")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ArchiveRefused(f"not a bundle: {error!r}") from error
    return opened


def read_release(content: bytes) -> Mapping[str, Any]:
    return open_bundle(content).release


def _release(rendered: Rendered, made: str, commit: str) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "tool": __version__,
        "silo": rendered.silo,
        "digest": made,
        "commit": commit,
        "templates": {
            template.address: _inside(template, rendered.folder) for template in (rendered.root, *rendered.nested)
        },
        "scripts": [script.key for script in rendered.scripts],
        **({"site": rendered.site.digest} if rendered.site else {}),
        **({"default": True} if rendered.default else {}),
    }


def _inside(template: Template, folder: str) -> dict[str, Any]:
    sources = {logical_id: [_from(folder, at.path), at.line, at.column] for logical_id, at in template.sources.items()}
    return {"asset": template.asset.key, "sources": sources} if template.address else {"sources": sources}


def _from(folder: str, path: str) -> str:
    """So that a bundle says the same whatever the folder was called on the command line that built it."""
    whole = PurePath(path)
    return whole.relative_to(folder).as_posix() if whole.is_relative_to(folder) else path
