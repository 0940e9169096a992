"""`python -m tests.bench.functions`: size of each function's zip, and how long it takes to start cold, boto3 included.

The limit is on processor time: what a machine does beside it is not the function's. Wall time is printed as well.
"""

from __future__ import annotations

import io
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

from controller.render.blueprint import Catalogue

RUNS = 7
LIMIT = 0.3  # seconds
LARGEST = 10 * 1024 * 1024  # bytes
# What the functions' own templates set; of no meaning here, but they read it when they start.
NAMES = (
    "ACCESS_ROLE ACCOUNT BUCKET CLIENT_ID KEY_ARN NETWORKS ORGANIZATION PARTITION PARTNERS_PATH PARTNER_BOUNDARY SILO "
    "SITE_HOST STACK VENDING_BUCKET VENDING_ROLE"
)
VARIABLES = {**dict.fromkeys(NAMES.split(), ""), "DROPZONES": "[]"}


def main() -> int:
    catalogue = Catalogue.read()
    late = 0
    print(f"{'function':<28} {'zip':>10} {'wall':>9} {'processor':>9}")
    for blueprint, name in functions(catalogue):
        content = catalogue.function(blueprint, name).content
        wall, busy = start(content)
        late += busy > LIMIT or len(content) > LARGEST
        print(f"{blueprint + '/' + name:<28} {len(content):>8,} B {wall * 1000:>6.0f} ms {busy * 1000:>6.0f} ms")
    return 1 if late else 0


def functions(catalogue: Catalogue) -> Iterator[tuple[str, str]]:
    found = {tuple(path.split("/functions/")) for path in catalogue.files if path.endswith("/handler.py")}
    for blueprint, rest in sorted(found):
        yield blueprint, rest.split("/")[0]


def start(content: bytes) -> tuple[float, float]:
    """Medians of a process that loads the handler and ends: wall and processor seconds, Python's own start with it."""
    with tempfile.TemporaryDirectory() as folder:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            archive.extractall(folder)
        words = [sys.executable, "-I", "-c", "import sys; sys.path.insert(0, '.'); import handler"]
        variables = {"PATH": os.environ["PATH"], "AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "eu-west-1"}
        variables |= VARIABLES
        wall, busy = [], []
        for _ in range(RUNS):
            began, before = time.perf_counter(), processor()
            subprocess.run(words, cwd=Path(folder), env=variables, check=True)
            wall.append(time.perf_counter() - began)
            busy.append(processor() - before)
        return statistics.median(wall), statistics.median(busy)


def processor() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    sys.exit(main())
