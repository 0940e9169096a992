"""What the embedded AWS did to each resource of a lake, beside what a plan said that it would."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from controller.local.clients import client
from controller.model.ownership import SILO_STACK, member_address
from controller.render.blueprint import Catalogue
from controller.render.values import parts
from controller.resolve.lake import Lake

Actions = dict[str, set[str]]  # words of a plan, by address


@dataclass
class Deployed:
    """Members of a lake whose accounts exist; asked again and again for what happened since the last time.

    Of the nested stacks, that is: what a root does to them follows from it.
    """

    members: tuple[str, ...]
    _places: dict[str, tuple[str, str]] = field(default_factory=dict)  # account and region, by address
    _parts: dict[tuple[str, str], str] = field(default_factory=dict)  # by the member's address and the logical id
    _made: dict[str, str] = field(default_factory=dict)  # physical ids
    _told: set[str] = field(default_factory=set)  # events

    def wanted(self, lake: Lake) -> None:
        """Learn the addresses of this lake too; those of what goes are known from before."""
        for name in self.members:
            member, address = lake.member(name), member_address(name)
            assert isinstance(member.account, str)
            self._places[address] = member.account, member.region
            for part in parts(lake, member, Catalogue.read()):
                self._parts[address, part.id] = f"{address}/{part.address}"

    def said(self, plan: Mapping[str, Any]) -> Actions:
        """What the plan's document says of resources in nested stacks."""
        below = tuple(f"{address}/" for address in self._parts.values())
        return {one["address"]: set(one["actions"]) for one in plan["changes"] if one["address"].startswith(below)}

    def happened(self) -> Actions:
        """Since the last time; as a plan words it, a replacement is a new one and the end of the old."""
        before, self._made = self._made, {}
        updated: set[str] = set()
        for address, (account, region) in self._places.items():
            cloudformation = client("cloudformation", account, region)
            for place, stack in self._stacks(address, cloudformation):
                for one in cloudformation.describe_stack_resources(StackName=stack)["StackResources"]:
                    self._made[f"{place}/{one['LogicalResourceId']}"] = one["PhysicalResourceId"]
                updated |= {f"{place}/{name}" for name in self._updated(cloudformation, stack)}
        return dict(_compared(before, self._made, updated))

    def _stacks(self, address: str, cloudformation: Any) -> Iterator[tuple[str, str]]:
        for one in cloudformation.describe_stack_resources(StackName=SILO_STACK)["StackResources"]:
            if "stack/" in one["PhysicalResourceId"]:
                yield self._parts[address, one["LogicalResourceId"]], one["PhysicalResourceId"]

    def _updated(self, cloudformation: Any, stack: str) -> set[str]:
        """By events, which come from the newest to the oldest."""
        found: set[str] = set()
        for page in cloudformation.get_paginator("describe_stack_events").paginate(StackName=stack):
            new = [event for event in page["StackEvents"] if event["EventId"] not in self._told]
            self._told |= {event["EventId"] for event in new}
            found |= {
                event["LogicalResourceId"]
                for event in new
                if event["ResourceStatus"] == "UPDATE_COMPLETE" and event["PhysicalResourceId"] != stack
            }
            if len(new) < len(page["StackEvents"]):
                break
        return found


def _compared(
    before: Mapping[str, str], after: Mapping[str, str], updated: Iterable[str]
) -> Iterator[tuple[str, set[str]]]:
    for address in sorted({*before, *after}):
        match before.get(address), after.get(address):
            case None, _:
                yield address, {"create"}
            case _, None:
                yield address, {"delete"}
            case old, new if old != new:
                yield address, {"create", "delete"}
            case _ if address in updated:
                yield address, {"update"}
