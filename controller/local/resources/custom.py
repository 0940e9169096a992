"""Custom resources that a function makes: CloudFormation sends it an event, and it answers to an address.

The event and the answer are those of the CloudFormation user guide, "Custom resource request objects" and "response
objects". The answer comes to a listener of this machine that lives for one request.
"""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

from controller.local.functions import FunctionFailed, invoke
from controller.local.resources.handler import Made, ResourceFailed, Scope


@dataclass(slots=True)
class Answers:
    url: str = ""
    said: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Custom:
    """The handler of one `Custom::` type."""

    type: str

    def create(self, scope: Scope, properties: Mapping[str, Any]) -> Made:
        return self._ask(scope, properties, "Create")

    def read(self, scope: Scope, physical_id: str, properties: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """CloudFormation knows nothing of what a function made: no drift is ever seen."""
        return properties

    def update(self, scope: Scope, physical_id: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Made:
        return self._ask(scope, after, "Update", PhysicalResourceId=physical_id, OldResourceProperties=_texts(before))

    def delete(self, scope: Scope, physical_id: str, properties: Mapping[str, Any]) -> None:
        self._ask(scope, properties, "Delete", PhysicalResourceId=physical_id)

    def _ask(self, scope: Scope, properties: Mapping[str, Any], request: str, **more: Any) -> Made:
        with _listening() as answers:
            event = {
                "RequestType": request,
                "ResponseURL": answers.url,
                "StackId": scope.stack_id,
                "RequestId": str(uuid.uuid4()),
                "ResourceType": self.type,
                "LogicalResourceId": scope.logical_id,
                "ResourceProperties": _texts(properties),
                **more,
            }
            failed = ""
            try:
                invoke(str(properties["ServiceToken"]), event)
            except FunctionFailed as failure:
                failed = str(failure)
        if not answers.said:
            raise ResourceFailed(failed or "CloudFormation did not receive a response from your Custom Resource.")
        answer = answers.said[-1]
        if answer.get("Status") != "SUCCESS":
            raise ResourceFailed(f"Received response status [FAILED] from custom resource. Message: {answer['Reason']}")
        return Made(str(answer["PhysicalResourceId"]), dict(answer.get("Data") or {}))


def _texts(value: Any) -> Any:
    """Every scalar reaches the function as text, as CloudFormation sends it."""
    match value:
        case Mapping():
            return {key: _texts(item) for key, item in value.items()}
        case list() | tuple():
            return [_texts(item) for item in value]
        case bool():
            return str(value).lower()
        case _:
            return str(value)


@contextmanager
def _listening() -> Iterator[Answers]:
    answers = Answers()

    class Reader(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            answers.said.append(json.loads(body))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing: the stack's events tell what matters."""

    with HTTPServer(("127.0.0.1", 0), Reader) as server:
        answers.url = f"http://127.0.0.1:{server.server_port}/"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield answers
        finally:
            server.shutdown()
            thread.join()
