"""Runs where parliament is: policies on stdin, what it finds on stdout, as JSON. It imports nothing of this project."""

from __future__ import annotations

import json
import sys
from typing import Any

from parliament import analyze_policy_string, enhance_finding  # type: ignore[import-not-found]


def main() -> None:
    found = []
    for document in json.load(sys.stdin):
        findings = analyze_policy_string(json.dumps(document)).findings
        found.append([_said(enhance_finding(one)) for one in findings])
    json.dump(found, sys.stdout)


def _said(finding: Any) -> list[str]:
    detail = finding.detail or finding.location
    return [finding.issue, f"{finding.title}: {json.dumps(detail, default=str)}"]


if __name__ == "__main__":
    main()
