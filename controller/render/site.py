"""The upload site as files: what is written here, and the libraries that `make setup` puts beside it.

`vendor.json` pins each file of a library by its digest. So the site has a digest of its own before a library is read,
and a file that is not exactly the pinned one never reaches a browser.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from controller.load.places import folder
from controller.model.archive import pack_files
from controller.model.bundle import Site, canonical, sha256
from controller.model.errors import ControllerError

BELOW = "webapp/site/"  # in a catalogue
PINS, LIBRARIES = "vendor.json", "vendor"
HINT = "run make setup in the checkout; it needs npm"


@dataclass(frozen=True, slots=True)
class Library:
    """One file of a package of the npm registry: `source` in the package, `name` in the site's folder of libraries."""

    name: str
    package: str
    version: str
    source: str
    sha256: str


def site_of(catalogue: Mapping[str, bytes]) -> Site:
    """The site among the files of a catalogue; its libraries are read when it is packed."""
    own = {path.removeprefix(BELOW): content for path, content in catalogue.items() if path.startswith(BELOW)}
    return Site(site_digest(own), lambda: pack_files(site_files(own, site_folder() / LIBRARIES)))


def site_folder() -> Path:
    return folder("blueprints") / "webapp" / "site"


def libraries(pins: bytes) -> tuple[Library, ...]:
    """What a `vendor.json` pins."""
    return tuple(Library(**one) for one in sorted(json.loads(pins), key=lambda one: str(one["name"])))


def site_digest(own: Mapping[str, bytes]) -> str:
    """Over the site's own files, `vendor.json` among them: nothing else can make two sites differ."""
    return sha256(canonical([[name, sha256(content)] for name, content in sorted(own.items())]))


def site_files(own: Mapping[str, bytes], place: Path) -> dict[str, bytes]:
    """All that the site's bucket gets: `own` files by their path in the site, and the libraries that lie in `place`.

    Raises ControllerError for a library that is not there, or is not the pinned one.
    """
    files = {name: content for name, content in own.items() if name != PINS}
    for library in libraries(own[PINS]):
        files[f"{LIBRARIES}/{library.name}"] = _read(place / library.name, library)
    return files


def _read(path: Path, library: Library) -> bytes:
    what = f"{path} of {library.package} {library.version}, which the upload site needs,"
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ControllerError(f"{what} is not there", HINT) from error
    if sha256(content) != library.sha256:
        raise ControllerError(f"{what} is not the file that {PINS} names", HINT)
    return content
