"""Puts the libraries that the upload site ships beside its files: npm installs them by their lock, and each file is
copied only when it is the one that vendor.json pins. Nothing of a package is run.

    python -m tools.vendor
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from controller.model.bundle import sha256
from controller.render.site import LIBRARIES, PINS, Library, libraries, site_folder

LOCK = Path(__file__).resolve().parents[1] / "requirements"
NPM = ("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")


class Refused(Exception):
    """The libraries are not what was pinned, or could not be fetched."""


def install(site: Path) -> None:
    """Raises Refused and leaves what is there as it is."""
    if not shutil.which("npm"):
        raise Refused("npm is missing: the upload site's libraries come from its registry. Install Node 20 or newer.")
    with tempfile.TemporaryDirectory() as made:
        place = Path(made)
        for name in ("package.json", "package-lock.json"):
            shutil.copyfile(LOCK / name, place / name)
        if subprocess.run(NPM, cwd=place, check=False).returncode:
            raise Refused("npm could not install the upload site's libraries; it says why above.")
        files = {
            library.name: _checked(place / "node_modules", library) for library in libraries((site / PINS).read_bytes())
        }
    target = site / LIBRARIES
    target.mkdir(exist_ok=True)
    for stale in set(target.iterdir()) - {target / name for name in files}:
        stale.unlink()
    for name, content in files.items():
        (target / name).write_bytes(content)


def complete(site: Path) -> bool:
    """Whether there is nothing to do."""
    pinned = {library.name: library.sha256 for library in libraries((site / PINS).read_bytes())}
    there = {path.name: sha256(path.read_bytes()) for path in (site / LIBRARIES).glob("*")}
    return there == pinned


def _checked(modules: Path, library: Library) -> bytes:
    content = (modules / library.package / library.source).read_bytes()
    if sha256(content) != library.sha256:
        raise Refused(
            f"{library.source} of {library.package} {library.version} has the digest {sha256(content)}, "
            f"not {library.sha256}, which vendor.json pins. Change the pin only after reading what changed."
        )
    return content


def main() -> int:
    site = site_folder()
    try:
        if not complete(site):
            install(site)
    except Refused as refused:
        sys.stderr.write(f"{refused}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
