"""A bucket on a port of this machine, as far as the partners' page asks S3; what goes wrong there is said by a test."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, quote_plus, unquote, urlsplit
from xml.sax.saxutils import escape

CROSS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, PUT, POST, DELETE, HEAD",
    "Access-Control-Allow-Headers": "*",
    "Access-Control-Expose-Headers": "ETag",
}
CUT, HOLD = "cut", "hold"  # the connection breaks in the middle; no answer comes until `release`
Fault = str | tuple[int, str] | None
Reply = tuple[int, str, str]  # status, text, ETag


@dataclass(frozen=True)
class Asked:
    method: str
    key: str
    query: dict[str, str]

    @property
    def part(self) -> int:
        return int(self.query.get("partNumber", 0))


@dataclass
class Bucket:
    """`fault` is asked before each request is carried out."""

    objects: dict[str, bytes | int] = field(default_factory=dict)  # an int stands for so many bytes
    uploads: dict[str, dict[int, bytes]] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    fault: Callable[[Asked], Fault] = lambda _: None
    release: threading.Event = field(default_factory=threading.Event)
    address: str = ""

    def sent(self, name: str) -> list[int]:
        """The numbers of the parts of it that came in whole, in their order."""
        return [one.part for one in self.asked if one.method == "PUT" and one.key.endswith(name)]

    def reply(self, asked: Asked, body: bytes) -> Reply:
        if "list-type" in asked.query:
            return 200, self._listing(asked.query["prefix"], "encoding-type" in asked.query), ""
        if "uploads" in asked.query:
            self.uploads[f"up-{asked.key}"] = {}
            return (
                200,
                f"<R><UploadId>up-{asked.key}</UploadId></R>".replace("R>", "InitiateMultipartUploadResult>"),
                "",
            )
        if "uploadId" not in asked.query:
            self.objects[asked.key] = body
            return 200, "", "whole"
        parts = self.uploads.get(asked.query["uploadId"])
        return self._multipart(asked, parts, body) if parts is not None else error(404, "NoSuchUpload")

    def _multipart(self, asked: Asked, parts: dict[int, bytes], body: bytes) -> Reply:
        if asked.method == "PUT":
            parts[asked.part] = body
            return 200, "", f"part-{asked.part}"
        if asked.method == "GET":
            told = (f'<Part><PartNumber>{n}</PartNumber><ETag>"part-{n}"</ETag></Part>' for n in sorted(parts))
            return 200, f"<ListPartsResult>{''.join(told)}</ListPartsResult>", ""
        del self.uploads[asked.query["uploadId"]]
        if asked.method == "DELETE":
            return 204, "", ""
        numbers = [int(number) for number in re.findall(rb"<PartNumber>(\d+)<", body)]
        self.objects[asked.key] = b"".join(parts[number] for number in numbers)
        told = f"<Location>https://bucket/{asked.key}</Location><Key>{asked.key}</Key>"
        return 200, f"<CompleteMultipartUploadResult>{told}</CompleteMultipartUploadResult>", ""

    def _listing(self, prefix: str, encoded: bool) -> str:
        told = ""
        for hours, (key, content) in enumerate(sorted(self.objects.items())):
            if key.startswith(prefix):
                at = (datetime.now(UTC) - timedelta(hours=hours + 3)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
                size = content if isinstance(content, int) else len(content)
                name = quote_plus(key, safe="/") if encoded else escape(key).replace("\x01", "&#x1;")
                told += f"<Contents><Key>{name}</Key><Size>{size}</Size><LastModified>{at}</LastModified></Contents>"
        return f"<ListBucketResult>{told}</ListBucketResult>"


def error(status: int, code: str) -> Reply:
    return status, f"<Error><Code>{code}</Code></Error>", ""


@contextmanager
def bucket(name: str) -> Iterator[Bucket]:
    kept = Bucket()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self) -> None:
            place = urlsplit(self.path)
            key = unquote(place.path).removeprefix(f"/{name}/")
            asked = Asked(self.command, key, dict(parse_qsl(place.query, keep_blank_values=True)))
            length = int(self.headers.get("Content-Length") or 0)
            fault = kept.fault(asked)
            if fault == CUT:
                self.rfile.read(length // 2)
                self.close_connection = True
                self.connection.close()
                return
            body = self.rfile.read(length)
            if len(body) < length:  # the browser gave up: S3 keeps whole parts only
                self.close_connection = True
                return
            if fault == HOLD:
                kept.release.wait(60)
            kept.asked.append(asked)
            self.answer(error(*fault) if isinstance(fault, tuple) else kept.reply(asked, body))

        do_GET = do_PUT = do_POST = do_DELETE = handle_any  # noqa: N815 (the names that http.server looks for)

        def do_OPTIONS(self) -> None:
            self.answer((200, "", ""))

        def answer(self, reply: Reply) -> None:
            status, text, tag = reply
            self.send_response(status)
            for header, value in CROSS.items():
                self.send_header(header, value)
            if tag:
                self.send_header("ETag", f'"{tag}"')
            self.send_header("Content-Type", "application/xml")
            self.send_header("Content-Length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: object) -> None:
            """Nothing: the tests say what went wrong."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True  # one may still wait for a browser that is gone

        def handle_error(self, *_: object) -> None:
            """A browser that went away, or a connection that was cut on purpose."""

    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    kept.address = f"http://127.0.0.1:{server.server_port}"
    try:
        yield kept
    finally:
        kept.release.set()
        server.shutdown()
        thread.join()
        server.server_close()
