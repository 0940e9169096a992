from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from controller.model.archive import pack_files
from controller.model.bundle import Asset, Rendered, Site, Template, canonical
from controller.model.errors import ControllerError
from controller.model.source import Source
from controller.publish.archive import ArchiveRefused, open_files
from controller.publish.bundle import open_bundle, pack, read_release

NESTED = Template("storage", {"Resources": {"B": {"Type": "T"}}}, {"B": Source("silos/sales.yaml", 3, 1)})
RENDERED = Rendered(
    silo="sales",
    root=Template("", {"Resources": {"Storage": {"Type": "S"}}}, {"Storage": Source("silos/sales.yaml")}),
    nested=(NESTED,),
    scripts=(Asset(b"print()", ".py"),),
    parameters={},
    tags={"lake:silo": "sales"},
)


def test_a_bundle_says_what_it_deploys_and_why() -> None:
    opened = open_bundle(pack(RENDERED, "abc").content)
    assert opened.template == RENDERED.root.body
    assert opened.config["Tags"] == {"lake:silo": "sales"}
    assert opened.config["Parameters"] == {"BundleDigest": opened.digest, "Commit": "abc"}
    assert opened.nested == {"storage": NESTED.asset.key}
    assert opened.release["templates"]["storage"]["sources"] == {"B": ["silos/sales.yaml", 3, 1]}


def test_the_same_content_gives_the_same_bytes() -> None:
    assert pack(RENDERED, "abc").content == pack(replace(RENDERED), "abc").content


def test_the_commit_and_the_lines_are_not_part_of_the_digest() -> None:
    moved = replace(RENDERED, nested=(replace(NESTED, sources={"B": Source("silos/sales.yaml", 99)}),))
    assert pack(moved, "def").digest == pack(RENDERED, "abc").digest
    assert pack(moved, "def").content != pack(RENDERED, "abc").content


def test_a_bundle_names_the_pages_that_lie_beside_it() -> None:
    assert open_bundle(pack(replace(RENDERED, site=Site("0" * 64, bytes)), "abc").content).site == "0" * 64
    assert open_bundle(pack(RENDERED, "abc").content).site == ""


@pytest.mark.parametrize(
    "changed",
    [
        replace(RENDERED, root=Template("", {"Resources": {"Other": {}}}, {})),
        replace(RENDERED, nested=(Template("storage", {"Resources": {}}, {}),)),
        replace(RENDERED, scripts=(Asset(b"exit()", ".py"),)),
        replace(RENDERED, tags={"lake:silo": "sold"}),
        replace(RENDERED, parameters={"A": "b"}),
        replace(RENDERED, site=Site("0" * 64, bytes)),
    ],
    ids=["root", "nested", "script", "tags", "parameters", "site"],
)
def test_all_that_it_says_is_part_of_the_digest(changed: Rendered) -> None:
    assert pack(changed, "abc").digest != pack(RENDERED, "abc").digest


def test_the_stack_policy_keeps_storage() -> None:
    statements = open_bundle(pack(RENDERED, "abc").content).config["StackPolicy"]["Statement"]
    denied = [s for s in statements if s["Effect"] == "Deny"]
    assert denied[0]["Resource"] == "LogicalResourceId/Storage"
    assert set(denied[0]["Action"]) == {"Update:Delete", "Update:Replace"}


@pytest.mark.parametrize("commit", ["", "a b", '"', "${x}", "x" * 101, "-x", "a\n"])
def test_what_names_no_commit_is_refused(commit: str) -> None:
    with pytest.raises(ControllerError, match="commit"):
        pack(RENDERED, commit)


def altered(name: str, change: Mapping[str, Any] | None) -> bytes:
    files = open_files(pack(RENDERED, "abc").content)
    if change is None:
        del files[name]
    else:
        files[name] = canonical({**json.loads(files[name]), **change})
    return pack_files(files)


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("release.json", None),
        ("template.json", None),
        ("release.json", {"format": 99}),
        ("release.json", {"templates": {}}),
        ("release.json", {"templates": []}),
        ("release.json", {"digest": ""}),
        ("template.json", {"Resources": {}}),
        ("config.json", {"Parameters": None}),
    ],
)
def test_a_zip_that_is_no_bundle_is_refused(name: str, change: Mapping[str, Any] | None) -> None:
    with pytest.raises(ArchiveRefused):
        read_release(altered(name, change))


def test_a_release_that_is_no_json_is_refused() -> None:
    files = {**open_files(pack(RENDERED, "abc").content), "release.json": b"[" * 100_000}
    with pytest.raises(ArchiveRefused):
        open_bundle(pack_files(files))
