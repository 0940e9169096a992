"""The ports: one for each distribution and each HTTP API, open for as long as the resource is there.

What a port answers is read from the resources at each request, so that an update is there at once.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from controller.local.server.http import Listener
from controller.local.web.message import Request, Response, application
from controller.local.web.place import Place

_lock = threading.Lock()
_open: dict[str, Port] = {}


@dataclass(frozen=True, slots=True)
class Port:
    place: Place
    type: str
    listener: Listener

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.listener.port}"


def listen(place: Place, type_name: str, answer: Callable[[Place, Request], Response]) -> None:
    """Listen on a free port of this machine."""
    port = Port(place, type_name, Listener(application(lambda request: answer(place, request)), 0))
    with _lock:
        _open[place.id] = port


def close(id: str) -> None:
    with _lock:
        found = _open.pop(id, None)
    if found is not None:
        found.listener.close()


def find(id: str) -> Port | None:
    return _open.get(id)


def every(type_name: str) -> tuple[Port, ...]:
    """Those of one type, in the order of their ports."""
    with _lock:
        return tuple(sorted((one for one in _open.values() if one.type == type_name), key=lambda one: one.address))


def reset() -> None:
    for one in list(_open):
        close(one)
