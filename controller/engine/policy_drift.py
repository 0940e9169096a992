"""Drift of policies, which CloudFormation does not detect (user guide, "Resource type support"): those of buckets, and
the lake's part of the catalog's.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from controller.diff.drift import DriftClass, Finding
from controller.diff.literal import StackFacts, UnresolvedError
from controller.diff.policy import differences
from controller.engine.found import Found
from controller.engine.silos import Silos
from controller.model.live import Place
from controller.model.observed import Absent, Present, Unreadable
from controller.publish.origin import Origin

BUCKET_POLICY = "AWS::S3::BucketPolicy"
CATALOG_POLICY = "Custom::LakeCatalogPolicy"
OURS = "Lake"  # how the Sids of the lake's statements in a catalog policy begin


@dataclass
class PolicyDrift:
    """Reads the policies of a silo's stacks, and puts down in `found` what differs from what was deployed.

    Who administers the silo's account decides what its templates say: nothing of them is printed bare in a command.
    """

    silos: Silos
    place: Place
    origin: Origin
    found: Found

    def catalog(self, nested: str, logical: str, properties: Mapping[str, object], facts: StackFacts) -> None:
        """Only the lake's statements are compared: the policy is other people's too."""
        address = self.origin.address(nested, logical)
        try:
            expected = facts.literal(properties["PolicyDocument"])
        except UnresolvedError as error:
            self.found.unreadable[address] = f"its expected policy cannot be told: {error}"
            return
        match self.silos.catalog_policy(self.place):
            case Unreadable(why):
                self.found.unreadable[address] = why
                return
            case Present(actual):
                there = _statements(actual)
            case Absent():
                there = []
        ours = [one for one in there if str(one.get("Sid", "")).startswith(OURS)]
        whole = [*(one for one in there if one not in ours), *expected["Statement"]]
        self.found.compared["catalog policies"] += 1
        if details := differences(expected, {**expected, "Statement": ours}):
            policy = shlex.quote(json.dumps({**expected, "Statement": whole}, sort_keys=True))
            self.found.findings.append(
                Finding(
                    DriftClass.POLICY_CHANGED,
                    address,
                    CATALOG_POLICY,
                    "has other statements of the lake than were deployed",
                    details,
                    reassert=self._there(
                        f"aws glue put-resource-policy --enable-hybrid TRUE --policy-in-json {policy}"
                    ),
                    accept="give the access by a Share manifest where it is meant, and put the policy back",
                    source=self.origin.source(nested, logical),
                )
            )

    def bucket(self, nested: str, logical: str, properties: Mapping[str, object], facts: StackFacts) -> None:
        address = self.origin.address(nested, logical)
        try:
            bucket = str(facts.literal(properties["Bucket"]))
            expected = facts.literal(properties["PolicyDocument"])
        except UnresolvedError as error:
            self.found.unreadable[address] = f"its expected policy cannot be told: {error}"
            return
        match self.silos.bucket_policy(self.place, bucket):
            case Unreadable(why):
                self.found.unreadable[address] = why
                return
            case Present(actual):
                details = differences(expected, actual)
                message = "is not the policy that was deployed"
            case Absent():
                details = differences(expected, None)
                message = "was taken off its bucket"
        self.found.compared["bucket policies"] += 1
        if details:
            policy = shlex.quote(json.dumps(expected, sort_keys=True))
            self.found.findings.append(
                Finding(
                    DriftClass.POLICY_CHANGED,
                    address,
                    BUCKET_POLICY,
                    message,
                    details,
                    reassert=self._there(
                        f"aws s3api put-bucket-policy --bucket {shlex.quote(bucket)} --policy {policy}"
                    ),
                    accept="give the access by a Share manifest where it is meant, and put the policy back",
                    source=self.origin.source(nested, logical),
                )
            )

    def _there(self, command: str) -> str:
        return f"{command} --region {self.place.region}  # in account {self.place.account}"


def _statements(policy: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """A policy of one statement may hold it without a list."""
    found = policy.get("Statement", [])
    return found if isinstance(found, list) else [found]
