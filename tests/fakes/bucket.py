"""A code bucket in memory.

Says what S3 says: ETags are opaque (as with SSE-KMS), every put is a new version, a delete leaves a marker over which
a put of "only where there is none" succeeds (S3 user guide, conditional requests). A bucket that is not `made` reads
as absent and refuses writes. Built in: `unreadable` (why, by `list` or by key), and `races`: what somebody else does
to a key just before our next put of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from threading import RLock

from controller.model.errors import AwsError
from controller.model.observed import Absent, Observed, Present, Unreadable
from controller.model.world import Stored


class FakeBucket:
    def __init__(self, region: str, writes: list[str], made: bool = True) -> None:
        self.region = region
        self.made = made
        self.writes = writes
        self.reads: list[str] = []
        self.unreadable: dict[str, str] = {}
        self.races: dict[str, Callable[[], object]] = {}
        self._versions: dict[str, list[Stored | None]] = {}
        self._count = 0
        self._lock = RLock()

    def list(self, prefix: str) -> Observed[Mapping[str, Stored]]:
        self.reads.append(f"list {prefix}")
        if "list" in self.unreadable:
            return Unreadable(self.unreadable["list"])
        if not self.made:
            return Absent()
        with self._lock:
            heads = {key: self._newest(key) for key in sorted(self._versions) if key.startswith(prefix)}
        return Present({key: Stored(key, head.etag) for key, head in heads.items() if head is not None})

    def get(self, key: str, version: str = "") -> Observed[Stored]:
        self.reads.append(f"get {key}")
        if key in self.unreadable:
            return Unreadable(self.unreadable[key])
        with self._lock:
            kept = [one for one in self._versions.get(key, []) if one is not None and one.version == version]
            found = (kept[0] if kept else None) if version else self._newest(key)
        return Present(found) if found is not None and self.made else Absent()

    def put(self, key: str, content: bytes, replaces: str | None) -> Stored | None:
        if key in self.races:
            self.races.pop(key)()
        if not self.made:
            raise AwsError(f"NoSuchBucket (s3:PutObject): {key}", service="s3", operation="PutObject", code="404")
        with self._lock:
            newest = self._newest(key)
            self.writes.append(f"put {self.region}/{key}")
            if replaces != (newest.etag if newest else None):
                return None
            return self.write(key, content)

    def delete(self, key: str, etag: str) -> bool:
        with self._lock:
            newest = self._newest(key)
            self.writes.append(f"delete {self.region}/{key}")
            if newest is None or newest.etag != etag:
                return False
            self._versions[key].append(None)
            return True

    def write(self, key: str, content: bytes) -> Stored:
        """What somebody does who asks no condition: a person, or another tool."""
        with self._lock:
            self._count += 1
            made = Stored(key, f"etag-{self._count}", f"version-{self._count}", content)
            self._versions.setdefault(key, []).append(made)
            return made

    def remove(self, key: str) -> None:
        self._versions[key].append(None)

    def forget(self, key: str) -> None:
        """As a lifecycle rule or a person deletes it, with every version."""
        del self._versions[key]

    def expire(self, key: str, version: str) -> None:
        """As the bucket's rule deletes a version that is not the newest."""
        self._versions[key] = [one for one in self._versions[key] if one is None or one.version != version]

    def objects(self) -> dict[str, bytes]:
        """What is there now, by key."""
        heads = {key: self._newest(key) for key in sorted(self._versions)}
        return {key: head.content for key, head in heads.items() if head is not None}

    def _newest(self, key: str) -> Stored | None:
        versions = self._versions.get(key)
        return versions[-1] if versions else None
