"""Decision cases of public tools' tests, kept beside the repository; without that folder there are none to run.

Their licences differ from ours, so nothing of them stands here. A case that allows where deny is expected fails at
once; of the others that are not disputed and need no service's special rules, 95 of 100 must be right.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from controller.access import Policies, Policy, PolicyInvalid, Principal, Request, decide, read

FOLDER = Path(__file__).parents[4] / "shared" / "iam-cases"
FILES = sorted(FOLDER.glob("*.json")) if FOLDER.is_dir() else []


def cases(path: Path) -> list[dict[str, Any]]:
    content = json.loads(path.read_text(encoding="utf-8"))
    found: list[dict[str, Any]] = content if isinstance(content, list) else content["cases"]
    return found


def answer(case: Mapping[str, Any]) -> str:
    asked, given = case["request"], case["policies"]
    who = asked["principal"]
    try:
        policies = Policies(
            identity=many(given["identity"]),
            resource=read(given["resource"]) if given["resource"] else None,
            boundary=read(given["boundary"]) if given["boundary"] else None,
            session=None if given["session"] is None else many(given["session"]),
            scps=levels(given["scps"]),
            rcps=levels(given["rcps"]),
        )
    except PolicyInvalid:
        return "deny"
    principal = Principal(
        kind=who["type"],
        arn=who.get("arn", ""),
        account=who.get("account", ""),
        role_arn=who.get("role_arn", ""),
        service=who.get("service", ""),
    )
    context = {key: tuple(value) if isinstance(value, list) else value for key, value in asked["context"].items()}
    resource = asked["resource"]
    return decide(Request(principal, asked["action"], resource["arn"], resource["account"], context), policies).verdict


def many(documents: list[Any]) -> tuple[Policy, ...]:
    return tuple(read(document) for document in documents)


def levels(given: list[list[Any]] | None) -> tuple[tuple[Policy, ...], ...] | None:
    return None if given is None else tuple(many(level) for level in given)


def test_public_cases_are_decided_as_their_tools_expect() -> None:
    right, counted, wrong, unsafe = 0, 0, [], []
    for path in FILES:
        for case in cases(path):
            if {"service-special", "disputed"} & {*case["tags"], *case}:
                continue
            got, expected = answer(case), case["expected"]["decision"]
            counted, right = counted + 1, right + (got == expected)
            wrong += [case["id"]] if got != expected else []
            unsafe += [case["id"]] if (got, expected) == ("allow", "deny") else []
    print(f"{right} of {counted} right; wrong: {wrong}" if FILES else f"there are no cases at {FOLDER.name}")

    assert not unsafe
    assert right >= 0.98 * counted, wrong
