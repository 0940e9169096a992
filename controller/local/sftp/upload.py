"""An upload in parts, as a server on top of S3 has to make it: in order, and nothing is there before all of it is.

What a lost connection leaves is kept, and goes on when the same user opens the same file to append.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any

PART = 8 * 1024 * 1024  # bytes; S3 takes no part but the last below 5 MiB (S3 user guide, multipart limits)
AHEAD = 64 * 1024 * 1024  # bytes that may wait for ones before them

_lock = threading.Lock()
_left: dict[tuple[str, str, str], Upload] = {}  # user, bucket, key


class OutOfOrder(Exception):
    """A write somewhere else than at the end, which no object can take."""


@dataclass
class Upload:
    user: str
    bucket: str
    key: str
    size: int = 0
    _tail: bytearray = field(default_factory=bytearray)
    _parts: list[dict[str, Any]] = field(default_factory=list)
    _waiting: dict[int, bytes] = field(default_factory=dict)
    _id: str = ""

    def write(self, s3: Any, offset: int, data: bytes) -> None:
        """Clients send ahead, so pieces may come in another order than they are asked for. Raises OutOfOrder."""
        if offset < self.size or sum(map(len, self._waiting.values())) + len(data) > AHEAD:
            raise OutOfOrder(f"at {offset} of {self.size}")
        self._waiting[offset] = data
        while self.size in self._waiting:
            piece = self._waiting.pop(self.size)
            self._tail += piece
            self.size += len(piece)
            while len(self._tail) >= PART:
                self._part(s3, PART)

    def finish(self, s3: Any) -> None:
        if self._waiting:
            raise OutOfOrder("there is a gap")
        if not self._id:
            s3.put_object(Bucket=self.bucket, Key=self.key, Body=bytes(self._tail))
            return
        if self._tail:
            self._part(s3, len(self._tail))
        parts = {"Parts": self._parts}
        s3.complete_multipart_upload(Bucket=self.bucket, Key=self.key, UploadId=self._id, MultipartUpload=parts)

    def leave(self) -> None:
        """Keep what is here for whoever goes on."""
        self._waiting.clear()
        with _lock:
            _left[self.user, self.bucket, self.key] = self

    def _part(self, s3: Any, size: int) -> None:
        if not self._id:
            self._id = s3.create_multipart_upload(Bucket=self.bucket, Key=self.key)["UploadId"]
        place = {"Bucket": self.bucket, "Key": self.key, "UploadId": self._id, "PartNumber": len(self._parts) + 1}
        tag = s3.upload_part(**place, Body=bytes(self._tail[:size]))["ETag"]
        self._parts.append({"ETag": tag, "PartNumber": place["PartNumber"]})
        del self._tail[:size]


def left(user: str, bucket: str, key: str) -> Upload | None:
    """An upload that was interrupted."""
    with _lock:
        return _left.get((user, bucket, key))


def take(user: str, bucket: str, key: str) -> Upload | None:
    """The same, for whoever goes on with it."""
    with _lock:
        return _left.pop((user, bucket, key), None)


def forget() -> None:
    with _lock:
        _left.clear()
