"""The master's CloudFormation stacks in memory.

A creation that fails leaves ROLLBACK_COMPLETE, which can only be deleted; an update that fails goes back to what was
there (CloudFormation user guide, stack status codes). A write waits for an operation under way. Built in:
`unreadable` (why, by region), `fails` (resource and reason, by region, once), and `made`, told of each region whose
stack stands: its resources are there from then on.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace

from controller.model.errors import StackFailed
from controller.model.observed import Absent, Observed, Present, Unreadable
from controller.model.world import Stack

STUCK = frozenset({"UPDATE_ROLLBACK_FAILED", "ROLLBACK_FAILED", "DELETE_FAILED"})


class FakeStacks:
    def __init__(self, writes: list[str]) -> None:
        self.writes = writes
        self.stacks: dict[str, Stack] = {}  # by region
        self.unreadable: dict[str, str] = {}
        self.fails: dict[str, tuple[str, str]] = {}
        self.ends_in: dict[str, str] = {}  # what an operation under way comes to; UPDATE_COMPLETE unless said
        self.made: Callable[[str], object] = lambda region: None

    def read(self, name: str, region: str) -> Observed[Stack]:
        if region in self.unreadable:
            return Unreadable(self.unreadable[region])
        found = self.stacks.get(region)
        return Absent() if found is None or found.status == "REVIEW_IN_PROGRESS" else Present(found)

    def write(
        self,
        name: str,
        region: str,
        template: bytes,
        parameters: Mapping[str, str],
        tags: Mapping[str, str],
        progress: Callable[[str], None],
    ) -> None:
        self._wait(region, progress)
        before = self.stacks.get(region)
        if before is not None and before.status in STUCK:
            raise StackFailed(name, before.status, "", "it is stuck")
        if before is not None and before.status == "ROLLBACK_COMPLETE":
            self.writes.append(f"delete stack {region}")
            del self.stacks[region]
            before = None
        body = json.loads(template)
        wanted = (body, dict(parameters), dict(tags))
        if before is not None and (before.template, dict(before.parameters), dict(before.tags)) == wanted:
            return
        self.writes.append(f"write stack {region}")
        progress("UPDATE_IN_PROGRESS" if before else "CREATE_IN_PROGRESS")
        if region in self.fails:
            resource, reason = self.fails.pop(region)
            status = "UPDATE_ROLLBACK_COMPLETE" if before else "ROLLBACK_COMPLETE"
            self.stacks[region] = replace(before, status=status) if before else Stack(status, reason, body, {}, {})
            raise StackFailed(name, status, resource, reason)
        self.stacks[region] = Stack(
            "UPDATE_COMPLETE" if before else "CREATE_COMPLETE",
            "",
            body,
            dict(parameters),
            {"Region": region},
            dict(tags),
        )
        progress(self.stacks[region].status)
        self.made(region)

    def settle(self, name: str, region: str, progress: Callable[[str], None]) -> None:
        self._wait(region, progress)
        found = self.stacks.get(region)
        if found is not None and ("FAILED" in found.status or found.status == "ROLLBACK_COMPLETE"):
            raise StackFailed(name, found.status, "", "it ended badly")

    def _wait(self, region: str, progress: Callable[[str], None]) -> None:
        found = self.stacks.get(region)
        if found is not None and found.status.endswith("_IN_PROGRESS") and found.status != "REVIEW_IN_PROGRESS":
            progress(found.status)
            self.stacks[region] = replace(found, status=self.ends_in.get(region, "UPDATE_COMPLETE"))
            self.made(region)
