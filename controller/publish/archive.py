"""One reader of zips that trusts none."""

from __future__ import annotations

import io
import re
import zipfile
import zlib

from controller.model.errors import ControllerError

MAX_ENTRIES = 64
MAX_BYTES = 16 * 1024 * 1024  # of one file; a template is at most 1 MB
MAX_RATIO = 200  # canonical JSON packs to about a tenth
NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,99}")

# All that zipfile raises for a zip that is damaged, encrypted, or packed in a way that it does not know.
UNREADABLE = (
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    zlib.error,
    NotImplementedError,
    RuntimeError,
    EOFError,
    OSError,
)


class ArchiveRefused(ControllerError):
    """A zip that is not one of ours."""


def open_files(content: bytes) -> dict[str, bytes]:
    """Read a zip of plain files into memory; raises ArchiveRefused for all that we never write ourselves."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            _check(entries)
            return {entry.filename: _read(archive, entry) for entry in entries}
    except UNREADABLE as error:
        raise ArchiveRefused(f"not a zip that can be read: {error}") from error


def _check(entries: list[zipfile.ZipInfo]) -> None:
    if len(entries) > MAX_ENTRIES:
        raise ArchiveRefused(f"it has {len(entries)} entries, more than {MAX_ENTRIES}")
    seen: set[str] = set()
    for entry in entries:
        if not NAME.fullmatch(entry.filename) or ".." in entry.filename or entry.filename != entry.orig_filename:
            raise ArchiveRefused(f"{entry.filename!r} is not a name that we write")
        if entry.filename in seen:
            raise ArchiveRefused(f"{entry.filename} is in it twice")
        seen.add(entry.filename)
        if (entry.external_attr >> 16) & 0o170000 not in (0, 0o100000):
            raise ArchiveRefused(f"{entry.filename} is not a plain file")
        if entry.file_size > MAX_BYTES or entry.file_size > MAX_RATIO * max(entry.compress_size, 1):
            raise ArchiveRefused(f"{entry.filename} would unpack to {entry.file_size:,} bytes")


def _read(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """The size in the header is a claim: never read more than was announced."""
    with archive.open(entry) as stream:
        content = stream.read(entry.file_size + 1)
    if len(content) > entry.file_size:
        raise ArchiveRefused(f"{entry.filename} is larger than it says")
    return content
