"""Zips that are the same for the same content."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time that a zip can hold
REGULAR_FILE = 0o100644 << 16
LEVEL = 9


def pack_files(files: Mapping[str, bytes]) -> bytes:
    """Sorted, without times or users of this machine."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in sorted(files.items()):
            info = zipfile.ZipInfo(name, EPOCH)
            info.external_attr = REGULAR_FILE
            info.create_system = 3  # Unix, whatever system packs it
            # writestr does not take compression from the archive when it is given a ZipInfo
            archive.writestr(info, content, compress_type=zipfile.ZIP_DEFLATED, compresslevel=LEVEL)
    return buffer.getvalue()
