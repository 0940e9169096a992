"""How long a piece of a template is once CloudFormation has put in what only it knows: never measured too short."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from controller.model.bundle import canonical

PSEUDO: Mapping[str, str] = {
    "AWS::AccountId": "0" * 12,
    "AWS::Partition": "aws-us-gov",
    "AWS::Region": "ap-northeast-1",
    "AWS::URLSuffix": "amazonaws.com",
    "OrganizationId": "o-" + "x" * 10,
}
BUCKET = "x" * 63  # S3 user guide, bucket naming rules
UNIT = "Unit"  # begins the parameters that hold a unit's path (controller/model/facts.py)
DEEPEST = 5  # levels of units below the root; Organizations user guide, quotas
OTHER = "x" * 110  # an ARN, such as that of a role in a nested stack, which is longer than any name
_INSIDE = re.compile(r"\$\{([^!}][^}]*)\}")


def unit_path(depth: int) -> str:
    """Of a unit so many levels below the root, and of all below it; ids as long as AWS gives them out."""
    return "/".join(("o-" + "x" * 10, "r-" + "x" * 4, *(["ou-" + "x" * 4 + "-" + "x" * 8] * depth), "*"))


@dataclass(frozen=True, slots=True)
class Ruler:
    """For pieces of one template, whose buckets have names of their own."""

    resources: Mapping[str, Any]

    def characters(self, value: Any) -> int:
        """Of the value as JSON without spaces."""
        return len(canonical(self._resolved(value)))

    def _resolved(self, node: Any) -> Any:
        match node:
            case {"Ref": str(name)} if len(node) == 1:
                return self._value(name)
            case {"Fn::GetAtt": [str(name), str(attribute)]} if len(node) == 1:
                return self._value(f"{name}.{attribute}")
            case {"Fn::Sub": str(text)} if len(node) == 1:
                return _INSIDE.sub(lambda found: self._value(found[1]), text)
            case dict():
                return {key: self._resolved(value) for key, value in node.items()}
            case list():
                return [self._resolved(value) for value in node]
        return node

    def _value(self, name: str) -> str:
        if name in PSEUDO:
            return PSEUDO[name]
        if name.startswith(UNIT):
            return unit_path(DEEPEST)
        if name.endswith("Bucket"):
            return self._bucket(name)
        if name.endswith("Bucket.Arn"):
            return f"arn:{PSEUDO['AWS::Partition']}:s3:::{self._bucket(name.removesuffix('.Arn'))}"
        return OTHER

    def _bucket(self, name: str) -> str:
        given = self.resources.get(name, {}).get("Properties", {}).get("BucketName", BUCKET)
        return str(self._resolved(given))
