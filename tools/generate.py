"""Write the pages that are made from the code, or say which of them are stale: `python -m tools.generate [--check]`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from tools.pages import blueprints, cli, manifests, problems

DOCS = Path(__file__).resolve().parents[1] / "docs"
PAGES: Mapping[str, Callable[[], str]] = {
    "cli.md": cli.page,
    "manifests.md": manifests.page,
    "problems.md": problems.page,
    **blueprints.pages(),
}


def main(arguments: list[str]) -> int:
    if arguments not in ([], ["--check"]):
        sys.stderr.write("usage: python -m tools.generate [--check]\n")
        return 64
    stale = [name for name, page in PAGES.items() if not _current(DOCS / name, page())]
    for name in stale:
        if arguments:
            sys.stderr.write(f"docs/{name} is stale: run make generate\n")
        else:
            (DOCS / name).parent.mkdir(exist_ok=True)
            (DOCS / name).write_text(PAGES[name](), encoding="utf-8", newline="\n")
            sys.stdout.write(f"wrote docs/{name}\n")
    return 1 if arguments and stale else 0


def _current(path: Path, text: str) -> bool:
    return path.exists() and path.read_text(encoding="utf-8") == text


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
