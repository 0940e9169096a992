"""What a session is refused, each with its reason in the server's log; and what SFTP can ask for that no bucket has.

The latter is refused by name, because asyncssh would answer it from the files of this machine.
"""

from __future__ import annotations

from typing import Any

import asyncssh

from controller.local.sftp.login import Server, Session

LINKS, LOCKS, DISKS = "S3 has no links", "S3 has no locks", "S3 has no file system"


class Refusals(asyncssh.SFTPServer):  # type: ignore[misc]
    def __init__(self, channel: Any, server: Server, session: Session) -> None:
        super().__init__(channel)
        self._server, self._session = server, session

    def _refusal(self, operation: str, path: str, answer: asyncssh.SFTPError, why: str = "") -> asyncssh.SFTPError:
        """The answer to raise, once the log has it; `why` is what only the log is told."""
        said = {"path": path, "message": why or answer.reason, "operation": operation}
        self._server.log("ERROR", user=self._session.user, **said)
        return answer

    def _unserved(self, operation: str, path: bytes | str, why: str) -> asyncssh.SFTPError:
        text = path if isinstance(path, str) else path.decode(errors="replace")
        return self._refusal(operation, text, asyncssh.SFTPOpUnsupported(why))

    async def symlink(self, oldpath: bytes, newpath: bytes) -> None:
        raise self._unserved("SYMLINK", newpath, LINKS)

    async def link(self, oldpath: bytes, newpath: bytes) -> None:
        raise self._unserved("LINK", newpath, LINKS)

    async def readlink(self, path: bytes) -> bytes:
        raise self._unserved("READLINK", path, LINKS)

    async def statvfs(self, path: bytes) -> Any:
        raise self._unserved("STATVFS", path, DISKS)

    async def fstatvfs(self, file_obj: Any) -> Any:
        raise self._unserved("FSTATVFS", file_obj.key, DISKS)

    async def fsync(self, file_obj: Any) -> None:
        raise self._unserved("FSYNC", file_obj.key, DISKS)

    async def lock(self, file_obj: Any, offset: int, length: int, flags: int) -> None:
        raise self._unserved("LOCK", file_obj.key, LOCKS)

    async def unlock(self, file_obj: Any, offset: int, length: int) -> None:
        raise self._unserved("UNLOCK", file_obj.key, LOCKS)

    async def open56(self, path: bytes, desired_access: int, flags: int, attrs: Any) -> Any:
        """Of SFTP 5 and later; asyncssh offers version 3 unless it is told to offer more."""
        raise self._unserved("OPEN", path, "only version 3 of SFTP is spoken here")
