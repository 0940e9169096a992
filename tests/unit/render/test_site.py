"""What of the upload site is packed: its own files, and libraries that are exactly the pinned ones."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder

from controller.model.bundle import sha256
from controller.model.errors import ControllerError
from controller.render.site import LIBRARIES, PINS, libraries, site_digest, site_files, site_folder

LIBRARY = b"export const sign = () => 'signed';\n"
PIN = {"name": "sign.mjs", "package": "sign", "version": "1.0.0", "source": "dist/sign.mjs", "sha256": sha256(LIBRARY)}
OWN = {"index.html": b"<!doctype html>", PINS: json.dumps([PIN]).encode()}


def test_a_site_is_its_own_files_and_the_pinned_libraries(tmp_path: Path) -> None:
    (tmp_path / "sign.mjs").write_bytes(LIBRARY)
    (tmp_path / "left-over.mjs").write_bytes(b"of an older version")
    assert site_files(OWN, tmp_path) == {"index.html": b"<!doctype html>", "vendor/sign.mjs": LIBRARY}


def test_a_library_that_is_missing_is_told_with_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(ControllerError, match=r"sign\.mjs of sign 1\.0\.0.* is not there") as refused:
        site_files(OWN, tmp_path)
    assert "make setup" in refused.value.hint


def test_a_library_with_another_byte_is_refused(tmp_path: Path) -> None:
    (tmp_path / "sign.mjs").write_bytes(LIBRARY + b" ")
    with pytest.raises(ControllerError, match="is not the file that"):
        site_files(OWN, tmp_path)


def test_a_site_has_another_digest_when_a_pin_or_a_page_is_another() -> None:
    newer = json.dumps([{**PIN, "sha256": "0" * 64}]).encode()
    digests = {site_digest(OWN), site_digest({**OWN, PINS: newer}), site_digest({**OWN, "index.html": b""})}
    assert len(digests) == 3


def test_every_library_that_the_site_imports_is_pinned_with_its_licence() -> None:
    pinned = {library.name for library in libraries((site_folder() / PINS).read_bytes())}
    scripts = "".join(path.read_text(encoding="utf-8") for path in site_folder().joinpath("scripts").glob("*.js"))
    modules = {name for name in pinned if name.endswith(".js")}
    assert {name for name in modules if f"'../vendor/{name}'" in scripts} == modules
    assert scripts.count("/vendor/") == len(modules)
    assert pinned - modules == {name.replace(".js", ".LICENSE.txt") for name in modules}


def test_the_lock_names_the_pinned_versions_and_no_registry() -> None:
    lock = Path(__file__).parents[3].joinpath("requirements", "package-lock.json").read_text(encoding="utf-8")
    packages = json.loads(lock)["packages"]
    for library in libraries((site_folder() / PINS).read_bytes()):
        assert packages[f"node_modules/{library.package}"]["version"] == library.version
    assert '"resolved"' not in lock
    assert all("integrity" in package for name, package in packages.items() if name)


def test_a_wheel_carries_the_libraries_though_git_ignores_them() -> None:
    root = Path(__file__).parents[3]
    included = {file.distribution_path for file in WheelBuilder(str(root)).recurse_included_files()}
    below = "controller/_data/blueprints/webapp/site"
    assert {f"{below}/{LIBRARIES}/{one.name}" for one in libraries((site_folder() / PINS).read_bytes())} <= included


def test_every_file_has_an_ending_whose_type_every_server_knows() -> None:
    """CodePipeline tells S3 a file's type by its ending; browsers refuse a module whose type is not JavaScript's."""
    endings = {path.suffix for path in site_folder().rglob("*") if path.is_file() and path.name != PINS}
    assert endings <= {".css", ".html", ".js", ".svg", ".txt"}
