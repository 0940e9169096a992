"""Athena operations that moto lacks: UpdateWorkGroup."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from moto.athena.responses import AthenaResponse

REMOVALS = {  # words for taking something away; Athena API reference, WorkGroupConfigurationUpdates
    "RemoveBytesScannedCutoffPerQuery": "BytesScannedCutoffPerQuery",
    "RemoveCustomerContentEncryptionConfiguration": "CustomerContentEncryptionConfiguration",
}
RESULT_REMOVALS = {
    "RemoveOutputLocation": "OutputLocation",
    "RemoveEncryptionConfiguration": "EncryptionConfiguration",
    "RemoveExpectedBucketOwner": "ExpectedBucketOwner",
    "RemoveAclConfiguration": "AclConfiguration",
}


def install() -> None:
    AthenaResponse.update_work_group = update_work_group


def update_work_group(response: Any) -> str:
    asked = json.loads(response.body)
    groups = response.athena_backend.work_groups
    group = groups.get(asked["WorkGroup"])
    if group is None:
        return str(response.error(f"WorkGroup {asked['WorkGroup']} is not found.", 400))
    group.description = asked.get("Description", group.description)
    group.state = asked.get("State", group.state)
    updates = dict(asked.get("ConfigurationUpdates", {}))
    if "ResultConfigurationUpdates" in updates:
        results = updates.pop("ResultConfigurationUpdates")
        group.configuration["ResultConfiguration"] = _merged(
            group.configuration.get("ResultConfiguration", {}), results, RESULT_REMOVALS
        )
    group.configuration = _merged(group.configuration, updates, REMOVALS)
    return "{}"


def _merged(now: Mapping[str, Any], updates: Mapping[str, Any], removals: Mapping[str, str]) -> dict[str, Any]:
    gone = {removals[key] for key, value in updates.items() if key in removals and value}
    merged = {**now, **{key: value for key, value in updates.items() if key not in removals}}
    return {key: value for key, value in merged.items() if key not in gone}
