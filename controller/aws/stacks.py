"""CloudFormation stacks of the master account, written by change sets so that a lost race is seen."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from botocore.exceptions import ClientError

from controller.aws.client import Clients
from controller.aws.document import document
from controller.aws.errors import code_of, observed, translated
from controller.aws.waiting import pauses
from controller.model.errors import AwsError, StackFailed
from controller.model.observed import Observed
from controller.model.ownership import MANAGED_BY, TAG_MANAGED_BY
from controller.model.world import Stack

INLINE_BYTES = 51_200  # a template passed in the call itself (CloudFormation quotas)
REVIEW = "REVIEW_IN_PROGRESS"  # only a change set for its creation: not a stack yet
CLEANUP = "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"  # the new resources are live, the stack is still busy
_GONE = frozenset({"ValidationError"})
_NOTHING = ("didn't contain changes", "No updates are to be performed")
_GOOD = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE", CLEANUP)


class AwsStacks:
    def __init__(self, clients: Clients, sleep: Callable[[float], None] = time.sleep) -> None:
        self._clients = clients
        self._sleep = sleep

    def _api(self, region: str) -> Any:
        return self._clients.of("cloudformation", region)

    def read(self, name: str, region: str) -> Observed[Stack]:
        return observed("cloudformation", _GONE, lambda: self._read(name, region))

    def _read(self, name: str, region: str) -> Stack:
        stack = self._describe(name, region)
        body = self._api(region).get_template(StackName=name, TemplateStage="Original")["TemplateBody"]
        return Stack(
            stack["StackStatus"],
            stack.get("StackStatusReason", ""),
            document(body, f"stack {name}"),
            {p["ParameterKey"]: p["ParameterValue"] for p in stack.get("Parameters", [])},
            {o["OutputKey"]: o["OutputValue"] for o in stack.get("Outputs", [])},
            {t["Key"]: t["Value"] for t in stack.get("Tags", [])},
        )

    def _describe(self, name: str, region: str) -> dict[str, Any]:
        stack: dict[str, Any] = self._api(region).describe_stacks(StackName=name)["Stacks"][0]
        if stack["StackStatus"] == REVIEW:
            raise ClientError({"Error": {"Code": "ValidationError", "Message": "in review"}}, "DescribeStacks")
        return stack

    def settle(self, name: str, region: str, progress: Callable[[str], None]) -> None:
        with translated("cloudformation"):
            status = self._wait(name, region, progress, busy=(CLEANUP,))
        if status and status not in _GOOD and status != "UPDATE_ROLLBACK_COMPLETE":
            raise self._failure(name, region, status)

    def _wait(
        self, name: str, region: str, progress: Callable[[str], None], busy: Sequence[str] = (), executed: bool = False
    ) -> str:
        """The settled status; empty when there is no such stack.

        `busy` are states to wait through besides those in progress. After the execution of a change set the stack is
        seen in review for a moment more; before it, that is no operation under way.
        """
        said = ""
        pause = pauses()
        while True:
            status = self._status(name, region)
            if status and status != said:
                progress(status)
                said = status
            reviewed = status == REVIEW and executed
            if not reviewed and (not status.endswith("_IN_PROGRESS") or status in {*_GOOD, REVIEW} - set(busy)):
                return "" if status == REVIEW else status
            self._sleep(next(pause))

    def _status(self, name: str, region: str) -> str:
        try:
            return str(self._api(region).describe_stacks(StackName=name)["Stacks"][0]["StackStatus"])
        except ClientError as error:
            if code_of(error) in _GONE:
                return ""
            raise

    def write(
        self,
        name: str,
        region: str,
        template: bytes,
        parameters: Mapping[str, str],
        tags: Mapping[str, str],
        progress: Callable[[str], None],
    ) -> None:
        if len(template) > INLINE_BYTES:
            raise AwsError(
                f"the template of stack {name} has {len(template)} bytes; CloudFormation takes {INLINE_BYTES}"
            )
        with translated("cloudformation"):
            status = self._wait(name, region, progress, busy=(CLEANUP,))
            if status == "ROLLBACK_COMPLETE":
                self._refuse_foreign(name, region)
                self._api(region).delete_stack(StackName=name)
                status = self._wait(name, region, progress)
                if status not in ("", "DELETE_COMPLETE"):
                    raise self._failure(name, region, status)
                status = ""
            if self._prepare(name, region, template, parameters, tags, "UPDATE" if status else "CREATE"):
                self._api(region).execute_change_set(StackName=name, ChangeSetName=_name(template, parameters, tags))
                after = self._wait(name, region, progress, executed=True)
                if after not in _GOOD:
                    raise self._failure(name, region, after)

    def _refuse_foreign(self, name: str, region: str) -> None:
        """We delete only what carries our mark."""
        tags = self._api(region).describe_stacks(StackName=name)["Stacks"][0].get("Tags", [])
        if {"Key": TAG_MANAGED_BY, "Value": MANAGED_BY} not in tags:
            raise StackFailed(
                name, "ROLLBACK_COMPLETE", "", "siloctl did not make it: delete it yourself, if it may go"
            )

    def _prepare(
        self, name: str, region: str, template: bytes, parameters: Mapping[str, str], tags: Mapping[str, str], kind: str
    ) -> bool:
        """Make the change set; False where AWS finds nothing to change."""
        api, change_set = self._api(region), _name(template, parameters, tags)
        # A change set of this name may be left from a run that died; it may have failed, so it is made anew.
        # Deleting one that is not there succeeds, but a stack that is not there is refused.
        if kind == "UPDATE" or self._status(name, region) == REVIEW:
            api.delete_change_set(StackName=name, ChangeSetName=change_set)
        api.create_change_set(
            StackName=name,
            ChangeSetName=change_set,
            ChangeSetType=kind,
            TemplateBody=template.decode(),
            Parameters=[{"ParameterKey": k, "ParameterValue": v} for k, v in sorted(parameters.items())],
            Tags=[{"Key": k, "Value": v} for k, v in sorted(tags.items())],
            Capabilities=["CAPABILITY_NAMED_IAM"],
            Description="siloctl apply",
        )
        pause = pauses()
        while True:
            made = api.describe_change_set(StackName=name, ChangeSetName=change_set)
            if made["Status"] == "FAILED":
                reason = made.get("StatusReason", "")
                api.delete_change_set(StackName=name, ChangeSetName=change_set)
                if any(words in reason for words in _NOTHING):
                    return False
                raise StackFailed(name, "not changed", "change set", reason)
            if made["Status"] == "CREATE_COMPLETE":
                return True
            self._sleep(next(pause))

    def _failure(self, name: str, region: str, status: str) -> StackFailed:
        """The newest operation's first failure: the later ones are mostly its echo."""
        resource, reason = "", ""
        for page in self._api(region).get_paginator("describe_stack_events").paginate(StackName=name):
            for event in page["StackEvents"]:
                own = event["PhysicalResourceId"] == event["StackId"]
                if own and event["ResourceStatus"] in (
                    "CREATE_IN_PROGRESS",
                    "UPDATE_IN_PROGRESS",
                    "DELETE_IN_PROGRESS",
                ):
                    return StackFailed(name, status, resource, reason or "no reason was given")
                said = event.get("ResourceStatusReason", "")
                if event["ResourceStatus"].endswith("_FAILED") and said and "cancelled" not in said:
                    resource, reason = ("" if own else event["LogicalResourceId"]), said
        return StackFailed(name, status, resource, reason or "no reason was given")


def _name(template: bytes, parameters: Mapping[str, str], tags: Mapping[str, str]) -> str:
    content = hashlib.sha256(template + json.dumps([sorted(parameters.items()), sorted(tags.items())]).encode())
    return f"siloctl-{content.hexdigest()[:16]}"
