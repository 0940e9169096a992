"""Fetching the upload site's libraries: only what is pinned, and nothing half done."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from controller.model.bundle import sha256
from tools.vendor import Refused, complete, install

LIBRARY = b"export const sign = () => 'signed';\n"
PIN = {"name": "sign.mjs", "package": "sign", "version": "1.0.0", "source": "dist/sign.mjs", "sha256": sha256(LIBRARY)}


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A site, and an npm that installs what the registry has today: `registry.mjs` beside it."""
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / "vendor.json").write_text(json.dumps([PIN]), encoding="utf-8")
    (tmp_path / "registry.mjs").write_bytes(LIBRARY)
    npm = tmp_path / "bin" / "npm"
    npm.parent.mkdir()
    npm.write_text(
        f"#!/bin/sh\nmkdir -p node_modules/sign/dist && cp {tmp_path}/registry.mjs node_modules/sign/dist/sign.mjs\n",
        encoding="utf-8",
    )
    npm.chmod(npm.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{npm.parent}{os.pathsep}{os.environ['PATH']}")
    return folder


def test_what_is_pinned_is_put_beside_the_pages_and_what_is_not_goes(site: Path) -> None:
    (site / "vendor").mkdir()
    (site / "vendor" / "old.mjs").write_bytes(b"of a version before")
    assert not complete(site)
    install(site)
    assert {path.name: path.read_bytes() for path in (site / "vendor").iterdir()} == {"sign.mjs": LIBRARY}
    assert complete(site)


def test_a_file_that_is_not_the_pinned_one_changes_nothing(site: Path) -> None:
    install(site)
    (site.parent / "registry.mjs").write_bytes(b"something else")
    with pytest.raises(Refused, match=r"dist/sign\.mjs of sign 1\.0\.0 has the digest"):
        install(site)
    assert (site / "vendor" / "sign.mjs").read_bytes() == LIBRARY


def test_a_failing_npm_and_none_at_all_are_told(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (site.parent / "bin" / "npm").write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
    with pytest.raises(Refused, match="npm could not install"):
        install(site)
    monkeypatch.setenv("PATH", str(site))
    with pytest.raises(Refused, match="npm is missing"):
        install(site)
    assert not (site / "vendor").exists()
