"""Pack what the builds run, and print its digest: `python -m tools.pack FOLDER OUT`.

The same files give the same zip on any machine, so that whoever has the source can prove the digest.
"""

from __future__ import annotations

import sys
from pathlib import Path

from controller import __version__
from controller.model.archive import pack_files
from controller.model.bundle import sha256


def main(arguments: list[str]) -> int:
    if len(arguments) != 2:
        sys.stderr.write("usage: python -m tools.pack FOLDER OUT\n")
        return 64
    folder, out = map(Path, arguments)
    content = pack_files({path.name: path.read_bytes() for path in folder.iterdir()})
    made = out / f"siloctl-{__version__}.zip"
    made.write_bytes(content)
    sys.stdout.write(f"{made}\nspec.tool.sha256: {sha256(content)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
