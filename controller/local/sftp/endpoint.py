"""The ports: one a server, all in one thread with a loop of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass, replace
from typing import Any

import asyncssh

from controller.local.sftp import upload
from controller.local.sftp.files import Files
from controller.local.sftp.login import NotLetIn, Server, Session, login

_lock = threading.RLock()
_loop: asyncio.AbstractEventLoop | None = None
_open: dict[str, Endpoint] = {}


@dataclass
class Endpoint:
    """`server` is replaced when CloudFormation changes it: logins from then on go by the new configuration."""

    server: Server
    port: int
    host_key: str  # as known_hosts has it
    acceptor: Any


def endpoints() -> tuple[Endpoint, ...]:
    """Those that are open, in the order of their ports."""
    with _lock:
        return tuple(sorted(_open.values(), key=lambda one: one.port))


def open_endpoint(arn: str, properties: Mapping[str, Any]) -> Endpoint:
    """Listen on a free port of this machine; a server that listens already only changes."""
    with _lock:
        found = _open.get(arn)
        if found is None:
            found = _open[arn] = _run(_listen(Server(arn, properties)))
        else:
            found.server = replace(found.server, properties=properties)
        return found


def close(arn: str) -> None:
    with _lock:
        found = _open.pop(arn, None)
    if found is not None:
        _run(_shut(found))


def reset() -> None:
    """Close all ports and forget what they kept."""
    for one in endpoints():
        close(one.server.arn)
    upload.forget()


class Door(asyncssh.SSHServer):  # type: ignore[misc]
    """One connection until it is let in."""

    def __init__(self, endpoint: list[Endpoint]) -> None:
        self._endpoint = endpoint
        self._source = ""
        self._asked: dict[str, Session | None] = {}  # by name, for public keys: clients may offer many
        self.session: Session | None = None
        self.lost = False

    @property
    def server(self) -> Server:
        return self._endpoint[0].server

    def connection_made(self, conn: Any) -> None:
        self._source = str(conn.get_extra_info("peername")[0])

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost = True

    def begin_auth(self, username: str) -> bool:
        return True

    def password_auth_supported(self) -> bool:
        return True

    def public_key_auth_supported(self) -> bool:
        return True

    async def validate_password(self, username: str, password: str) -> bool:
        if password:
            self.session = await self._login(username, password)
        return self.session is not None

    async def validate_public_key(self, username: str, key: Any) -> bool:
        """The authorizer names the keys; the connection proves afterwards that the client holds one."""
        if username not in self._asked:
            self._asked[username] = await self._login(username, "")
        session = self._asked[username]
        offered = key.export_public_key("openssh").split()[:2]
        if session is None or not any(one.encode().split()[:2] == offered for one in session.public_keys):
            return False
        self.session = session
        return True

    async def _login(self, username: str, password: str) -> Session | None:
        try:
            return await asyncio.to_thread(login, self.server, username, password, self._source)
        except NotLetIn:
            return None


async def _listen(server: Server) -> Endpoint:
    own: list[Endpoint] = []
    key = asyncssh.generate_private_key("ssh-ed25519")
    acceptor = await asyncssh.listen(
        "127.0.0.1",
        0,
        server_factory=lambda: Door(own),
        server_host_keys=[key],
        sftp_factory=_files,
        allow_scp=False,
        allow_pty=False,
        agent_forwarding=False,
        x11_forwarding=False,
        reuse_address=True,
    )
    own.append(Endpoint(server, acceptor.get_port(), key.export_public_key("openssh").decode().strip(), acceptor))
    return own[0]


def _files(channel: Any) -> Files:
    door: Door = channel.get_connection().get_owner()
    if door.session is None:
        raise asyncssh.DisconnectError(asyncssh.DISC_NO_MORE_AUTH_METHODS_AVAILABLE, "not let in")
    return Files(channel, door.server, door.session, lambda: door.lost)


async def _shut(endpoint: Endpoint) -> None:
    endpoint.acceptor.close()
    await endpoint.acceptor.wait_closed()


def _run(work: Coroutine[Any, Any, Any]) -> Any:
    global _loop
    with _lock:
        if _loop is None:
            _loop = asyncio.new_event_loop()
            threading.Thread(target=_loop.run_forever, name="sftp", daemon=True).start()
        loop = _loop
    return asyncio.run_coroutine_threadsafe(work, loop).result()
