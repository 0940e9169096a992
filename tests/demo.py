"""`make demo`: the whole loop on the embedded AWS. Every step is checked; the first that comes out wrong ends it."""

from __future__ import annotations

import io
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

from controller.cli import run
from controller.cli.exit import Exit
from controller.report.terminal import Color, Terminal

MANIFESTS = Path(__file__).resolve().parents[1] / "manifests"
WAIT = ("--wait", "--timeout", "300s")
OPENED = "acme-sales-raw-200000000001"
BY_HAND = {
    "Sid": "JustForToday",
    "Effect": "Allow",
    "Principal": {"AWS": "arn:aws:iam::555555555555:root"},
    "Action": "s3:GetObject",
    "Resource": f"arn:aws:s3:::{OPENED}/*",
}


class Wrong(Exception):
    """A step did not come out as it should."""


class Tee(io.TextIOBase):
    """Passes on what is written and keeps a copy; a terminal stays a terminal."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self.kept: list[str] = []

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self.stream.encoding or "utf-8"

    def isatty(self) -> bool:
        return self.stream.isatty()

    def fileno(self) -> int:
        return self.stream.fileno()

    def write(self, text: str) -> int:
        written = self.stream.write(text)
        self.kept.append(text)
        return written

    def flush(self) -> None:
        self.stream.flush()


def heading(text: str) -> None:
    print("\n" + Terminal.of(sys.stdout).paint(f"== {text}", Color.BOLD, Color.CYAN), flush=True)


def siloctl(*arguments: str, exits: Exit = Exit.OK, says: tuple[str, ...] = ()) -> str:
    """Run one command as a user would, and check its exit status and some of what it said."""
    print(Terminal.of(sys.stdout).paint(f"$ siloctl {' '.join(arguments)}", Color.BOLD), flush=True)
    out, err = Tee(sys.stdout), Tee(sys.stderr)
    with redirect_stdout(out), redirect_stderr(err):
        status = run(arguments)
    said = "".join(out.kept)
    if status != exits:
        raise Wrong(f"siloctl {arguments[0]} exited {int(status)}, not {int(exits)}")
    for words in says:
        if words not in said + "".join(err.kept):
            raise Wrong(f"siloctl {arguments[0]} did not say {words!r}")
    return said


@contextmanager
def embedded_lake(folder: Path) -> Iterator[None]:
    """An embedded AWS for the manifests in `folder`, and nothing else of AWS in this process's environment."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    from controller.engine.validate import load_lake
    from controller.load.places import blueprints
    from controller.local.server.embedded import EmbeddedAws

    lake, _ = load_lake(folder, blueprints(), datetime.now(UTC).date())
    with EmbeddedAws(lake) as embedded:
        os.environ.update(embedded.environment)
        yield


def edit_buffer() -> None:
    _edit("flows/orders.yaml", "buffer: {seconds: 300", "buffer: {seconds: 600")
    print("manifests/flows/orders.yaml: buffer: {seconds: 300, …} becomes {seconds: 600, …}")


def shorten_bake() -> None:
    """Nobody waits ten minutes for a demo."""
    _edit("organization.yaml", "bake: 10m", "bake: 3s")
    print("manifests/organization.yaml: bake: 10m becomes 3s, for this demo")


def _edit(manifest: str, before: str, after: str) -> None:
    path = Path("manifests") / manifest
    text = path.read_text()
    if before not in text:
        raise Wrong(f'{path} has no "{before}" to edit')
    path.write_text(text.replace(before, after))


def policy_of(bucket: str, change: Callable[[list[Any]], object]) -> None:
    """Somebody with access to the silo's account, past git."""
    from controller.local.clients import client

    s3: Any = client("s3", "200000000001", "eu-west-1")
    policy = json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])
    change(policy["Statement"])
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))


def remove_partner() -> None:
    Path("manifests/partners/marketpulse.yaml").unlink()
    print("manifests/partners/marketpulse.yaml is deleted")


def story() -> None:
    heading("1. Are the manifests in order? (offline)")
    shorten_bake()
    siloctl("validate", says=("valid",))

    heading("2. What would the first apply do?")
    siloctl("plan", "--detailed-exitcode", exits=Exit.CHANGES, says=("account/manufacturing will be created",))

    heading("3. Apply, and watch silos and consumer turn healthy; one account is created on the way")
    members = ("silo/finance", "silo/logistics", "silo/manufacturing", "silo/sales", "consumer/group-analytics")
    turned = tuple(f"{one} is Synced, Healthy" for one in members)
    siloctl("apply", "--yes", *WAIT, says=() if sys.stderr.isatty() else ("Apply complete", *turned))
    siloctl("status", says=("4 silos and 1 consumer, all Synced and Healthy.",))

    heading("4. Plan again, and look for drift")
    siloctl("plan", "--detailed-exitcode", exits=Exit.OK, says=("No changes.",))
    siloctl("drift", "--detailed-exitcode", exits=Exit.OK, says=("No drift.",))

    heading("5. One value is edited")
    edit_buffer()
    said = siloctl("plan", "--detailed-exitcode", exits=Exit.CHANGES, says=("300 -> 600", "0 to add, 1 to change"))
    if len(said.splitlines()) != 3:
        raise Wrong("the plan of one edited value has not three lines")
    siloctl("apply", "--yes", *WAIT, says=("Apply complete",))

    heading("6. Somebody changes a bucket policy by hand")
    policy_of(OPENED, lambda statements: statements.append(BY_HAND))
    print(f"{OPENED}: account 555555555555 may now read every object")
    siloctl("drift", "--detailed-exitcode", exits=Exit.CHANGES, says=("JustForToday", "Drift: 1 found."))
    policy_of(OPENED, lambda statements: statements.remove(BY_HAND))

    heading("7. A partner is let go: nothing of it is deleted before somebody has agreed to each by name")
    remove_partner()
    destroyed = ("MarketpulseUser will be destroyed", "1. canary    sales", "logistics")
    said = siloctl("plan", "--detailed-exitcode", exits=Exit.BLOCKED, says=destroyed)
    allowed = [word for line in said.splitlines() if "pass --allow" in line for word in line.split()[-2:]]
    siloctl("apply", "--yes", *WAIT, *allowed, says=("Apply complete",))
    siloctl("plan", "--detailed-exitcode", exits=Exit.OK, says=("No changes.",))
    siloctl("partner", "list", says=("1 credential, all well.",))


def main() -> int:
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="siloctl-demo-") as folder:
        shutil.copytree(MANIFESTS, Path(folder) / "manifests")
        os.chdir(folder)
        try:
            with embedded_lake(Path("manifests")):
                story()
        except Wrong as wrong:
            print(f"\nThe demo went wrong: {wrong}", file=sys.stderr)
            return 1
        finally:
            os.chdir(MANIFESTS.parent)
    heading(f"Done in {time.monotonic() - begun:.0f} s")
    print(
        "Next: edit manifests/ and run it yourself:\n"
        "  .venv/bin/siloctl validate\n"
        "  .venv/bin/siloctl local run -- siloctl plan\n"
        "  .venv/bin/siloctl local up          a lake to play with; prints what to export\n"
        "  make test                           everything that is promised here, tested\n"
        "README.md tells the rest; docs/architecture.md has the picture."
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
