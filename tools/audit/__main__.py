"""`python -m tools.audit CHECKERS`: 0 where every finding has its reason and every reason its finding, else 1."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from controller.render.blueprint import Catalogue
from tools.audit.policies import Policy, policies
from tools.audit.reasons import Reason, written
from tools.audit.templates import Judged, templates

JUDGE = Path(__file__).parent / "judge.py"


@dataclass(frozen=True, slots=True)
class Finding:
    template: str
    resource: str
    check: str
    says: str


def main(arguments: list[str]) -> int:
    if len(arguments) != 1 or not (Path(arguments[0]) / "bin").is_dir():
        sys.stderr.write("usage: python -m tools.audit FOLDER, the environment with checkov and parliament in it\n")
        return 64
    programs = Path(arguments[0]) / "bin"
    judged = tuple(templates())
    reasons = written(Catalogue.read().files)
    left, stale = compare(judged, (*checkov(programs, judged), *parliament(programs, judged)), reasons)
    for finding in left:
        sys.stdout.write(f"{finding.template}: {finding.resource}: {finding.check}: {finding.says}\n")
    for reason in stale:
        sys.stdout.write(f"{reason.place}: nothing finds {reason.check} here any more: take the reason away\n")
    counted = sum(1 for one in judged for _ in policies(one.body))
    sys.stdout.write(f"{len(judged)} templates, {counted} policies, {len(reasons)} reasons: ")
    sys.stdout.write(f"{len(left)} findings without a reason, {len(stale)} reasons without a finding\n")
    return 1 if left or stale else 0


def compare(
    judged: Iterable[Judged], findings: Iterable[Finding], reasons: Iterable[Reason]
) -> tuple[list[Finding], list[Reason]]:
    """What has no reason, and the reasons that are not needed: by no template at all, or in one that is never made."""
    beside: Mapping[tuple[str, str], tuple[Reason, ...]] = {
        (one.name, resource): found for one in judged for resource, found in one.reasons.items()
    }
    needed: set[Reason] = set()
    left = []
    for finding in findings:
        found = [one for one in beside.get((finding.template, finding.resource), ()) if one.check == finding.check]
        needed.update(found)
        if not found:
            left.append(finding)
    return left, [reason for reason in reasons if reason not in needed]


def checkov(programs: Path, judged: Iterable[Judged]) -> Iterator[Finding]:
    options = ("--framework", "cloudformation", "--skip-download", "--quiet", "--compact", "--output", "json")
    with tempfile.TemporaryDirectory() as place:
        for one in judged:
            path = Path(place, f"{one.name}.json")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(one.content)
        command = [str(programs / "checkov"), *options, "--soft-fail", "--directory", place]
        ran = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    report = json.loads(ran.stdout)
    if report["summary"]["parsing_errors"]:
        raise SystemExit(f"checkov could not read {report['results']['parsing_errors']}")
    for failed in report["results"]["failed_checks"]:
        name = failed["file_path"].lstrip("/").removesuffix(".json")
        yield Finding(name, failed["resource"].rpartition(".")[2], failed["check_id"], failed["check_name"])


def parliament(programs: Path, judged: Iterable[Judged]) -> Iterator[Finding]:
    held: list[tuple[str, Policy]] = [(one.name, policy) for one in judged for policy in policies(one.body)]
    asked = json.dumps([policy.document for _, policy in held]).encode()
    ran = subprocess.run(
        [str(programs / "python"), "-W", "ignore", str(JUDGE)], input=asked, stdout=subprocess.PIPE, check=True
    )
    answers: list[list[list[Any]]] = json.loads(ran.stdout)
    for (name, policy), found in zip(held, answers, strict=True):
        yield from (Finding(name, policy.resource, check, f"{policy.place}: {says}") for check, says in found)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
