"""What Glue's own library gives a script: its arguments by name (Glue developer guide, "getResolvedOptions")."""

from __future__ import annotations

import argparse


def get_resolved_options(argv: list[str], names: list[str]) -> dict[str, str]:
    """Arguments that were not asked for are passed over; one that was and is missing ends the script."""
    parser = argparse.ArgumentParser(allow_abbrev=False)
    for name in names:
        parser.add_argument(f"--{name}", required=True)
    return vars(parser.parse_known_args(argv[1:])[0])
