"""A folder that holds what would be published, laid out as the code bucket is."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from controller.model.errors import ControllerError

LISTING = ".siloctl-render.json"  # what the last render wrote: that, and nothing else, the next one removes


class FolderRefused(ControllerError):
    """There is something in the folder that we did not write."""


def claim(folder: Path) -> None:
    """Make the folder, or empty it of a former render; raises FolderRefused where it holds anything else."""
    if folder.exists() and not folder.is_dir():
        raise FolderRefused(f"{folder} is not a folder", "give --out a folder")
    folder.mkdir(parents=True, exist_ok=True)
    for name in _former(folder):
        (folder / name).unlink(missing_ok=True)
    for path in sorted((path for path in folder.rglob("*") if path.is_dir()), reverse=True):
        if not any(path.iterdir()):
            path.rmdir()
    left = sorted(path.relative_to(folder).as_posix() for path in folder.iterdir() if path.name != LISTING)
    if left:
        hint = "give --out a new folder: only what siloctl wrote itself is replaced"
        raise FolderRefused(f"{folder} holds {left[0]}, which is not of a former render", hint)


def write(folder: Path, files: Mapping[str, bytes]) -> None:
    """Names are paths below the folder. Call `claim` first."""
    names = sorted({*_former(folder), *files})
    (folder / LISTING).write_text(json.dumps(names, indent=1) + "\n", encoding="utf-8")
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def _former(folder: Path) -> tuple[str, ...]:
    listing = folder / LISTING
    if not listing.is_file():
        return ()
    try:
        names = json.loads(listing.read_text(encoding="utf-8"))
    except ValueError as error:
        raise FolderRefused(f"{listing} cannot be read: {error}", "give --out a new folder") from error
    if not isinstance(names, list) or not all(isinstance(name, str) and _below(name) for name in names):
        raise FolderRefused(f"{listing} is not one that siloctl wrote", "give --out a new folder")
    return tuple(names)


def _below(name: str) -> bool:
    path = PurePosixPath(name)
    return bool(path.parts) and not path.is_absolute() and ".." not in path.parts and "\\" not in name
