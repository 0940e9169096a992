"""The lake's folder, read from disk. Nothing else in the core opens a file of the user's."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from controller.model.problem import Problem
from controller.model.source import Source

SUFFIXES = (".yaml", ".yml")
BYTES_MAX = 1024 * 1024  # of one file: a thousand times what a manifest needs
WHERE = "name the folder of your manifests: siloctl validate DIR, or siloctl --manifests DIR and any command"


@dataclass(frozen=True, slots=True)
class ManifestFile:
    path: str  # as the user would type it
    text: str


@dataclass(frozen=True, slots=True)
class Files:
    found: tuple[ManifestFile, ...]
    problems: tuple[Problem, ...]


def read_files(place: Path) -> Files:
    """All manifests below a folder, in the order of their paths, or the one file that `place` is.

    Hidden folders and files of other types are left alone; all else that cannot be read is a problem.
    """
    if not os.path.lexists(place):
        return Files((), (_problem("not-found", place, "there is no such file or folder", WHERE),))
    found: list[ManifestFile] = []
    problems: list[Problem] = []
    try:
        paths = list(_walk(place)) if place.is_dir() else [place]
    except OSError as error:
        return Files((), (_problem("unreadable-file", place, f"cannot be read: {error.strerror}"),))
    for path in paths:
        text = _text(path, place)
        if isinstance(text, str):
            found.append(ManifestFile(str(path), text))
        else:
            problems.append(text)
    if not paths:
        hint = "manifests are files that end in .yaml or .yml"
        problems.append(_problem("no-manifests", place, "there is no manifest in this folder", hint))
    return Files(tuple(found), tuple(problems))


def read_script(folder: Path, path: str) -> bytes | str:
    """A transform script below the lake's folder, or why it cannot be had."""
    place = folder / path
    try:
        if not place.resolve().is_relative_to(folder.resolve()):
            return "it is outside the lake's folder"
        if not place.is_file():
            return "there is no such file"
        content = _bytes(place)
    except (OSError, RuntimeError) as error:  # RuntimeError: a loop of symbolic links
        return f"it cannot be read: {getattr(error, 'strerror', None) or 'a loop of links'}"
    return content if len(content) <= BYTES_MAX else f"it is larger than {BYTES_MAX // 1024} KiB"


def _walk(folder: Path) -> Iterator[Path]:
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        path = folder / entry.name
        if entry.name.startswith("."):
            continue
        named_as_manifest = path.suffix.lower() in SUFFIXES
        if entry.is_dir(follow_symlinks=False) and not named_as_manifest:
            yield from _walk(path)
        elif named_as_manifest or (entry.is_symlink() and path.is_dir()):
            yield path


def _text(path: Path, top: Path) -> str | Problem:
    try:
        if path.is_symlink() and path != top:
            if path.is_dir():
                return _problem(
                    "not-a-file", path, "a link to a folder is not followed", "keep manifests in real folders"
                )
            inside = top if top.is_dir() else top.parent
            if not path.resolve(strict=True).is_relative_to(inside.resolve()):
                return _problem("outside-folder", path, "this link leads out of the lake's folder", "copy the file")
        if not stat.S_ISREG(path.stat().st_mode):
            return _problem("not-a-file", path, "this is not a file, though it is named like a manifest")
        content = _bytes(path)
    except (OSError, RuntimeError) as error:  # RuntimeError: a loop of symbolic links
        return _problem(
            "unreadable-file", path, f"cannot be read: {getattr(error, 'strerror', None) or 'a loop of links'}"
        )
    if len(content) > BYTES_MAX:
        return _problem(
            "file-too-large", path, f"is larger than {BYTES_MAX // 1024} KiB", "split it, one manifest a file"
        )
    return decode(content, str(path))


def decode(content: bytes, path: str) -> str | Problem:
    """UTF-8 with or without a byte-order mark."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start]
        line = before.count(b"\n") + 1
        column = error.start - before.rfind(b"\n")
        return Problem("not-text", "this is not UTF-8 text", Source(path, line, column), hint="save the file as UTF-8")


def _bytes(path: Path) -> bytes:
    with path.open("rb") as stream:
        return stream.read(BYTES_MAX + 1)


def _problem(code: str, path: Path, message: str, hint: str = "") -> Problem:
    return Problem(code, message, Source(str(path)), hint=hint)
