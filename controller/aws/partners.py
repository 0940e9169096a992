"""Partners' users in a silo's account: read with the reader role, their keys ended with the role for that alone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from controller.aws.client import Clients
from controller.aws.errors import observed, translated
from controller.model.credential import LiveKey, LiveUser
from controller.model.live import Place
from controller.model.observed import Observed
from controller.model.ownership import PARTNER_PATH, READER_ROLE, REVOKER_ROLE, role_arn


class AwsPartners:
    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def users(self, place: Place) -> Observed[Sequence[LiveUser]]:
        def read() -> Sequence[LiveUser]:
            iam = self._clients.of("iam", place.region, role_arn(place.account, READER_ROLE))
            pages = iam.get_paginator("list_users").paginate(PathPrefix=PARTNER_PATH)
            return tuple(_user(iam, user) for page in pages for user in page["Users"])

        return observed("iam", frozenset(), read)

    def disable(self, place: Place, user: str, key: str) -> None:
        """Make a key inactive. Raises AwsError."""
        with translated("iam"):
            self._ender(place).update_access_key(UserName=user, AccessKeyId=key, Status="Inactive")

    def delete(self, place: Place, user: str, key: str) -> None:
        """Raises AwsError."""
        with translated("iam"):
            self._ender(place).delete_access_key(UserName=user, AccessKeyId=key)

    def _ender(self, place: Place) -> Any:
        return self._clients.of("iam", place.region, role_arn(place.account, REVOKER_ROLE))


def _user(iam: Any, user: dict[str, Any]) -> LiveUser:
    name = user["UserName"]
    tags = {tag["Key"]: tag["Value"] for tag in iam.list_user_tags(UserName=name)["Tags"]}
    keys = [_key(iam, key) for key in iam.list_access_keys(UserName=name)["AccessKeyMetadata"]]
    ordered = tuple(sorted(keys, key=lambda key: (key.created, key.id)))
    return LiveUser(name, user["Path"], tags, ordered, _when(user["CreateDate"]))


def _key(iam: Any, key: dict[str, Any]) -> LiveKey:
    """The last use is known to some hours (IAM API reference, GetAccessKeyLastUsed)."""
    used = iam.get_access_key_last_used(AccessKeyId=key["AccessKeyId"])["AccessKeyLastUsed"].get("LastUsedDate")
    last = _when(used) if used else ""
    return LiveKey(key["AccessKeyId"], key["Status"] == "Active", key["CreateDate"].astimezone(UTC).date(), last)


def _when(time: datetime) -> str:
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
