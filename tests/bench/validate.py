"""How long 1,000 manifests take: `python -m tests.bench.validate [COUNT]`. It prints; nothing here passes or fails."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TypeVar

from controller.engine.validate import examine
from controller.load.files import read_files
from controller.load.manifests import load

TOP = Path(__file__).parents[2]
BLUEPRINTS = frozenset({"storage", "flows/http", "flows/dropzone"})
FLOWS_A_SILO = 3
T = TypeVar("T")


def write_lake(folder: Path, count: int) -> None:
    """`count` manifests: the Organization, and silos with flows of the project's own lake."""
    flow = (
        (TOP / "tests" / "lakes" / "plain" / "flows" / "orders.yaml")
        .read_text()
        .replace("    script: transforms/orders.py\n", "")
    )
    silo = (TOP / "tests" / "lakes" / "plain" / "silos" / "sales.yaml").read_text()
    (folder / "organization.yaml").write_text((TOP / "tests" / "lakes" / "plain" / "organization.yaml").read_text())
    for number in range(count - 1):
        owner, index = divmod(number, FLOWS_A_SILO + 1)
        name = f"silo-{owner}"
        text = silo.replace("name: sales", f"name: {name}").replace("200000000001", f"{200000000001 + owner}")
        if index:
            text = flow.replace("name: orders", f"name: orders-{owner}-{index}").replace("silo: sales", f"silo: {name}")
        (folder / f"{number:06}.yaml").write_text(text)


def timed(what: str, act: Callable[[], T]) -> T:
    started = time.perf_counter()
    result = act()
    print(f"{what:<34}{time.perf_counter() - started:8.3f} s")
    return result


def main(count: int) -> None:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "manifests"
        folder.mkdir()
        write_lake(folder, count)
        print(f"{count:,} manifests")
        files = timed("read the files", lambda: read_files(folder))
        timed("parse and check their shape", lambda: load(files.found))
        findings = timed("all of validate", lambda: examine(folder, BLUEPRINTS, date(2026, 11, 22)))
        command = [str(Path(sys.executable).with_name("siloctl")), "validate", str(folder)]
        ran = timed("the command, start-up included", lambda: subprocess.run(command, capture_output=True, check=False))
        if not findings.valid or ran.returncode:
            sys.exit(ran.stderr.decode())
        orders = folder / "000001.yaml"
        orders.write_text(
            orders.read_text().replace("rate(1 hour)", "rate(1 hours)").replace("auth: iam", "auth: iamm")
        )
        timed("all of it with a fault to word", lambda: examine(folder, BLUEPRINTS, date(2026, 11, 22)))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
