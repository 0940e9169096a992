"""File operations of one SFTP session as calls to S3, with nothing but the session's own credentials."""

from __future__ import annotations

import asyncio
import stat
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import asyncssh
from botocore.exceptions import ClientError

from controller.local.sftp import upload
from controller.local.sftp.login import Server, Session
from controller.local.sftp.refusals import Refusals
from controller.local.sftp.upload import OutOfOrder, Upload

DENIED, MISSING = ("AccessDenied", "403"), ("NoSuchKey", "NoSuchBucket", "404")
READ, WRITE, APPEND, EXCLUSIVE = asyncssh.FXF_READ, asyncssh.FXF_WRITE, asyncssh.FXF_APPEND, asyncssh.FXF_EXCL
TRUNCATE = asyncssh.FXF_TRUNC

Answer = TypeVar("Answer")


@dataclass
class Reading:
    key: str


@dataclass
class Writing:
    upload: Upload
    appends: bool  # whether offsets are to be ignored: everything goes to the end
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def key(self) -> str:
        return self.upload.key


class Files(Refusals):
    """Each answer that refuses is in the server's log, with its reason, by the object's key and SFTP's own verb."""

    def __init__(self, channel: Any, server: Server, session: Session, lost: Callable[[], bool]) -> None:
        super().__init__(channel, server, session)
        self._s3, self._home, self._lost = session.s3, session.home, lost

    async def realpath(self, path: bytes) -> bytes:
        return self._path("REALPATH", path).encode()

    async def stat(self, path: bytes) -> Any:
        key = self._key("STAT", path)
        return await self._call("STAT", key, self._stat, key, key == self._home.prefix)

    lstat = stat

    async def scandir(self, path: bytes) -> AsyncIterator[Any]:
        key = self._key("OPENDIR", path)
        for name, attributes in await self._call("OPENDIR", key, self._names, f"{key}/", key == self._home.prefix):
            yield asyncssh.SFTPName(name.encode(), attrs=attributes)

    async def open(self, path: bytes, pflags: int, attrs: Any) -> Reading | Writing:
        key = self._key("OPEN", path)
        if pflags & WRITE or pflags & APPEND:
            return await self._call("OPEN", key, self._opened, key, pflags)
        await self._call("OPEN", key, self._s3.head_object)
        return Reading(key)

    async def read(self, file_obj: Any, offset: int, size: int) -> bytes:
        if not isinstance(file_obj, Reading):
            raise self._refusal("READ", file_obj.key, asyncssh.SFTPPermissionDenied("it is open for writing"))
        return await self._call("READ", file_obj.key, self._part_of, file_obj.key, offset, size)

    async def write(self, file_obj: Any, offset: int, data: bytes) -> int:
        if not isinstance(file_obj, Writing):
            raise self._refusal("WRITE", file_obj.key, asyncssh.SFTPPermissionDenied("it is open for reading"))
        async with file_obj.turn:
            at = file_obj.upload.size if file_obj.appends else offset
            await self._call("WRITE", file_obj.key, file_obj.upload.write, self._s3, at, data)
        return len(data)

    async def close(self, file_obj: Any) -> None:
        """A file that is closed is whole; one whose connection went away is not."""
        if not isinstance(file_obj, Writing):
            return
        async with file_obj.turn:
            if self._lost():
                file_obj.upload.leave()
                return
            await self._call("CLOSE", file_obj.key, file_obj.upload.finish, self._s3)
        self._server.log("CLOSE", user=self._session.user, path=file_obj.key)

    async def fstat(self, file_obj: Any) -> Any:
        if isinstance(file_obj, Writing):
            return _file(file_obj.upload.size)
        head = await self._call("FSTAT", file_obj.key, self._s3.head_object)
        return _file(head["ContentLength"], head["LastModified"])

    async def setstat(self, path: bytes, attrs: Any) -> None:
        """Nothing, as ProtocolDetails.SetStatOption says: objects have no modes, and times of their own."""

    async def lsetstat(self, path: bytes, attrs: Any) -> None:
        """Nothing, as above."""

    async def fsetstat(self, file_obj: Any, attrs: Any) -> None:
        """Nothing, as above."""

    async def remove(self, path: bytes) -> None:
        await self._call("REMOVE", self._key("REMOVE", path), self._s3.delete_object)

    async def rename(self, oldpath: bytes, newpath: bytes) -> None:
        """A copy and a removal: S3 has nothing else."""
        old, new = self._key("RENAME", oldpath), self._key("RENAME", newpath)
        await self._call("RENAME", old, self._moved, old, new)

    posix_rename = rename

    async def mkdir(self, path: bytes, attrs: Any) -> None:
        await self._call("MKDIR", f"{self._key('MKDIR', path)}/", self._s3.put_object)

    async def rmdir(self, path: bytes) -> None:
        key = f"{self._key('RMDIR', path)}/"
        if await self._call("RMDIR", key, self._names, key, True):
            raise self._refusal("RMDIR", key, asyncssh.SFTPFailure("the directory is not empty"))
        await self._call("RMDIR", key, self._s3.delete_object)

    def _path(self, operation: str, path: bytes) -> str:
        """As the client sees it."""
        try:
            return self._home.path(path)
        except ValueError as error:
            refusal = asyncssh.SFTPFailure("not a name that an object can have")
            raise self._refusal(operation, path.decode(errors="replace"), refusal) from error

    def _key(self, operation: str, path: bytes) -> str:
        """Below the home, whatever the path: dots and slashes lead no higher than to its root."""
        return self._home.key(self._path(operation, path).encode())

    async def _call(self, operation: str, key: str, function: Callable[..., Answer], *given: Any) -> Answer:
        """Run what talks to S3 beside the loop; a bare client's operation is given the bucket and the key."""
        named = {}
        if getattr(function, "__self__", None) is self._s3:
            named = {"Bucket": self._home.bucket, "Key": key}
        try:
            return await asyncio.to_thread(function, *given, **named)
        except ClientError as error:
            raise self._refusal(operation, key, _answer(error), str(error)) from error
        except OutOfOrder as error:
            refusal = asyncssh.SFTPOpUnsupported(f"an object is written from its beginning to its end: {error}")
            raise self._refusal(operation, key, refusal) from error
        except asyncssh.SFTPError as refusal:
            raise self._refusal(operation, key, refusal) from None

    def _stat(self, key: str, root: bool) -> Any:
        """By listing: to look at an object is to be allowed to read it, which one who only uploads is not."""
        if root:
            return _folder()
        interrupted = upload.left(self._session.user, self._home.bucket, key)
        if interrupted is not None:
            return _file(interrupted.size)
        for page in self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._home.bucket, Prefix=key):
            for item in page.get("Contents", ()):
                if item["Key"] == key:
                    return _file(item["Size"], item["LastModified"])
                if item["Key"].startswith(f"{key}/"):
                    return _folder()
        raise asyncssh.SFTPNoSuchFile("no such file")

    def _names(self, folder: str, there: bool) -> list[tuple[str, Any]]:
        """What is right below the folder, sorted as S3 sorts."""
        names: dict[str, Any] = {}
        for page in self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._home.bucket, Prefix=folder):
            for item in page.get("Contents", ()):
                there = True
                name, below, _ = item["Key"][len(folder) :].partition("/")
                if name:
                    names[name] = _folder() if below else _file(item["Size"], item["LastModified"])
        if not names and not there:
            raise asyncssh.SFTPNoSuchFile("no such directory")
        return sorted(names.items())

    def _part_of(self, key: str, offset: int, size: int) -> bytes:
        """Nothing at the end, which SFTP tells so."""
        try:
            part = f"bytes={offset}-{offset + size - 1}"
            content: bytes = self._s3.get_object(Bucket=self._home.bucket, Key=key, Range=part)["Body"].read()
        except ClientError as error:
            if error.response["Error"]["Code"] in ("InvalidRange", "416"):
                return b""
            raise
        return content

    def _opened(self, key: str, pflags: int) -> Writing:
        place = (self._session.user, self._home.bucket, key)
        before = upload.take(*place)
        if pflags & TRUNCATE or not (pflags & APPEND or before):
            return Writing(self._begun(key, bool(pflags & EXCLUSIVE)), appends=bool(pflags & APPEND))
        if before is None:
            before = self._begun(key, False)
            self._continue(before)
        return Writing(before, appends=bool(pflags & APPEND))

    def _begun(self, key: str, new: bool) -> Upload:
        if new:
            listed = self._s3.list_objects_v2(Bucket=self._home.bucket, Prefix=key, MaxKeys=1).get("Contents", ())
            if any(item["Key"] == key for item in listed):
                raise asyncssh.SFTPFailure("it is there already")
        return Upload(self._session.user, self._home.bucket, key)

    def _continue(self, begun: Upload) -> None:
        """Appending to a whole object is writing it anew, which takes the right to read it."""
        try:
            there = self._s3.get_object(Bucket=begun.bucket, Key=begun.key)["Body"]
        except ClientError as error:
            if error.response["Error"]["Code"] in MISSING:
                return
            raise
        for piece in there.iter_chunks(upload.PART):
            begun.write(self._s3, begun.size, piece)

    def _moved(self, old: str, new: str) -> None:
        bucket = self._home.bucket
        self._s3.copy_object(Bucket=bucket, Key=new, CopySource={"Bucket": bucket, "Key": old})
        self._s3.delete_object(Bucket=bucket, Key=old)


def _answer(error: ClientError) -> asyncssh.SFTPError:
    """What the client learns of S3's refusal."""
    code = error.response["Error"]["Code"]
    if code in MISSING:
        return asyncssh.SFTPNoSuchFile("no such file")
    return asyncssh.SFTPPermissionDenied("access denied") if code in DENIED else asyncssh.SFTPFailure(code)


def _file(size: int, modified: Any = None) -> Any:
    when = int(modified.timestamp()) if modified else 0
    return asyncssh.SFTPAttrs(
        size=size, uid=0, gid=0, permissions=stat.S_IFREG | 0o600, atime=when, mtime=when, nlink=1
    )


def _folder() -> Any:
    return asyncssh.SFTPAttrs(size=0, uid=0, gid=0, permissions=stat.S_IFDIR | 0o700, atime=0, mtime=0, nlink=1)
