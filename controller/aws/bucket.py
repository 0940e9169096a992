"""One region's code bucket, written only under the condition that it is still as it was read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from controller.aws.client import Clients
from controller.aws.errors import code_of, observed, translated
from controller.model.observed import Observed, Present, Unreadable
from controller.model.world import Stored

_GONE = frozenset({"NoSuchBucket", "NoSuchKey", "NoSuchVersion", "404", "NotFound"})
# Another write was under way; nothing says yet who won (S3 user guide, conditional writes).
_CONFLICT = frozenset({"ConditionalRequestConflict", "409"})
# Lost: the condition did not hold (412), or the object is gone (404 to If-Match).
_LOST = frozenset({"PreconditionFailed", "412", "NoSuchKey", "404", *_CONFLICT})


class AwsBucket:
    def __init__(self, clients: Clients, region: str, name: str) -> None:
        self._clients = clients
        self._region = region
        self._name = name

    @property
    def _api(self) -> Any:
        return self._clients.of("s3", self._region)

    def list(self, prefix: str) -> Observed[Mapping[str, Stored]]:
        def read() -> Mapping[str, Stored]:
            pages = self._api.get_paginator("list_objects_v2").paginate(Bucket=self._name, Prefix=prefix)
            return {
                entry["Key"]: Stored(entry["Key"], entry["ETag"].strip('"'))
                for page in pages
                for entry in page.get("Contents", [])
            }

        return observed("s3", _GONE, read)

    def get(self, key: str, version: str = "") -> Observed[Stored]:
        def read() -> Stored:
            which = {"VersionId": version} if version else {}
            answer = self._api.get_object(Bucket=self._name, Key=key, **which)
            return Stored(key, answer["ETag"].strip('"'), answer.get("VersionId", ""), answer["Body"].read())

        return observed("s3", _GONE, read)

    def put(self, key: str, content: bytes, replaces: str | None) -> Stored | None:
        with translated("s3"):
            try:
                return self._put(key, content, replaces)
            except ClientError as error:
                if code_of(error) not in _LOST:
                    raise
                refused = error
            if code_of(refused) in _CONFLICT:
                return self._again(key, content, replaces)
            return self._ours(key, content) if refused.response["ResponseMetadata"].get("RetryAttempts") else None

    def _put(self, key: str, content: bytes, replaces: str | None) -> Stored:
        condition = {"IfNoneMatch": "*"} if replaces is None else {"IfMatch": f'"{replaces}"'}
        answer = self._api.put_object(
            Bucket=self._name, Key=key, Body=content, ContentType=_content_type(key), **condition
        )
        return Stored(key, answer["ETag"].strip('"'), answer.get("VersionId", ""))

    def _again(self, key: str, content: bytes, replaces: str | None) -> Stored | None:
        """Once more where the object is as it was: the other write failed, or was another object's of that moment."""
        match self.get(key):
            case Present(stored) if stored.content == content:
                return stored
            case Present(stored) if stored.etag != replaces:
                return None
            case Unreadable():
                return None
        try:
            return self._put(key, content, replaces)
        except ClientError as error:
            if code_of(error) in _LOST:
                return None
            raise

    def _ours(self, key: str, content: bytes) -> Stored | None:
        """A write whose answer was lost is tried again by botocore, and then loses the race against itself."""
        match self.get(key):
            case Present(stored) if stored.content == content:
                return stored
            case _:
                return None

    def delete(self, key: str, etag: str) -> bool:
        with translated("s3"):
            try:
                self._api.delete_object(Bucket=self._name, Key=key, IfMatch=f'"{etag}"')
            except ClientError as error:
                if code_of(error) in _LOST:
                    return False
                raise
        return True


def _content_type(key: str) -> str:
    return "application/json" if key.endswith(".json") else "application/octet-stream"
