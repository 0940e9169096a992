"""What a plan without change costs: API calls, seconds with a simulated latency, memory.

The published state is put straight into the embedded AWS: accounts by its seed, StackSet instances without their
stacks, a placeholder under each bundle's key. A plan without change opens none of them; were one rendered, it would
be counted. The plan itself runs in a process of its own: `python -m tests.bench.plan FOLDER LATENCY`.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

import botocore.httpsession

from controller.cli.wiring import connect
from controller.engine.apply import apply
from controller.engine.plan import Options, make_plan
from controller.engine.validate import load_lake
from controller.model.index import Entry, Index
from controller.model.observed import Present
from controller.model.ownership import INDEX_KEY, bundle_key, code_bucket
from controller.render.blueprint import Catalogue
from controller.render.silo import inputs
from controller.resolve.lake import Lake
from tests.fakes.aws import Recorder

TOP = Path(__file__).parents[2]
TODAY = date(2026, 11, 22)


@dataclass(frozen=True)
class Watched(Catalogue):
    """Remembers which blueprints were rendered."""

    rendered: list[str] = field(default_factory=list, compare=False)

    def render(self, name: str, values: Mapping[str, Any]) -> dict[str, Any]:
        self.rendered.append(name)
        return super().render(name, values)


@dataclass(frozen=True, slots=True)
class Cost:
    silos: int
    calls: int
    reading: float  # seconds: manifests to a lake
    planning: float  # seconds, latency included
    mebibytes: float  # the process's peak, libraries included
    rendered: tuple[str, ...]
    changes: int

    @property
    def budget(self) -> float:
        return 20 + self.silos / 1000 + self.silos / 100


def write_manifests(folder: Path, silos: int) -> None:
    """The project's Organization, and as many silos, each with one flow over HTTP."""
    manifests = TOP / "tests" / "lakes" / "plain"
    organization = (manifests / "organization.yaml").read_text()
    silo = (manifests / "silos" / "sales.yaml").read_text()
    flow = (manifests / "flows" / "orders.yaml").read_text().replace("    script: transforms/orders.py\n", "")
    folder.mkdir()
    (folder / "organization.yaml").write_text(organization)
    for number in range(silos):
        name, account = f"silo-{number}", str(200000000001 + number)
        text = silo.replace("name: sales", f"name: {name}").replace("200000000001", account)
        (folder / f"silo-{number}.yaml").write_text(text)
        text = flow.replace("name: orders", f"name: orders-{number}").replace("silo: sales", f"silo: {name}")
        (folder / f"flow-{number}.yaml").write_text(text)


def read_lake(folder: Path) -> tuple[Lake, Watched]:
    catalogue = Watched(Catalogue.read().files)
    lake, _ = load_lake(folder, catalogue.available, TODAY)
    return lake, catalogue


def put_published(lake: Lake, catalogue: Catalogue) -> None:
    """All that an apply of the lake would leave in the master account; the environment is the embedded AWS's."""
    from moto.s3.models import s3_backends

    from controller.local.cloudformation import stacksets

    organization = lake.organization
    ports = connect(organization).ports
    stacksets.deploy = False
    try:
        empty = replace(lake, silos={}, flows={}, flows_by_silo={})
        assert apply(make_plan(empty, catalogue, ports, Options()), ports, Recorder()).complete
    finally:
        stacksets.deploy = True
    backend = s3_backends[organization.master_account]["aws"]
    entries: dict[str, Entry] = {}
    for name, silo in lake.silos.items():
        account = str(silo.account)
        bucket = code_bucket(organization.code_bucket.name_prefix, silo.region)
        put = backend.put_object(bucket, bundle_key(account), b"placeholder")
        made, version = inputs(lake, name, catalogue), str(put.version_id)
        entries[name] = Entry(
            account, silo.region, made, "0" * 64, put.etag.strip('"'), version, "c0ffee", "2026-01-31T12:00:00+00:00"
        )
    home = ports.bucket(organization.home_region)
    before = home.get(INDEX_KEY)
    replaces = before.value.etag if isinstance(before, Present) else None
    assert home.put(INDEX_KEY, Index(entries).text(), replaces) is not None


@contextmanager
def slowed(seconds: float) -> Iterator[None]:
    """Each call to AWS takes so much longer."""
    send = botocore.httpsession.URLLib3Session.send

    def slow(self: Any, request: Any) -> Any:
        time.sleep(seconds)
        return send(self, request)

    botocore.httpsession.URLLib3Session.send = slow
    try:
        yield
    finally:
        botocore.httpsession.URLLib3Session.send = send


def measure(folder: Path, latency: float) -> Cost:
    """One plan in this process, whose environment leads to an embedded AWS."""
    started = time.perf_counter()
    lake, catalogue = read_lake(folder)
    read = time.perf_counter()
    wired = connect(lake.organization)
    with slowed(latency):
        plan = make_plan(lake, catalogue, wired.ports, Options()).plan
    done = time.perf_counter()
    rendered = tuple(sorted(set(catalogue.rendered)))
    calls = sum(wired.calls.values())
    return Cost(len(lake.silos), calls, read - started, done - read, _peak(), rendered, len(plan.changes))


def _peak() -> float:
    """Of this process alone: what getrusage tells is inherited from the process that started it (Linux, proc(5))."""
    status = Path("/proc/self/status")
    found = re.search(r"VmHWM:\s+(\d+) kB", status.read_text()) if status.exists() else None
    return int(found[1]) / 1024 if found else 0.0


def measure_apart(folder: Path, latency: float) -> Cost:
    """The same in a process of its own, so that its memory is its own."""
    command = [sys.executable, "-m", "tests.bench.plan", str(folder), str(latency)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, cwd=TOP)
    if ran.returncode:
        sys.exit(ran.stderr)
    found = json.loads(ran.stdout)
    return Cost(**{**found, "rendered": tuple(found["rendered"])})


if __name__ == "__main__":
    print(json.dumps(asdict(measure(Path(sys.argv[1]), float(sys.argv[2])))))
