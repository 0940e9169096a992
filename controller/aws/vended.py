"""The stack of vended credentials in a silo's account, read with the reader role; never what is in a secret."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

from controller.aws.client import Clients
from controller.aws.errors import code_of, observed
from controller.model.errors import AwsError
from controller.model.live import LiveResource, Place
from controller.model.observed import Observed
from controller.model.ownership import PARTNERS_SECRETS, READER_ROLE, TAG_SHOWN, VENDED_STACK, role_arn
from controller.model.vended import METADATA, ChangeSet, VendedStack, fault

REVIEW = "REVIEW_IN_PROGRESS"  # has no template of its own yet
WAITING = frozenset({"AVAILABLE", "UNAVAILABLE"})  # execution states of a change set that nobody carried out


class AwsVended:
    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def _api(self, service: str, place: Place) -> Any:
        return self._clients.of(service, place.region, role_arn(place.account, READER_ROLE))

    def vended(self, place: Place, silo: str) -> Observed[VendedStack]:
        def read() -> VendedStack:
            api = self._api("cloudformation", place)
            stack = api.describe_stacks(StackName=VENDED_STACK)["Stacks"][0]
            template = _template(api) if stack["StackStatus"] != REVIEW else {}
            if wrong := fault(template):
                raise AwsError(f"stack {VENDED_STACK} is not as a web app writes it: {wrong}", service="cloudformation")
            return VendedStack(
                stack["StackStatus"],
                stack.get("StackStatusReason", ""),
                tuple(sorted(one["ParameterKey"] for one in stack.get("Parameters", ()))),
                template,
                tuple(_resources(api)),
                tuple(_change_sets(api)),
                frozenset(self._unseen(place, silo, template)),
            )

        return observed("cloudformation", frozenset({"ValidationError"}), read)

    def _unseen(self, place: Place, silo: str, template: Mapping[str, Any]) -> Iterator[str]:
        """The web app marks a secret with the serial of the key that it showed."""
        api = self._api("secretsmanager", place)
        for name, said in template.get("Metadata", {}).get(METADATA, {}).items():
            try:
                secret = api.describe_secret(SecretId=f"{PARTNERS_SECRETS}{silo}/vended-{name}")
            except ClientError as error:
                if code_of(error) != "ResourceNotFoundException":
                    raise
                continue
            mark = next((tag["Value"] for tag in secret.get("Tags") or () if tag["Key"] == TAG_SHOWN), "")
            if mark.partition(" ")[0] != str(said.get("serial", 0)):
                yield name


def _template(api: Any) -> dict[str, Any]:
    body = api.get_template(StackName=VENDED_STACK, TemplateStage="Original")["TemplateBody"]
    try:
        parsed = json.loads(body) if isinstance(body, str) else body
    except ValueError:
        parsed = None
    if not isinstance(parsed, dict):
        raise AwsError(f"stack {VENDED_STACK} is not as a web app writes it: no JSON", service="cloudformation")
    return {str(key): value for key, value in parsed.items()}


def _resources(api: Any) -> Iterator[LiveResource]:
    for page in api.get_paginator("list_stack_resources").paginate(StackName=VENDED_STACK):
        for one in page["StackResourceSummaries"]:
            physical = one.get("PhysicalResourceId", "")
            yield LiveResource(one["LogicalResourceId"], physical, one["ResourceType"], one["ResourceStatus"])


def _change_sets(api: Any) -> Iterator[ChangeSet]:
    for page in api.get_paginator("list_change_sets").paginate(StackName=VENDED_STACK):
        for one in page["Summaries"]:
            if one["ExecutionStatus"] in WAITING:
                yield ChangeSet(one["ChangeSetName"], _when(one["CreationTime"]))


def _when(time: datetime) -> str:
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
