"""The web server below moto's application: keeps connections, writes an answer in one piece, prints nothing."""

from __future__ import annotations

import io
import socket
import threading
from collections.abc import Callable
from typing import Any

from moto.moto_server.werkzeug_app import MotoRequestHandler
from werkzeug.serving import BaseWSGIServer, ThreadedWSGIServer

Application = Callable[[dict[str, Any], Callable[..., Any]], Any]


class QuietHandler(MotoRequestHandler):  # type: ignore[misc]
    """werkzeug's own handler closes each connection; reading a request whole first makes keeping it safe."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log(self, type: str, message: str, *args: Any) -> None:
        """Say nothing: whoever asks for calls reads them from the gateway."""

    def run_wsgi(self) -> None:
        if self.headers.get("Expect", "").lower().strip() == "100-continue":
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        environ = self.make_environ()
        body = environ["wsgi.input"].read(*self._length(environ))
        environ.update(
            {"wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body)), "wsgi.input_terminated": True}
        )
        environ.pop("HTTP_TRANSFER_ENCODING", None)
        answer: list[Any] = []
        chunks = self.server.app(environ, lambda status, headers, exc_info=None: answer.extend((status, headers)))
        try:
            content = b"".join(chunks)
        finally:
            if hasattr(chunks, "close"):
                chunks.close()
        self._answer(answer[0], answer[1], content, environ["REQUEST_METHOD"] == "HEAD")

    @staticmethod
    def _length(environ: dict[str, Any]) -> tuple[int, ...]:
        """How much to read: all of a chunked body, nothing where no length is given."""
        return () if "HTTP_TRANSFER_ENCODING" in environ else (int(environ.get("CONTENT_LENGTH") or 0),)

    def _answer(self, status: str, headers: list[tuple[str, str]], content: bytes, head: bool) -> None:
        """Headers and content in one packet: two would wait for each other on a kept connection."""
        bare = head or status[:3] in ("204", "304")
        lines = [f"{self.protocol_version} {status}"]
        lines += [f"{name}: {value}" for name, value in headers if head or name.lower() != "content-length"]
        lines += [] if bare else [f"Content-Length: {len(content)}"]
        self.wfile.write("\r\n".join([*lines, "", ""]).encode("latin-1") + (b"" if bare else content))


class Listener:
    """A server thread on a port of this machine. Raises OSError for a port that is taken."""

    def __init__(self, application: Application, port: int) -> None:
        # A socket of our own: werkzeug would print, and end the process, where a port is taken.
        with socket.create_server(("127.0.0.1", port), backlog=128) as bound:
            place = ("127.0.0.1", bound.getsockname()[1])
            self._server: BaseWSGIServer = ThreadedWSGIServer(*place, application, QuietHandler, fd=bound.fileno())
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), name="embedded-aws", daemon=True
        )
        self._thread.start()

    @property
    def port(self) -> int:
        return int(self._server.port)

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
