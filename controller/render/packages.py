"""Packages that a function ships in its zip: named with their versions, taken from what is installed here, and proven.

A function's `requirements.txt` has a line `name==version` for each. It is a file of the blueprint like any other, so a
digest over the blueprint changes with a version; the packages themselves are read by who packs the zip.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.metadata import Distribution, PackageNotFoundError, PackagePath, distribution
from pathlib import PurePosixPath

from controller.model.errors import ControllerError

PIN = re.compile(r"(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)==(?P<version>[A-Za-z0-9.!+_-]+)")
METADATA = ".dist-info"


class PackageUnusable(ControllerError):
    """A package that a function ships is not here as it was pinned."""


def packages(requirements: bytes, where: str) -> dict[str, bytes]:
    """The files of all that `requirements` pins, by their path in a zip. `where` is for messages."""
    found: dict[str, bytes] = {}
    for name, version in pins(requirements, where):
        for path, content in _files(name, version, where).items():
            if found.setdefault(path, content) is not content:
                raise PackageUnusable(f"{where}: two packages bring {path}", "ship one of them only")
    return found


def pins(requirements: bytes, where: str) -> Iterator[tuple[str, str]]:
    """Names and versions; a comment begins with `#`."""
    for number, line in enumerate(requirements.decode().splitlines(), 1):
        words = line.partition("#")[0].strip()
        if not words:
            continue
        pin = PIN.fullmatch(words)
        if pin is None:
            raise PackageUnusable(f"{where}:{number}: {words!r} is no exact version", "write it as name==version")
        yield pin["name"], pin["version"]


@cache
def _files(name: str, version: str, where: str) -> dict[str, bytes]:
    found = _installed(name, version, where)
    return {PurePosixPath(path).as_posix(): _proven(path, where) for path in _shipped(found)}


def _installed(name: str, version: str, where: str) -> Distribution:
    hint = f"install it: pip install {name}=={version}; or change the pin and run the function's tests"
    try:
        found = distribution(name)
    except PackageNotFoundError:
        raise PackageUnusable(f"{where} ships {name} {version}, which is not installed", hint) from None
    if found.version != version:
        raise PackageUnusable(f"{where} ships {name} {version}, but {found.version} is installed", hint)
    return found


def _shipped(found: Distribution) -> Iterable[PackagePath]:
    """Modules, and the licence that asks to go with each copy; no compiled file, for those differ between machines."""
    for path in found.files or ():
        words = path.parts
        if ".." in words or words[0].startswith("/") or "__pycache__" in words:
            continue
        if path.suffix == ".py" if not words[0].endswith(METADATA) else path.name.startswith("LICENSE"):
            yield path


def _proven(path: PackagePath, where: str) -> bytes:
    """The file as the package's own record has it (Python packaging guide, "Recording installed projects")."""
    try:
        content = path.read_binary()
    except OSError as error:
        raise PackageUnusable(
            f"{where} ships {path}, which cannot be read: {error.strerror}", "install it anew"
        ) from None
    digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode().rstrip("=")
    if path.hash is None or path.hash.mode != "sha256" or path.hash.value != digest:
        raise PackageUnusable(f"{where} ships {path}, which is not as its package recorded it", "install it anew")
    return content
