"""Lifecycle, CORS and notification rules: templates and S3's interface say the same in different words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Rule = Mapping[str, Any]


def rule_to_api(rule: Rule) -> dict[str, Any]:
    expiration = _renamed(
        rule,
        {
            "ExpirationInDays": "Days",
            "ExpirationDate": "Date",
            "ExpiredObjectDeleteMarker": "ExpiredObjectDeleteMarker",
        },
    )
    noncurrent = rule.get("NoncurrentVersionExpiration")
    if "NoncurrentVersionExpirationInDays" in rule:
        noncurrent = {"NoncurrentDays": rule["NoncurrentVersionExpirationInDays"]}
    moves = [*rule.get("Transitions", ()), *([rule["Transition"]] if "Transition" in rule else ())]
    old_moves = [
        *rule.get("NoncurrentVersionTransitions", ()),
        *([rule["NoncurrentVersionTransition"]] if "NoncurrentVersionTransition" in rule else ()),
    ]
    made = {
        "ID": rule.get("Id"),
        "Status": rule["Status"],
        "Filter": _filter(rule),
        "Expiration": expiration or None,
        "NoncurrentVersionExpiration": noncurrent,
        "AbortIncompleteMultipartUpload": rule.get("AbortIncompleteMultipartUpload"),
        "Transitions": [
            _renamed(move, {"StorageClass": "StorageClass", "TransitionInDays": "Days", "TransitionDate": "Date"})
            for move in moves
        ]
        or None,
        "NoncurrentVersionTransitions": [
            _renamed(
                move,
                {
                    "StorageClass": "StorageClass",
                    "TransitionInDays": "NoncurrentDays",
                    "NewerNoncurrentVersions": "NewerNoncurrentVersions",
                },
            )
            for move in old_moves
        ]
        or None,
    }
    return {key: value for key, value in made.items() if value is not None}


def rule_from_api(rule: Rule) -> dict[str, Any]:
    expiration, chosen = rule.get("Expiration", {}), rule.get("Filter", {})
    chosen = {**chosen, **chosen.get("And", {})}
    tags = [*chosen.get("Tags", ()), *([chosen["Tag"]] if "Tag" in chosen else ())]
    found = {
        "Id": rule.get("ID"),
        "Status": rule.get("Status"),
        "Prefix": chosen.get("Prefix") or rule.get("Prefix") or None,
        "TagFilters": tags or None,
        "ObjectSizeGreaterThan": chosen.get("ObjectSizeGreaterThan"),
        "ObjectSizeLessThan": chosen.get("ObjectSizeLessThan"),
        "ExpirationInDays": expiration.get("Days"),
        "ExpirationDate": expiration.get("Date"),
        "ExpiredObjectDeleteMarker": expiration.get("ExpiredObjectDeleteMarker"),
        "NoncurrentVersionExpiration": rule.get("NoncurrentVersionExpiration"),
        "NoncurrentVersionExpirationInDays": rule.get("NoncurrentVersionExpiration", {}).get("NoncurrentDays"),
        "AbortIncompleteMultipartUpload": rule.get("AbortIncompleteMultipartUpload"),
        "Transitions": [
            _renamed(move, {"StorageClass": "StorageClass", "Days": "TransitionInDays", "Date": "TransitionDate"})
            for move in rule.get("Transitions", ())
        ],
        "NoncurrentVersionTransitions": [
            _renamed(
                move,
                {
                    "StorageClass": "StorageClass",
                    "NoncurrentDays": "TransitionInDays",
                    "NewerNoncurrentVersions": "NewerNoncurrentVersions",
                },
            )
            for move in rule.get("NoncurrentVersionTransitions", ())
        ],
    }
    return {key: value for key, value in found.items() if value is not None}


def _filter(rule: Rule) -> dict[str, Any]:
    parts = {key: rule[key] for key in ("Prefix", "ObjectSizeGreaterThan", "ObjectSizeLessThan") if key in rule}
    tags = list(rule.get("TagFilters", ()))
    if len(parts) + len(tags) > 1:
        return {"And": {**parts, **({"Tags": tags} if tags else {})}}
    return {"Tag": tags[0]} if tags else parts or {"Prefix": ""}


def cors_to_api(value: Rule) -> dict[str, Any]:
    return {"CORSRules": [_renamed(rule, CORS) for rule in value["CorsRules"]]}


def cors_from_api(found: Rule) -> dict[str, Any]:
    back = {name: key for key, name in CORS.items()}
    return {"CorsRules": [_renamed(rule, back) for rule in found.get("CORSRules", ())]}


CORS = {
    "Id": "ID",
    "AllowedHeaders": "AllowedHeaders",
    "AllowedMethods": "AllowedMethods",
    "AllowedOrigins": "AllowedOrigins",
    "ExposedHeaders": "ExposeHeaders",
    "MaxAge": "MaxAgeSeconds",
}


def events_to_api(value: Rule) -> dict[str, Any]:
    """Lambda, queue and topic targets and EventBridge; `Event` is one string in templates, a list in the interface."""
    made: dict[str, Any] = {}
    if (value.get("EventBridgeConfiguration") or {}).get("EventBridgeEnabled", "EventBridgeConfiguration" in value):
        made["EventBridgeConfiguration"] = {}
    for name, target, there, argument in (
        ("LambdaConfigurations", "Function", "LambdaFunctionConfigurations", "LambdaFunctionArn"),
        ("QueueConfigurations", "Queue", "QueueConfigurations", "QueueArn"),
        ("TopicConfigurations", "Topic", "TopicConfigurations", "TopicArn"),
    ):
        if name in value:
            made[there] = [_event(item, argument, target) for item in value[name]]
    return made


def _event(item: Rule, argument: str, target: str) -> dict[str, Any]:
    rules = item.get("Filter", {}).get("S3Key", {}).get("Rules", [])
    return {
        argument: item[target],
        "Events": [item["Event"]],
        **({"Filter": {"Key": {"FilterRules": rules}}} if rules else {}),
    }


def _renamed(value: Rule, names: Mapping[str, str]) -> dict[str, Any]:
    return {names[key]: item for key, item in value.items() if key in names}
