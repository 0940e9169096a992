"""`python -m tests.bench [SILOS…]`: a plan without change at 4, 100 and 1,000 silos; does it keep its budget?"""

from __future__ import annotations

import os
import sys
import tempfile
from itertools import pairwise
from pathlib import Path

from controller.local.server.embedded import EmbeddedAws
from tests.bench.plan import Cost, measure_apart, put_published, read_lake, write_manifests

SIZES = (4, 100, 1000)
LATENCY = 0.05  # seconds a call
RENDERED = ("pipeline/master", "pipeline/silo-baseline")  # once a region and once; never a silo
GROWTH = 1.5  # how much faster than its number of silos a plan's time may grow


def main(sizes: tuple[int, ...]) -> int:
    with tempfile.TemporaryDirectory() as place:
        costs = [_cost(Path(place) / str(size), size) for size in sizes]
    print(f"{'silos':>6} {'calls':>6} {'budget':>7} {'reading':>9} {'planning':>9} {'memory':>9}")
    for cost in costs:
        print(
            f"{cost.silos:>6,} {cost.calls:>6} {cost.budget:>7.1f} {cost.reading:>7.2f} s {cost.planning:>7.2f} s "
            f"{cost.mebibytes:>5.0f} MiB"
        )
    faults = [fault for cost in costs for fault in _faults(cost)] + _growth(costs)
    for fault in faults:
        print(f"over budget: {fault}")
    return 1 if faults else 0


def _cost(folder: Path, size: int) -> Cost:
    write_manifests(folder, size)
    lake, catalogue = read_lake(folder)
    before = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith("AWS_")}
    with EmbeddedAws(lake) as aws:
        os.environ.update(aws.environment)
        try:
            put_published(lake, catalogue)
            return measure_apart(folder, LATENCY)
        finally:
            for name in aws.environment:
                os.environ.pop(name, None)
            os.environ.update(before)


def _faults(cost: Cost) -> list[str]:
    said = []
    if cost.calls > cost.budget:
        said.append(f"{cost.calls} calls for {cost.silos} silos")
    if set(cost.rendered) - set(RENDERED):
        said.append(f"{', '.join(cost.rendered)} were rendered for {cost.silos} silos")
    if cost.changes:
        said.append(f"a plan without change has {cost.changes} changes")
    return said


def _growth(costs: list[Cost]) -> list[str]:
    said = []
    for small, large in pairwise(costs):
        silos = large.silos / small.silos
        time = (large.reading + large.planning) / (small.reading + small.planning)
        print(
            f"{silos:.0f} times the silos: {time:.1f} times the time, {large.calls / small.calls:.1f} times the calls"
        )
        if time > silos * GROWTH:
            said.append(f"time grew {time:.1f} times for {silos:.0f} times the silos")
    return said


if __name__ == "__main__":
    sys.exit(main(tuple(int(word) for word in sys.argv[1:]) or SIZES))
